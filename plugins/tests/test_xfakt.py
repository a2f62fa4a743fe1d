from __future__ import annotations

import polars as pl
import pytest

from isogloss.errors import IsoglossError
from isogloss.evidence import Store, import_files, read_evidence

ROWS = [
    ("factual_recall", "toy", "Swahili", 0, 1),
    ("factual_recall", "toy", "Swahili", 1, 2),
    ("factual_recall", "toy", "Swahili", 2, 3),
    ("factual_recall", "toy", "Swahili", 3, None),
    ("factual_recall", "toy", "English", 0, 1),
    ("factual_recall", "toy", "English", 1, 2),
    ("counter_factual", "toy", "English", 0, 4),
]


@pytest.fixture
def write(tmp_path):
    def write(rows=ROWS, **columns):
        path = tmp_path / "xfakt_ratings.parquet"
        table = pl.DataFrame(rows, schema=["task", "model", "lang", "i", "rating"], orient="row")
        table.with_columns(**columns).write_parquet(path)
        return path

    return write


def test_ratings_become_scores_and_items(write, tmp_path):
    path = write()
    report = import_files([path], into=tmp_path / "store")
    assert report.observations.select("task", "target", "score", "items", "origin_row", "metric").rows() == [
        ("X-FaKT-factual_recall", "swa", pytest.approx(1 / 3), 3, 0, "accuracy"),
        ("X-FaKT-factual_recall", "eng", 1.0, 2, 4, "accuracy"),
        ("X-FaKT-counter_factual", "eng", 0.0, 1, 6, "accuracy"),
    ]
    items = Store(tmp_path / "store").read_items()
    assert items.select("item", "score", "prediction").rows()[:3] == [("0", 1.0, "1"), ("1", 0.0, "2"), ("2", 0.0, "3")]
    assert items.height == 6
    assert report.files[0].dropped == {"not rated": 1}


def test_an_answer_in_english_is_right_where_english_was_asked(write):
    rows = read_evidence(write()).observations
    assert dict(rows.filter(task="X-FaKT-factual_recall").select("target", "score").rows())["eng"] == 1.0


def test_the_standard_error_is_that_of_a_mean_of_items(write):
    rows = read_evidence(write()).observations
    assert rows["standard_error"].to_list() == [pytest.approx((1 / 3) ** 0.5 / 3**0.5), 0.0, None]


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("rating", 5, "row 0: rating '5' is none of 1, 2, 3, 4"),
        ("i", 0, "row 1: item '0' stands twice"),
        ("model", None, "row 0: model '' is empty"),
    ],
)
def test_what_a_rating_cannot_be_is_one_line_with_the_row(write, column, value, reason):
    with pytest.raises(IsoglossError) as caught:
        read_evidence(write(**{column: pl.lit(value)}))
    assert reason in str(caught.value)


def test_an_unknown_language_is_one_line_with_the_row(write):
    with pytest.raises(IsoglossError, match="row 0: unknown language 'Klingonish'"):
        read_evidence(write([("factual_recall", "toy", "Klingonish", 0, 1)]))


def test_a_table_without_ratings_is_one_line(tmp_path):
    path = tmp_path / "xfakt.parquet"
    pl.DataFrame({"task": ["a"]}).write_parquet(path)
    with pytest.raises(IsoglossError, match="unknown column 'model'"):
        read_evidence(path)


@pytest.mark.data
def test_every_published_rating_is_an_item(observed, tmp_path):
    path = observed / "xfakt_ratings.parquet"
    report = import_files([path], into=tmp_path / "store")
    file = report.files[0]
    assert (file.importer, file.kept, file.items, file.dropped) == ("xfakt", 3 * 14 * 13, 429_884, {})
    assert pl.read_parquet(path).height == 429_884
    assert Store(tmp_path / "store").read_items().height == 429_884
    english = report.observations.filter(
        pl.col("model").str.contains("gemma-2-2b"), task="X-FaKT-factual_recall", target="eng"
    )
    assert english.select((pl.col("score") * pl.col("items")).round(0)).item() == 766  # as published
