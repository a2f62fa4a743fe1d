from __future__ import annotations

import polars as pl
import pytest

from isogloss.errors import IsoglossError
from isogloss.evidence import Store, import_files, read_evidence


@pytest.fixture
def scores(tmp_path):
    path = tmp_path / "sib200_llm_scores.tsv"
    path.write_text("model\tlang\tn\taccuracy\tanswered\ntoy\tace_Arab\t3\t0.3333\t1.0\ntoy\tyor_Latn\t200\t\t0.5\n")
    return path


@pytest.fixture
def predictions(tmp_path):
    def write(**columns):
        path = tmp_path / "sib200_llm_predictions.parquet"
        table = pl.DataFrame(
            {
                "model": "toy",
                "lang": ["ace_Arab", "ace_Arab", "ace_Arab"],
                "index_id": [7, 8, 9],
                "gold": ["travel", "health", "sports"],
                "pred": ["travel", "", "travel"],
            }
        )
        table.with_columns(**columns).write_parquet(path)
        return path

    return write


def test_a_rounded_accuracy_is_the_share_it_stands_for(scores):
    row = read_evidence(scores).observations.row(0, named=True)
    assert (row["task"], row["target"], row["score"], row["items"]) == ("SIB-200", "ace_Arab", 1 / 3, 3)
    assert (row["split"], row["shots"], row["details"]) == ("test", 0, '{"answered":1.0}')


def test_a_row_without_an_accuracy_is_dropped(scores):
    report = import_files([scores], dry_run=True).files[0]
    assert (report.rows, report.kept, report.dropped) == (2, 1, {"no score": 1})


def test_predictions_become_the_same_score_and_its_items(scores, predictions, tmp_path):
    report = import_files([scores, predictions()], into=tmp_path / "store")
    assert [file.dropped for file in report.files] == [{"no score": 1}, {"duplicate": 1}]
    assert Store(tmp_path / "store").read_items().select("item", "score", "prediction").rows() == [
        ("7", 1.0, "travel"),
        ("8", 0.0, ""),
        ("9", 0.0, "travel"),
    ]


def test_chance_and_origin_of_the_texts_are_known(scores):
    facts = read_evidence(scores).tasks.row(0, named=True)
    assert (facts["task"], facts["chance"], facts["text_origin"]) == ("SIB-200", 1 / 7, "human-translated")


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [("index_id", 7, "row 1: item '7' stands twice"), ("gold", None, "row 0: gold '' is empty")],
)
def test_what_a_prediction_cannot_be_is_one_line_with_the_row(predictions, column, value, reason):
    with pytest.raises(IsoglossError) as caught:
        read_evidence(predictions(**{column: pl.lit(value)}))
    assert reason in str(caught.value)


@pytest.mark.data
def test_published_accuracies_are_those_of_the_published_predictions(observed):
    scores, predictions = observed / "sib200_llm_scores.tsv", observed / "sib200_llm_predictions.parquet"
    first, second = (import_files([path], dry_run=True) for path in (scores, predictions))
    assert (first.files[0].importer, first.files[0].rows, first.files[0].kept) == ("sib200", 410, 410)
    assert (second.files[0].kept, second.files[0].items) == (410, 83_640)
    assert pl.read_parquet(predictions).height == 83_640
    both = first.observations.join(second.observations, on=["model", "target"], how="inner")
    assert both.height == 410
    assert (both["score"] - both["score_right"]).abs().max() < 1e-12
