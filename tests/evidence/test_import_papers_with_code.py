from __future__ import annotations

import json

import pytest

from isogloss.evidence import import_files, read_evidence


def board(dataset: str, *rows: dict[str, object]) -> dict[str, object]:
    return {"dataset": dataset, "subdatasets": [], "sota": {"metrics": [], "rows": list(rows)}}


def row(model: str, **metrics: str) -> dict[str, object]:
    return {"model_name": model, "metrics": metrics, "paper_title": "On x", "paper_date": "2024-05-01"}


DUMP = [
    {"task": "Machine Translation", "subtasks": [], "datasets": [
        board("WMT2014 English-German", row("one", **{"BLEU score": "31.5", "Params": "90M"}),
              row("two", **{"BLEU score": "30,5"})),
    ]},
    {"task": "Named Entity Recognition", "datasets": [], "subtasks": [
        {"task": "NER", "datasets": [board("CoNLL 2002 (Dutch)", row("one", F1="94.5%"))], "subtasks": []},
    ]},
    {"task": "Image Classification", "datasets": [board("ImageNet", row("vit", Accuracy="90"))], "subtasks": []},
]  # fmt: skip


@pytest.fixture
def dump(tmp_path):
    path = tmp_path / "evaluation-tables.json"
    path.write_text(json.dumps(DUMP))
    return path


def test_leaderboards_that_name_a_language(dump):
    names = ("model", "task", "metric", "target", "pair", "score")
    assert read_evidence(dump).observations.select(names).rows() == [
        ("one", "WMT2014", "BLEU score", "deu", "eng-x", 0.315),
        ("two", "WMT2014", "BLEU score", "deu", "eng-x", 0.305),
        ("one", "CoNLL 2002", "F1", "nld", None, 0.945),
    ]


def test_the_others_are_dropped_with_a_reason(dump):
    report = import_files([dump], dry_run=True).files[0]
    assert (report.rows, report.kept) == (5, 3)
    assert report.dropped == {
        "a metric of which neither scale nor direction is known": 1, "names no language": 1,
    }  # fmt: skip
    assert any("metrics left out, as nothing is known of them: Params" in note for note in report.notes)


def test_a_leaderboard_is_read_as_the_language_that_you_say(dump):
    evidence = read_evidence(dump, languages={"ImageNet": "en"})
    assert evidence.observations.select("task", "target").rows()[-1] == ("ImageNet", "eng")
