from __future__ import annotations

import json
import zipfile

import pytest

from isogloss.errors import BadFile, BadValue, IsoglossError
from isogloss.evidence import ReadOptions, Store, import_files, read_evidence
from isogloss.evidence.bounds import SMALL


def log(**more):
    """A log of an invented run, in the layout of version 2."""
    eval_ = {
        "task": "inspect_evals/mgsm",
        "task_version": 1,
        "task_args": {"language": "sw"},
        "created": "2026-08-01T12:30:00+02:00",
        "dataset": {"name": "mgsm"},
        "model": "org/toy",
        "config": {"limit": None},
        "packages": {"inspect_ai": "0.3.285"},
    }
    metrics = {"accuracy": {"value": 0.5}, "stderr": {"value": 0.1}}
    results = {"completed_samples": 4, "scores": [{"name": "match", "metrics": metrics}]}
    usage = {"org/toy": {"input_tokens": 90, "output_tokens": 6}}
    return {
        "version": 2,
        "status": "success",
        "eval": eval_,
        "results": results,
        "stats": {"model_usage": usage},
    } | more


def with_eval(**more):
    return log(eval=log()["eval"] | more)


@pytest.fixture
def write(tmp_path):
    def write(data, name="log.json"):
        path = tmp_path / name
        path.write_text(data if isinstance(data, str) else json.dumps(data))
        return path

    return write


@pytest.fixture
def pack(tmp_path):
    def pack(members, compression=zipfile.ZIP_DEFLATED):
        path = tmp_path / "log.eval"
        with zipfile.ZipFile(path, "w", compression) as archive:
            for name, content in members.items():
                archive.writestr(name, content if isinstance(content, str | bytes) else json.dumps(content))
        return path

    return pack


def test_a_metric_of_a_scorer_is_an_observation_in_the_language_of_the_arguments(write):
    row = read_evidence(write(log())).observations.row(0, named=True)
    expected = {
        "model": "org/toy", "task": "mgsm", "metric": "match/accuracy", "target": "swa", "target_as_reported": "sw",
        "train": "", "recipe": "in-context", "split": None, "score": 0.5, "standard_error": 0.1, "items": 4,
        "importer": "inspect-ai",
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    assert row["recorded_at"].isoformat() == "2026-08-01T10:30:00+00:00"
    assert json.loads(row["details"]) == {
        "task_version": 1,
        "inspect_ai": "0.3.285",
        "input_tokens": 90,
        "output_tokens": 6,
    }


def test_measures_of_spread_are_no_scores(write):
    report = import_files([write(log())], dry_run=True).files[0]
    assert (report.rows, report.kept, report.dropped) == (2, 1, {"a measure of spread": 1})


@pytest.mark.parametrize("status", ["cancelled", "error", "started", None])
def test_a_run_that_did_not_succeed_is_refused_unless_asked_for(write, status):
    path = write(log(status=status))
    with pytest.raises(BadFile, match=rf"the run is {status or 'unknown'}; read it with unfinished=True"):
        read_evidence(path, format="inspect-ai")
    assert len(read_evidence(path, format="inspect-ai", unfinished=True)) == 1


def test_a_run_that_was_invalidated_is_refused(write):
    with pytest.raises(BadFile, match="the run is invalidated"):
        read_evidence(write(log(invalidated=True)))


def test_a_log_of_a_newer_version_is_refused(write):
    with pytest.raises(BadFile, match="has version 3, newer than 2"):
        read_evidence(write(log(version=3)))


@pytest.mark.parametrize(
    ("task", "data", "expected"),
    [
        ("belebele_als_Latn", "x", ("belebele", "als")),
        ("mgsm", "org/mgsm_sw", ("mgsm", "swa")),
        ("inspect_evals/hellaswag", "hellaswag", ("hellaswag", "eng")),
        ("mine_deu_Latn", None, ("mine", "deu")),
    ],
)
def test_the_name_of_a_task_or_its_data_may_say_the_language(write, task, data, expected):
    path = write(with_eval(task=task, task_args={}, dataset={"name": data}))
    assert read_evidence(path).observations.select("task", "target").row(0) == expected


def test_a_language_that_nothing_says_is_asked_for(write):
    path = write(with_eval(task="mine", task_args={"language": 5}))
    with pytest.raises(BadValue, match=r"nothing says the language of 1 task: mine; .* format=inspect-ai mapping="):
        read_evidence(path)
    assert read_evidence(path, languages={"mine": "deu"}).observations["target"].item() == "deu"
    report = import_files([path], ReadOptions(languages={"mine": "none"}), dry_run=True).files[0]
    assert report.dropped == {"in no language, as given": 2}


def sample(item, value, language=None, **more):
    return {
        "id": item,
        "epoch": 1,
        "metadata": {"language": language} if language else {},
        "scores": {"match": {"value": value, "answer": "yes"}},
    } | more


def test_items_that_say_their_languages_are_scored_language_by_language(write, tmp_path):
    samples = [sample(1, "C", "de"), sample(2, "I", "de"), sample(3, "C", "yo"), sample(3, "I", "yo", epoch=2)]
    path = write(with_eval(task="mine", task_args={}) | {"samples": samples})
    report = import_files([path], into=tmp_path / "store")
    assert report.observations.select("task", "target", "metric", "score", "items").rows() == [
        ("mine", "deu", "match/accuracy", 0.5, 2),
        ("mine", "yor", "match/accuracy", 0.5, 1),
    ]
    assert report.observations["standard_error"].to_list() == [pytest.approx(0.5), None]
    assert report.files[0].dropped == {"over all languages, computed for each from its items": 2}
    assert Store(tmp_path / "store").read_items()["score"].to_list() == [1.0, 0.0, 0.5]


def test_one_item_without_a_language_means_that_the_log_does_not_say(write):
    samples = [sample(1, "C", "de"), sample(2, "I")]
    with pytest.raises(BadValue, match="nothing says the language"):
        read_evidence(write(with_eval(task="mine", task_args={}) | {"samples": samples}))


def test_reduced_scores_are_the_items(write, tmp_path):
    reduced = [{"value": 1.0, "answer": "Yes", "sample_id": 1}, {"value": {"a": 1}, "sample_id": 2}]
    path = write(log(reductions=[{"scorer": "match", "samples": reduced}], samples=[sample(1, "I")]))
    import_files([path], into=tmp_path / "store")
    assert Store(tmp_path / "store").read_items().select("item", "score", "prediction").rows() == [("1", 1.0, "Yes")]


def test_an_archive_is_read_like_a_file(pack, tmp_path):
    path = pack({"header.json": log(), "summaries.json": [sample(1, "C")], "samples/1_epoch_1.json": "{}"})
    report = import_files([path], into=tmp_path / "store")
    assert (report.files[0].importer, report.files[0].kept, report.files[0].items) == ("inspect-ai", 1, 1)


def test_a_run_on_some_of_the_items_says_so_in_its_split(write):
    for limit, split in ((3, "[:3]"), ([5, 9], "[5:9]"), (None, None)):
        path = write(with_eval(config={"limit": limit}))
        assert read_evidence(path).observations["split"].item() == split


def test_an_archive_of_a_run_that_never_ended_is_one_line(pack):
    with pytest.raises(BadFile, match=r"was never finished: it has no header.json"):
        read_evidence(pack({"_journal/start.json": "{}"}))


def test_a_zip_bomb_is_refused(pack):
    path = pack({"header.json": b" " * (SMALL + 1)})
    assert path.stat().st_size < 100_000
    with pytest.raises(BadFile, match=r"header\.json: unpacks from \d+ bytes to 16 MB"):
        read_evidence(path)


def test_an_archive_that_lies_about_a_size_is_one_line(pack):
    path = pack({"header.json": log()}, zipfile.ZIP_STORED)
    content = path.read_bytes()
    size = len(json.dumps(log()))
    path.write_bytes(content.replace(size.to_bytes(4, "little"), (7).to_bytes(4, "little")))
    with pytest.raises(IsoglossError) as caught:
        read_evidence(path)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("length", [4, 30, 200, -30, -1])
def test_an_archive_that_breaks_off_is_one_line(pack, length):
    path = pack({"header.json": log()})
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(IsoglossError) as caught:
        read_evidence(path)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ([], "has no object 'eval'"),
        (log(eval=5), "has no object 'eval'"),
        (log(results=5), "'results' is not an object"),
        (log(results={"scores": [5]}), "a score is not an object"),
        (log(results={"scores": [{"metrics": {"accuracy": {"value": "high"}}}]}), "accuracy high is not a number"),
        (log(results={"scores": [{"metrics": {"accuracy": 5}}]}), "'accuracy' is not an object"),
        (log(results={"scores": [{"metrics": {"accuracy": {"value": 10**400}}}]}), "is not a number"),
        (log(version="two"), "version two is not a number"),
        (with_eval(task=None), "does not name its task"),
        (with_eval(model=None), "does not name its model; give model=..."),
        (with_eval(task_args={"language": "xx9"}), "unknown language 'xx9'"),
        (log(reductions=5), "'reductions.json' is not a list"),
        (json.dumps(log())[:-5], "is not complete JSON"),
        ('{"version": 2, "status": "success", "eval": ' + "[" * 99_999, "nested too deeply"),
    ],
)
def test_a_log_that_inspect_cannot_have_written_is_one_line(write, data, reason):
    with pytest.raises(IsoglossError) as caught:
        read_evidence(write(data), format="inspect-ai")
    assert reason in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.data
def test_a_real_log_is_read_only_when_asked_for_and_keeps_its_score(observed):
    path = observed.parent / "fixtures" / "inspect_no_samples.json"
    with pytest.raises(BadFile, match="the run is cancelled"):
        read_evidence(path)
    options = ReadOptions(languages={"testtaskname": "eng"}, unfinished=True)
    report = import_files([path], options, dry_run=True)
    file = report.files[0]
    written = json.loads(path.read_text())["results"]["scores"]
    assert file.rows == sum(len(score["metrics"]) for score in written) == file.kept + sum(file.dropped.values())
    row = report.observations.row(0, named=True)
    assert (row["metric"], row["score"], row["standard_error"], row["items"], row["split"]) == (
        "match/accuracy",
        pytest.approx(2 / 3),
        pytest.approx(1 / 3),
        3,
        "[:3]",
    )
    assert file.items == 3


def test_what_tells_runs_apart_is_kept(write):
    plan = {"steps": [{"solver": "system_message", "params": {"template": "formal"}}, {"solver": "generate"}]}
    path = write(with_eval(task_version=2, model_args={"load_in_4bit": True}) | {"plan": plan})
    row = read_evidence(path).observations.row(0, named=True)
    assert (row["model_revision"], row["recipe"]) == ("4bit", "in-context+prompt-formal+v2")
