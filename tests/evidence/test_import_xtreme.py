from __future__ import annotations

import json

import pytest

from isogloss.errors import BadValue, IsoglossError
from isogloss.evidence import import_files, read_evidence
from isogloss.evidence.importers.base import ReadOptions

TOLD = {"model": "toy", "train": "en:3696"}
REPORT = {
    "all_task": 55.5,
    "sentence_pair": 60.0,
    "xnli": {"accuracy": {"en": 80.0, "sw": 0.5}, "avg_accuracy": 40.25, "avg_metric": 40.25},
    "tydiqa": {
        "exact_match": {"bn": 30.0},
        "f1": {"bn": 45.5},
        "avg_exact_match": 30.0,
        "avg_f1": 45.5,
        "avg_metric": 37.75,
    },
    "tatoeba": {"accuracy": {"cmn": 70.0}, "avg_accuracy": 70.0, "avg_metric": 70.0},
}


@pytest.fixture
def write(tmp_path):
    def write(data):
        path = tmp_path / "report.json"
        path.write_text(data if isinstance(data, str) else json.dumps(data))
        return path

    return write


def test_each_score_of_a_language_is_an_observation_in_hundredths(write):
    rows = read_evidence(write(REPORT), **TOLD).observations
    assert rows.select("task", "metric", "target", "pair", "train", "recipe", "score").rows() == [
        ("XTREME-xnli", "accuracy", "eng", None, "eng:3696", "fine-tune", 0.8),
        ("XTREME-xnli", "accuracy", "swa", None, "eng:3696", "fine-tune", 0.005),
        ("XTREME-tydiqa", "exact_match", "ben", None, "eng:3696", "fine-tune", 0.3),
        ("XTREME-tydiqa", "f1", "ben", None, "eng:3696", "fine-tune", 0.455),
        ("XTREME-tatoeba", "accuracy", "cmn", "x-eng", "", None, 0.7),
    ]
    assert rows["importer"].unique().to_list() == ["xtreme"]


def test_averages_are_dropped_because_they_repeat_scores(write):
    report = import_files([write(REPORT)], ReadOptions(values=TOLD), dry_run=True).files[0]
    assert (report.rows, report.kept, report.dropped) == (14, 5, {"an average, which repeats scores": 9})


@pytest.mark.parametrize("missing", ["model", "train"])
def test_what_the_report_never_says_is_asked_for(write, missing):
    told = {name: value for name, value in TOLD.items() if name != missing}
    with pytest.raises(BadValue, match=f"does not say .*give {missing}="):
        read_evidence(write(REPORT), **told)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ([], "is not an object"),
        ({}, "holds no score by language"),
        ({"xnli": 5}, "'xnli' is not an object"),
        ({"mine": {}}, "'mine' is no task of XTREME; known: bucc2018"),
        ({"xnli": {"accuracy": {"en": "good"}}}, "row 0: accuracy good is not a number"),
        ({"xnli": {"accuracy": {"en": 101}}}, "row 0: accuracy 101 lies outside 0 to 100"),
        ({"xnli": {"accuracy": {"xx9": 50}}}, "row 0: unknown language 'xx9'"),
        ({"xnli": {"accuracy": {"en": 10**400}}}, "is not a number"),
        ('{"xnli": ', "is not complete JSON"),
        ('{"xnli":' * 99_999, "nested too deeply"),
    ],
)
def test_a_report_that_xtreme_cannot_have_written_is_one_line(write, data, reason):
    with pytest.raises(IsoglossError) as caught:
        read_evidence(write(data), format="xtreme", **TOLD)
    assert reason in str(caught.value)
    assert str(caught.value).isprintable()
