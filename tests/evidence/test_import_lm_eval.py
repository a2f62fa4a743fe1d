from __future__ import annotations

import json
import math
import shutil

import pytest

from isogloss.errors import BadValue, IsoglossError
from isogloss.evidence import ReadOptions, Store, import_files, read_evidence

DATE = "2026-08-01T12-30-00.123456"


def run(results, **more):
    """A results file of one invented model."""
    return {
        "results": results,
        "config": {"model": "hf", "model_args": "pretrained=org/toy,dtype=bfloat16", "limit": None},
        "date": 1785587400.0,
    } | more


@pytest.fixture
def write(tmp_path):
    def write(data, samples=(), name=f"results_{DATE}.json"):
        for task, entries in dict(samples).items():
            lines = "\n".join(json.dumps(entry) for entry in entries)
            (tmp_path / f"samples_{task}_{DATE}.jsonl").write_text(lines)
        path = tmp_path / name
        path.write_text(data if isinstance(data, str) else json.dumps(data))
        return path

    return write


def test_each_metric_of_a_task_is_an_observation(write):
    path = write(
        run(
            {"xnli_de": {"alias": "xnli_de", "acc,none": 0.5, "acc_stderr,none": 0.1, "sample_len": 25}},
            **{
                "n-shot": {"xnli_de": 3},
                "n-samples": {"xnli_de": {"original": 25, "effective": 25}},
                "higher_is_better": {"xnli_de": {"acc": True}},
                "versions": {"xnli_de": 1.0},
                "configs": {"xnli_de": {"test_split": "validation", "dataset_name": "de"}},
                "lm_eval_version": "0.4.13",
            },
        )
    )
    row = read_evidence(path).observations.row(0, named=True)
    assert row["recorded_at"].isoformat() == "2026-08-01T12:30:00+00:00"
    assert json.loads(row["details"]) == {"task": "xnli_de", "task_version": 1.0, "lm_eval": "0.4.13"}
    expected = {
        "model": "org/toy", "task": "xnli", "metric": "acc", "target": "deu", "target_as_reported": "de", "train": "",
        "recipe": "in-context", "shots": 3, "split": "validation", "score": 0.5, "scale": "fraction",
        "higher_is_better": True, "items": 25, "standard_error": 0.1, "origin_row": 0, "importer": "lm-eval",
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected


def test_groups_are_dropped_because_they_repeat_their_tasks(write):
    scores = {"acc,none": 0.5, "acc_stderr,none": 0.1}
    path = write(
        run(
            dict.fromkeys(("xnli", "all", "xnli_de", "xnli_fr"), scores),
            groups={"xnli": scores, "all": scores},
            group_subtasks={"all": ["xnli"], "xnli": ["xnli_de", "xnli_fr"], "xnli_de": []},
        )
    )
    report = import_files([path], dry_run=True).files[0]
    assert (report.rows, report.kept, report.dropped) == (4, 2, {"a group, which repeats its tasks": 2})


def test_a_group_whose_tasks_are_not_in_the_file_is_a_task(write):
    path = write(run({"global_mmlu_ar": {"acc,none": 0.4}}, group_subtasks={"global_mmlu_ar": ["global_mmlu_ar_stem"]}))
    assert read_evidence(path).observations.select("task", "target", "score").rows() == [("global_mmlu", "ara", 0.4)]


def test_a_filter_other_than_none_is_part_of_the_metric(write):
    values = {"exact_match,strict-match": 0.25, "exact_match_stderr,strict-match": 0.01, "exact_match,none": 0.5}
    rows = read_evidence(write(run({"mgsm_direct_de": values}))).observations
    assert rows.select("metric", "score", "standard_error").rows() == [
        ("exact_match,strict-match", 0.25, 0.01),
        ("exact_match", 0.5, None),
    ]


def test_files_from_before_filters_are_read_too(write):
    path = write(run({"xnli_de": {"acc": 0.5, "acc_stderr": 0.1}}))
    assert read_evidence(path).observations.select("metric", "standard_error").rows() == [("acc", 0.1)]


def test_topics_of_a_test_set_are_averaged_by_their_items(write):
    path = write(
        run(
            {
                "global_mmlu_ar_stem": {"acc,none": 0.2, "acc_stderr,none": 0.03},
                "global_mmlu_ar_business": {"acc,none": 0.8, "acc_stderr,none": 0.04},
                "global_mmlu_de_stem": {"acc,none": 0.5, "acc_stderr,none": "N/A"},
            },
            **{"n-samples": {f"global_mmlu_{task}": {"original": n, "effective": n}
                             for task, n in {"ar_stem": 300, "ar_business": 100, "de_stem": 7}.items()}},
        )
    )  # fmt: skip
    report = import_files([path], dry_run=True)
    assert report.files[0].dropped == {"a topic, averaged into its test set": 1}
    assert (report.files[0].rows, report.files[0].kept) == (3, 2)
    arabic, german = report.observations.rows(named=True)
    assert (arabic["task"], arabic["target"], arabic["items"]) == ("global_mmlu", "ara", 400)
    assert arabic["score"] == pytest.approx((300 * 0.2 + 100 * 0.8) / 400)
    assert arabic["standard_error"] == pytest.approx(math.hypot(300 * 0.03, 100 * 0.04) / 400)
    assert json.loads(arabic["details"])["topics"] == ["stem", "business"]
    assert (german["score"], german["standard_error"]) == (0.5, None)


def test_topics_that_nobody_counted_cannot_be_averaged(write):
    path = write(run({"global_mmlu_ar_stem": {"acc,none": 0.2}}))
    with pytest.raises(BadValue, match="row 0: nobody counted the items of topic 'stem' of global_mmlu"):
        read_evidence(path)


def test_a_run_on_some_of_the_items_says_so_in_its_split(write):
    for limit, split in ((100, "test[:100]"), (0.05, "test[:5%]"), (None, "test")):
        path = write(
            run(
                {"xnli_de": {"acc,none": 0.5}},
                config={"model_args": {"pretrained": "toy"}, "limit": limit},
                configs={"xnli_de": {"test_split": "test"}},
            )
        )
        assert read_evidence(path).observations["split"].item() == split


def test_a_model_adapted_from_another_bears_its_own_name(write):
    config = {"model_args": "pretrained=org/base,peft=me/adapter", "model_sha": "abc", "model_num_parameters": 7}
    report = import_files([write(run({"xnli_de": {"acc,none": 0.5}}, config=config))], dry_run=True)
    assert report.observations.select("model", "model_revision").rows() == [("me/adapter", "abc")]
    assert report.files[0].models == 1


def test_a_name_that_the_tool_made_up_is_not_taken(write):
    path = write(run({"xnli_de": {"acc,none": 0.5}}, config={"model": "dummy", "model_args": {}}, model_name="vqvnu"))
    with pytest.raises(BadValue, match=r"does not name its model; give model=\.\.\."):
        read_evidence(path)
    assert read_evidence(path, model="mine").observations["model"].item() == "mine"


def test_a_language_that_configuration_and_name_both_say_is_taken(write):
    path = write(
        run(
            {"newbench_de": {"acc,none": 0.5}, "other_pt_PT_v2": {"acc,none": 0.5}, "third_als_latn": {"acc,none": 1}},
            configs={"newbench_de": {"dataset_name": "de"}, "other_pt_PT_v2": {"dataset_name": "pt"},
                     "third_als_latn": {"dataset_name": "als_latn"}},
        )
    )  # fmt: skip
    assert read_evidence(path).observations.select("task", "target").rows() == [
        ("newbench", "deu"),
        ("other_PT_v2", "por"),
        ("third", "als"),
    ]


@pytest.mark.parametrize("dataset_name", [None, "fr", "wn", "abk", 5, "newbench_de"])
def test_a_language_that_only_one_of_both_says_is_asked_for(write, dataset_name):
    path = write(run({"newbench_de": {"acc,none": 0.5}}, configs={"newbench_de": {"dataset_name": dataset_name}}))
    with pytest.raises(BadValue, match="nothing says the language of 1 task: newbench_de"):
        read_evidence(path)
    told = read_evidence(path, languages={"newbench_de": "de"}).observations
    assert told.select("task", "target", "target_as_reported").rows() == [("newbench", "deu", "newbench_de")]


def test_a_task_in_no_language_can_be_left_out(write):
    path = write(run({"humaneval": {"pass@1,create_test": 0.5}, "xnli_de": {"acc,none": 0.5}}))
    report = import_files([path], ReadOptions(languages={"humaneval": "none"}), dry_run=True).files[0]
    assert (report.kept, report.dropped) == (1, {"in no language, as given": 1})


def test_rules_of_a_user_say_what_names_mean(write, tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text("[[rule]]\nnames = 'mine-(?P<target>..)'\ncodes = { ch = 'gsw' }\n")
    path = write(run({"mine-ch": {"acc,none": 0.5}}))
    rows = read_evidence(path, format="lm-eval", mapping=rules).observations
    assert rows.select("task", "target").rows() == [("mine", "gsw")]


@pytest.mark.parametrize("value", [None, "N/A", float("nan"), ""])
def test_a_metric_without_a_number_is_dropped_as_without_a_score(write, value):
    path = write(run({"xnli_de": {"acc,none": value, "f1,none": 0.5, "acc_stderr,none": float("nan")}}))
    report = import_files([path], dry_run=True).files[0]
    assert (report.rows, report.kept, report.dropped) == (2, 1, {"no score": 1})


def test_a_placeholder_is_dropped(write):
    path = write(run({"xnli_de": {"bypass,none": 999, "acc,none": 0.5}}))
    assert import_files([path], dry_run=True).files[0].dropped == {"a placeholder, not a score": 1}


def test_scales_that_scores_do_not_give_away_are_known(write):
    path = write(
        run({"wmt16-de-en": {"bleu,none": 0.9, "chrf,none": 12.5, "ter,none": 99.0},
             "truthfulqa_gen": {"bleu_diff,none": -3.5, "bleu_acc,none": 0.4}})
        | {"higher_is_better": {"truthfulqa_gen": {"bleu_diff": True}}}
    )  # fmt: skip
    rows = read_evidence(path).observations
    assert dict(rows.select("metric", "score").rows()) == pytest.approx(
        {"bleu": 0.009, "chrf": 0.125, "ter": 99.0, "bleu_diff": -3.5, "bleu_acc": 0.4}
    )
    assert rows.filter(task="wmt16").select("target", "pair").unique().rows() == [("deu", "x-eng")]


def sample(item, score, kind="none", **more):
    return {"doc_id": item, "filter": kind, "metrics": ["acc"], "acc": score, "filtered_resps": ["ja"]} | more


def test_samples_beside_the_results_are_its_items(write, tmp_path):
    path = write(
        run({"xnli_de": {"acc,none": 0.5}, "xnli_fr": {"acc,none": 1.0, "acc,strict": 0.0}}),
        samples={
            "xnli_de": [sample(0, 1.0), sample(1, False)],
            "xnli_fr": [sample(0, 1.0), sample(0, 0.0, "strict", filtered_resps=[["-1.5", "False"]])],
        },
    )
    import_files([path], into=tmp_path / "store")
    store = Store(tmp_path / "store")
    items = store.read_items()
    assert items.height == 4
    joined = items.join(_keys(store), on="observation").sort("target", "metric", "item")
    assert joined.select("target", "metric", "item", "score", "prediction").rows() == [
        ("deu", "acc", "0", 1.0, "ja"),
        ("deu", "acc", "1", 0.0, "ja"),
        ("fra", "acc", "0", 1.0, "ja"),
        ("fra", "acc,strict", "0", 0.0, None),
    ]


def _keys(store):
    from isogloss.evidence.schema import observation_keys

    observations = store.read().observations
    return observations.with_columns(observation=observation_keys(observations)).drop("score")


def test_items_of_topics_are_told_apart(write, tmp_path):
    path = write(
        run({f"global_mmlu_ar_{topic}": {"acc,none": 0.5, "sample_len": 1} for topic in ("stem", "business")}),
        samples={f"global_mmlu_ar_{topic}": [sample(0, 1)] for topic in ("stem", "business")},
    )
    import_files([path], into=tmp_path / "store")
    assert Store(tmp_path / "store").read_items()["item"].to_list() == ["stem/0", "business/0"]


def test_a_metric_without_a_number_per_item_is_noted(write):
    path = write(
        run({"wmt16-de-en": {"bleu,none": 20.0}}),
        samples={"wmt16-de-en": [sample(0, 1, metrics=["bleu"], bleu=["ref", "said"])]},
    )
    report = import_files([path], dry_run=True).files[0]
    assert (report.items, report.notes) == (0, ("no score per item: bleu",))


def test_samples_of_another_run_are_not_its_items(write, tmp_path):
    path = write(run({"xnli_de": {"acc,none": 0.5}}))
    (tmp_path / "samples_xnli_de_2020-01-01T00-00-00.0.jsonl").write_text(json.dumps(sample(0, 1)))
    assert import_files([path], dry_run=True).files[0].items == 0


def test_no_sample_is_read_from_another_folder(write, tmp_path):
    (tmp_path / "samples_x").mkdir()
    path = write(run({"x/../../secret": {"acc,none": 0.5}}))
    options = ReadOptions(languages={"x/../../secret": "deu"})
    assert import_files([path], options, dry_run=True).files[0].items == 0


def test_samples_named_by_a_pattern_are_left_to_their_results(write, tmp_path):
    write(run({"xnli_de": {"acc,none": 0.5}}), samples={"xnli_de": [sample(0, 1)]})
    report = import_files([str(tmp_path / "*.json*")], dry_run=True)
    assert [(file.importer, file.rows, file.items) for file in report.files] == [("lm-eval", 1, 1), ("lm-eval", 0, 0)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [("{", "is not complete JSON"), ("[]", "is not an object"), ('{"filter": "none", "acc": 1.0}', "has no doc_id"),
     ('{"doc_id": 0, "metrics": [5]}', "'metrics' is not a list of names"), ("[" * 99_999, "nested too deeply")],
)  # fmt: skip
def test_samples_that_cannot_be_read_are_one_line(write, tmp_path, line, reason):
    path = write(run({"xnli_de": {"acc,none": 0.5}}))
    (tmp_path / f"samples_xnli_de_{DATE}.jsonl").write_text(line)
    with pytest.raises(IsoglossError, match=reason) as caught:
        read_evidence(path)
    assert "line 1" in str(caught.value)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"results": []}, "has no object 'results'"),
        ([], "has no object 'results'"),
        (run({"xnli_de": 5}), "the results of 'xnli_de' are not an object"),
        (run({"xnli_de": {"acc,none": []}}), "row 0: acc [] is not a number"),
        (run({"xnli_de": {"acc,none": True}}), "row 0: acc True is not a number"),
        (run({"xnli_de": {"acc,none": 10**400}}), "is not a number"),
        (run({"xnli_de": {"acc,none": float("inf")}}), "row 0: score inf is not a finite number"),
        (run({"xnli_de": {"acc,none": 0.5, "acc_stderr,none": -1}}), "standard error -1 is not 0 or more"),
        (run({"xnli_de": {"acc,none": 0.5}}, **{"n-samples": {"xnli_de": {"effective": 1e300}}}), "whole number"),
        (run({"xnli_de": {"acc,none": 0.5}}, **{"n-samples": {"xnli_de": 7}}), "'xnli_de' is not an object"),
        (run({"xnli_de": {"acc,none": 0.5}}, **{"n-shot": [1]}), "'n-shot' is not an object"),
        (run({"xnli_de": {"acc,none": 0.5}}, **{"n-shot": {"xnli_de": 2**40}}), "too large"),
        (run({"xnli_de": {"acc,none": 0.5}}, group_subtasks={"g": 5}), "group 'g' is not a list of tasks"),
        (run({"xnli_de": {"acc,none": 0.5}}, config=[]), "'config' is not an object"),
        (run({"xnli_\ud800": {"acc,none": 0.5}}), "nothing says the language of 1 task"),
        (json.dumps(run({}))[:-5], "is not complete JSON"),
        ('{"results": ' + '{"a":' * 99_999, "nested too deeply"),
    ],
)
def test_a_file_that_lm_eval_cannot_have_written_is_one_line(write, data, reason):
    with pytest.raises(IsoglossError) as caught:
        read_evidence(write(data), format="lm-eval")
    assert reason in str(caught.value)
    assert str(caught.value).isprintable()


def test_an_absurd_date_is_no_date(write):
    path = write(run({"xnli_de": {"acc,none": 0.5}}, date=1e300))
    assert read_evidence(path).observations["recorded_at"].null_count() == 1


@pytest.mark.data
def test_every_score_of_a_real_run_is_accounted_for(observed, tmp_path):
    fixtures = observed.parent / "fixtures"
    path = tmp_path / f"results_{DATE}.json"
    shutil.copy(fixtures / "lm_eval_results.json", path)
    shutil.copy(fixtures / "lm_eval_samples_toy_deu_Latn.jsonl", tmp_path / f"samples_toy_deu_Latn_{DATE}.jsonl")
    report = import_files([path], ReadOptions(values={"model": "dummy"}), dry_run=True)
    file = report.files[0]
    written = json.loads(path.read_text())["results"]
    metrics = [name for values in written.values() for name in values if "," in name and "_stderr" not in name]
    assert file.rows == len(metrics) == file.kept + sum(file.dropped.values())
    assert (file.kept, file.items) == (2, 20)
    rows = report.observations.sort("target")
    assert rows.select("task", "target", "score", "items").rows() == [("toy", "deu", 0.3, 20), ("toy", "yor", 0.5, 20)]


def test_scores_are_kept_to_the_last_digit(write):
    path = write(run({"xnli_de": {"acc,none": 0.1 + 0.2, "acc_stderr,none": 0.1 / 3}}))
    row = read_evidence(path).observations.row(0, named=True)
    assert (row["score"], row["standard_error"]) == (0.1 + 0.2, 0.1 / 3)
