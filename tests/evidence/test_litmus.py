from __future__ import annotations

import json

import pytest

from isogloss.errors import BadFile, BadTrainingMix, BadValue, IsoglossError
from isogloss.evidence import ReadOptions, import_files, read_evidence, read_queries

ENTRY = {"train_config": {"en": 100, "de": 0}, "eval_results": {"de": 0.5, "fr": "x"}}


@pytest.fixture
def write(tmp_path):
    def write(content, name="UDPOS_XLMR.json"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


def test_scores_are_observations_and_crosses_are_queries(fixtures):
    path = fixtures / "UDPOS_XLMR.json"
    assert read_evidence(path).observations.select("target", "train", "score", "origin_row").rows() == [
        ("eng", "eng:1000,hin:500", 0.91, 0),
        ("hin", "eng:1000,hin:500", 0.82, 0),
        ("deu", "eng:1000,hin:500", 0.78, 0),
        ("eng", "deu:2000,eng:100", 0.88, 1),
        ("hin", "deu:2000,eng:100", 0.61, 1),
    ]
    assert read_queries(path).select("query_row", "target", "train").rows() == [(1, "deu", "deu:2000,eng:100")]


def test_a_file_without_crosses_can_be_asked_as_a_whole(write):
    path = write([ENTRY | {"eval_results": {"de": 0.5, "fr": 0.6}}])
    assert read_queries(path)["target"].to_list() == ["deu", "fra"]


@pytest.mark.parametrize(
    ("name", "task", "model", "metric"),
    [
        ("UDPOS_XLMR.json", "UDPOS", "xlm-roberta-large", "f1"),
        ("WikiANN_XLMR_surprise_langs_diff_configs.json", "WikiANN", "xlm-roberta-large", "f1"),
        ("WikiANN_XLMR_surprise_langs_same_configs.json", "WikiANN", "xlm-roberta-large", "f1"),
        ("XNLI_TULRv6Large.json", "XNLI", "t-ulrv6-large", "accuracy"),
        ("TyDiQA_TULRv6Large_ID.json", "TyDiQA-ID", "t-ulrv6-large", "f1"),
        ("TyDiQA_XLMR_OOD.json", "TyDiQA-OOD", "xlm-roberta-large", "f1"),
    ],
)
def test_task_model_and_metric_come_from_the_file_name(write, name, task, model, metric):
    query = read_queries(write([ENTRY], name)).row(0, named=True)
    assert (query["task"], query["model"], query["metric"]) == (task, model, metric)
    assert query["recipe"] == "fine-tune"


def test_an_unknown_file_name_asks_for_task_and_model(write):
    with pytest.raises(BadValue, match=r"results.json: the file name does not say .*give task=\.\.\. and model=\.\.\."):
        read_evidence(write([ENTRY], "results.json"))
    with pytest.raises(BadValue, match=r"row 0: no metric; "):
        read_evidence(write([ENTRY], "results.json"), task="T", model="M")
    told = {"task": "T", "model": "M", "metric": "f1"}
    row = read_evidence(write([ENTRY], "results.json"), **told).observations.row(0, named=True)
    assert {name: row[name] for name in told} == told


def test_the_metric_can_be_given(write):
    assert read_evidence(write([ENTRY]), metric="accuracy").observations["metric"].item() == "accuracy"


def test_null_scores_are_dropped_with_a_reason(write):
    path = write([ENTRY | {"eval_results": {"de": None, "fr": 0.5, "es": "x"}}])
    report = import_files([path], dry_run=True).files[0]
    assert (report.rows, report.kept, report.queries, report.dropped) == (3, 1, 1, {"no score": 1})


def test_the_report_names_the_codes_it_resolved(fixtures):
    report = import_files([fixtures / "UDPOS_XLMR.json"], ReadOptions(), dry_run=True).files[0]
    assert report.languages == {"de": "deu", "en": "eng", "hi": "hin"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"train_config": {"en": -3}}, "row 0: size -3 of 'eng' is negative"),
        ({"train_config": {"en": 1.5}}, "row 0: size 1.5 of 'en' is not a whole number"),
        ({"train_config": {"en": "3"}}, "row 0: size '3' of 'en' is not a number"),
        ({"train_config": {"en": True}}, "row 0: size True of 'en' is not a number"),
        ({"train_config": {"en": 3, "eng": 4}}, "row 0: 'eng' stands twice"),
        ({"train_config": {"en:5,de": 3}}, "row 0: 'en:5,de' is not a language code"),
        ({"train_config": None}, "row 0: has no object 'train_config'"),
        ({"eval_results": [1]}, "row 0: has no object 'eval_results'"),
        ({"eval_results": {"de": "0.5"}}, "row 0: score '0.5' of 'de' is not a number"),
        ({"eval_results": {"de": True}}, "row 0: score True of 'de' is not a number"),
        ({"eval_results": {"de": float("nan")}}, "row 0: score nan is not a finite number"),
        ({"eval_results": {"de": 10**400}}, "of 'de' is not a number"),
    ],
)
def test_what_an_entry_cannot_say_is_one_line_with_the_row(write, change, reason):
    with pytest.raises((BadValue, BadTrainingMix, BadFile)) as caught:
        read_evidence(write([ENTRY | change]))
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (json.dumps([ENTRY])[:-4], "is not complete JSON"),
        ('[{"train_config": {}, "train_config": {}, "eval_results": {}}]', "stands twice"),
        ("[" * 200_000, "nested too deeply"),
        ("[]", "holds no configuration"),
        ("{}", "is not a list"),
        ("7", "is not a list"),
        ("", "is empty"),
        ("  \n", "is empty"),
    ],
)
def test_a_file_that_is_not_litmus_is_one_line(write, content, reason):
    with pytest.raises(IsoglossError, match=reason) as caught:
        read_evidence(write(content), format="litmus")
    assert "\n" not in str(caught.value)


def test_a_file_too_large_to_parse_is_refused_unread(tmp_path):
    path = tmp_path / "UDPOS_XLMR.json"
    with path.open("wb") as file:
        file.write(b'[{"train_config"')
        file.truncate(600 * 1024 * 1024)  # sparse: takes no room on the disk
    with pytest.raises(BadFile, match="would take up to 1800 MB of memory, more than the 1024 MB"):
        read_evidence(path)
