from __future__ import annotations

import json

import pytest

from isogloss.errors import IsoglossError
from isogloss.evidence import import_files, read_evidence

TOLD = {"model": "toy", "task": "POS"}
TABLE = """Task_lang,Aux lang,Dataset size,Accuracy,BLEU,GENETIC,note
aze,tur,2000,71.5,12.0,0.25,near
aze,rus,,40.5,,1.0,
"""


@pytest.fixture
def write(tmp_path):
    def write(content=TABLE, name="experiments.csv"):
        path = tmp_path / name
        path.write_text(content)
        return path

    return write


def test_a_transfer_language_is_the_mix_of_a_task_language(write):
    rows = read_evidence(write(), **TOLD).observations
    assert rows.select("target", "train", "metric", "score", "origin_row").rows() == [
        ("aze", "tur:2000", "accuracy", 0.715, 0),
        ("aze", "tur:2000", "bleu", 0.12, 0),
        ("aze", "rus", "accuracy", 0.405, 1),
    ]
    assert rows.select("model", "task", "recipe", "importer").unique().rows() == [
        ("toy", "POS", "fine-tune", "langrank")
    ]


def test_distances_and_overlaps_are_kept_in_the_details(write):
    rows = read_evidence(write(), **TOLD).observations
    assert [json.loads(text) for text in rows["details"].unique(maintain_order=True)] == [
        {"GENETIC": 0.25, "note": "near"},
        {"GENETIC": 1.0, "note": None},
    ]


def test_a_row_without_a_score_is_dropped(write):
    from isogloss.evidence import ReadOptions

    report = import_files([write()], ReadOptions(values=TOLD), dry_run=True).files[0]
    assert (report.rows, report.kept, report.dropped) == (4, 3, {"no score": 1})


@pytest.mark.parametrize(
    "header", ["target,transfer,las", "Target Language\tSource Language\tUAS", "task-lang;source;f1"]
)
def test_columns_are_known_by_many_spellings(write, header):
    mark = next(mark for mark in "\t;," if mark in header)
    name = "experiments.tsv" if mark == "\t" else "experiments.csv"
    path = write(f"{header}\n{mark.join(('deu', 'nld', '0.5'))}\n", name)
    row = read_evidence(path, **TOLD).observations.row(0, named=True)
    assert (row["importer"], row["target"], row["train"], row["score"]) == ("langrank", "deu", "nld", 0.5)


def test_a_table_with_our_own_columns_is_no_table_of_langrank(write):
    path = write("model,task,metric,target,train,score\ntoy,POS,f1,de,en:5,0.5\n")
    assert read_evidence(path).observations["importer"].item() == "table"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("Task_lang", "language", "has no column task lang (it has language, Aux lang"),
        ("Accuracy,BLEU", "a,b", "has no column of scores; name it one of accuracy, bleu"),
        ("71.5", "good", "row 0: score 'good' is not a number"),
        ("71.5", "715", "row 0: accuracy 715 lies outside 0 to 100"),
        ("2000", "many", "row 0: size 'many' in the mix 'tur:many' is not a whole number"),
        ("tur", "", "row 0: Aux lang '' is not one language"),
        ("tur", "tur:5", "row 0: Aux lang 'tur:5' is not one language"),
        ("tur", "xx9", "row 0: unknown language 'xx9'"),
    ],
)
def test_what_a_row_cannot_say_is_one_line_with_the_row(write, old, new, reason):
    with pytest.raises(IsoglossError) as caught:
        read_evidence(write(TABLE.replace(old, new)), format="langrank", **TOLD)
    assert reason in str(caught.value)


def test_model_and_task_are_asked_for(write):
    with pytest.raises(IsoglossError, match=r"does not say the model and the task; give model=\.\.\. and task=\.\.\."):
        read_evidence(write())
