"""The picture of languages to test next holds what the tables say."""

from __future__ import annotations

import polars as pl
import pytest
from drawn import rows_with

from isogloss import read_evidence
from isogloss.charts import Canvas, draw_next, draw_result
from isogloss.planning import choose_next


@pytest.fixture(scope="module")
def found():
    names = "eng deu fra rus hin zho".split()
    table = pl.DataFrame({"target": names, "score": [0.8, 0.7, 0.75, 0.6, 0.5, 0.55]})
    scores = table.with_columns(task=pl.lit("topics"), model=pl.lit("toy"), metric=pl.lit("accuracy"), train=pl.lit(""))
    return choose_next(read_evidence(scores), "africa", task="topics", model="toy", k=3)


@pytest.fixture(scope="module")
def bars(found):
    return rows_with(draw_result(found, canvas=Canvas(percent=True)), "begin", "value")


def test_each_bar_is_as_long_as_the_interval_that_is_left_after_a_test(found, bars):
    left = [100 * width for width in found.table["width_of_rest"]]
    assert [row["value"] for row in bars[1:4]] == pytest.approx(left)
    assert {row["begin"] for row in bars} == {0}


def test_tests_are_numbered_in_their_order_after_nothing_tested(found, bars):
    names = [f"{number}. {name}" for number, name in enumerate(found.table["name"], start=1)]
    assert [row["name"] for row in bars[:4]] == ["nothing tested yet", *names]


def test_languages_are_called_what_the_reader_called_them(found):
    language, name = found.table.row(0, named=True)["language"], found.table["name"][0]
    drawn = rows_with(draw_result(found, canvas=Canvas(names={language: f"Our {name}"})), "begin", "value")
    assert drawn[1]["name"] == f"1. Our {name}"


def test_about_whom_a_test_tells_is_said_by_name(found):
    notes = [row["text"] for row in rows_with(draw_result(found), "text") if row["text"].startswith("about ")]
    assert len(notes) == 3
    assert all(part[:1].isupper() for note in notes for part in note.removeprefix("about ").split(", "))


def test_simpler_choices_follow_the_best_first(found, bars):
    left = dict(found.baselines.iter_rows())
    others = {row["name"]: row["value"] for row in bars[4:]}
    assert others == pytest.approx({f"3 {name}": 100 * left[name] for name in ("random", "largest", "most central")})
    assert list(others.values()) == sorted(others.values())


def test_tests_without_anything_to_compare_with_are_drawn(found):
    assert len(rows_with(draw_next(found.table), "begin", "value")) == 3
