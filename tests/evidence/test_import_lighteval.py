from __future__ import annotations

import json

import pytest

from isogloss.errors import BadValue, IsoglossError
from isogloss.evidence import import_files, read_evidence

NAME = "results_2026-08-01T12-30-00.123456.json"


def run(results, **more):
    """A results file of one invented model, in the layout of lighteval 0.13."""
    general = {
        "lighteval_sha": "?",
        "max_samples": None,
        "model_config": {"revision": "abc123"},
        "model_name": "org/toy",
    }
    counted = {task: {"original_num_docs": 100, "effective_num_docs": 100} for task in results if task != "all"}
    return {"config_general": general, "results": results, "versions": {}, "config_tasks": counted} | more


@pytest.fixture
def write(tmp_path):
    def write(data):
        path = tmp_path / NAME
        path.write_text(data if isinstance(data, str) else json.dumps(data))
        return path

    return write


def test_a_metric_of_a_task_is_an_observation_and_the_way_to_ask_part_of_the_task(write):
    scores = {"acc_norm_token": 0.5, "acc_norm_token_stderr": 0.05}
    path = write(run({"belebele_als_Latn_mcf|3": scores, "all": scores}))
    row = read_evidence(path).observations.row(0, named=True)
    expected = {
        "model": "org/toy", "model_revision": "abc123", "task": "belebele_mcf", "metric": "acc_norm_token",
        "target": "als", "target_as_reported": "als_Latn", "train": "", "recipe": "in-context", "shots": 3,
        "split": None, "score": 0.5, "items": 100, "standard_error": 0.05, "importer": "lighteval",
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    assert row["recorded_at"].isoformat() == "2026-08-01T12:30:00.123456+00:00"


def test_what_sums_up_tasks_is_dropped(write):
    scores = {"acc": 0.5, "acc_stderr": 0.05}
    names = ["mlmm_arc_deu_mcf:challenge|0", "exams_ara_mcf:_average|0", "all"]
    report = import_files([write(run(dict.fromkeys(names, scores)))], dry_run=True).files[0]
    assert (report.rows, report.kept, report.dropped) == (3, 1, {"a summary, which repeats tasks": 2})


@pytest.mark.parametrize(
    ("key", "task", "target", "pair", "shots"),
    [
        ("lighteval|xnli_deu_cf|5", "xnli_cf", "deu", None, 5),
        ("xquad_zho|0", "xquad", "zho", None, 0),
        ("mlmm_arc_deu_hybrid:challenge|0", "mlmm_arc_hybrid:challenge", "deu", None, 0),
        ("flores200:sin_Sinh-eng_Latn|0", "flores200", "sin", "x-eng", 0),
        ("ntrex128_tgl|0", "ntrex128", "tgl", "eng-x", 0),
        ("wmt20:fr-de|0", "wmt20", "deu", "fra-x", 0),
        ("mmlu:anatomy|5", "mmlu", "eng", None, 5),
        ("newfamily_yor_Latn_cf|0", "newfamily_cf", "yor", None, 0),
    ],
)
def test_keys_say_task_language_and_shots(write, key, task, target, pair, shots):
    row = read_evidence(write(run({key: {"acc": 0.5}}))).observations.row(0, named=True)
    assert (row["task"], row["target"], row["pair"], row["shots"]) == (task, target, pair, shots)


def test_topics_are_averaged_by_their_items_not_as_the_tool_does(write):
    data = run({f"global_mmlu_all_yor_mcf:{topic}|0": {"acc": score} for topic, score in (("a", 0.2), ("b", 0.8))})
    data["config_tasks"]["global_mmlu_all_yor_mcf:a|0"]["effective_num_docs"] = 300
    report = import_files([write(data)], dry_run=True)
    row = report.observations.row(0, named=True)
    assert (row["task"], row["score"], row["items"]) == ("global_mmlu_all_mcf", pytest.approx(0.35), 400)
    assert report.files[0].dropped == {"a topic, averaged into its test set": 1}


def test_a_run_on_some_of_the_items_says_so_in_its_split(write):
    data = run({"xnli_deu_cf|0": {"acc": 0.5}})
    data["config_general"]["max_samples"] = 10
    assert read_evidence(write(data)).observations["split"].item() == "[:10]"


def test_a_task_that_was_never_counted_has_no_number_of_items(write):
    data = run({"xnli_deu_cf|0": {"acc": 0.5}}, config_tasks={"xnli_deu_cf|0": {"effective_num_docs": -1}})
    assert read_evidence(write(data)).observations["items"].item() is None


def test_a_branch_is_no_revision(write):
    data = run({"xnli_deu_cf|0": {"acc": 0.5}})
    data["config_general"]["model_config"]["revision"] = "main"
    assert read_evidence(write(data)).observations["model_revision"].item() is None


def test_tasks_of_unknown_language_are_listed(write):
    with pytest.raises(BadValue, match=r"nothing says the language of 1 task: mine; .* format=lighteval mapping="):
        read_evidence(write(run({"mine|0": {"acc": 0.5}})))


def test_a_score_that_overflowed_is_dropped(write):
    path = write(run({"xnli_deu_cf|0": {"ppl": float("nan"), "acc": 0.5, "acc_stderr": float("nan")}}))
    report = import_files([path], dry_run=True).files[0]
    assert (report.kept, report.dropped) == (1, {"no score": 1})


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (run([]) | {"results": 5}, "has no object 'results'"),
        (run({"xnli_deu_cf|0": []}), "the results of 'xnli_deu_cf|0' are not an object"),
        (run({"xnli_deu_cf|0": {"acc": "good"}}), "row 0: acc good is not a number"),
        (run({"xnli_deu_cf|0": {"acc": 5.5, "f1": -1}}), "row 1: f1 -1 lies outside"),
        (run({"xnli_deu_cf|0": {"acc": 0.5}}, config_general={}), "does not name its model; give model=..."),
        (run({"xnli_deu_cf|0": {"acc": 0.5}}, config_tasks={"xnli_deu_cf|0": {"effective_num_docs": 0.5}}), "whole"),
        (json.dumps(run({}))[:-5], "is not complete JSON"),
        ('{"config_general": ' + "[" * 99_999, "nested too deeply"),
    ],
)
def test_a_file_that_lighteval_cannot_have_written_is_one_line(write, data, reason):
    with pytest.raises(IsoglossError) as caught:
        read_evidence(write(data), format="lighteval")
    assert reason in str(caught.value)
    assert str(caught.value).isprintable()


def test_what_tells_runs_apart_is_kept(write):
    config = {"revision": "abc", "dtype": "bfloat16", "override_chat_template": True, "system_prompt": "formal"}
    general = {"model_name": "org/toy", "model_config": config}
    path = write(run({"xquad_zho|0": {"f1": 0.5}}, config_general=general, versions={"xquad_zho|0": 2}))
    row = read_evidence(path).observations.row(0, named=True)
    assert (row["model_revision"], row["recipe"]) == ("abc+bfloat16", "in-context+chat+prompt-formal+v2")
