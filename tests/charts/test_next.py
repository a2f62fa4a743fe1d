"""The picture of languages to test next holds what the tables say."""

from __future__ import annotations

import polars as pl
import pytest

from isogloss import read_evidence
from isogloss.charts import next_plot
from isogloss.planning import choose_next


@pytest.fixture(scope="module")
def found():
    names = "eng deu fra rus hin zho".split()
    table = pl.DataFrame({"target": names, "score": [0.8, 0.7, 0.75, 0.6, 0.5, 0.55]})
    scores = table.with_columns(task=pl.lit("topics"), model=pl.lit("toy"), metric=pl.lit("accuracy"), train=pl.lit(""))
    return choose_next(read_evidence(scores), "@africa", task="topics", model="toy", k=3)


@pytest.fixture(scope="module")
def rows(found):
    (held,) = filter(None, next_plot(found).to_dict()["datasets"].values())
    return held


def test_each_test_goes_on_from_what_the_one_before_left(found, rows):
    nothing, *tests = rows[:4]
    assert [row["after"] for row in tests] == found.table["deviation_of_rest"].to_list()
    assert [row["before"] for row in tests] == [row["after"] for row in (nothing, *tests[:-1])]


def test_tests_are_named_by_language_and_by_whom_they_tell_about(found, rows):
    first = found.table.row(0, named=True)
    assert rows[1]["label"] == f"1 {first['name']} ({first['language']}) · tells about {first['tells_most_about']}"


def test_baselines_go_from_nothing_tested_to_what_they_leave_the_best_first(found, rows):
    left = dict(found.baselines.iter_rows())
    others = rows[4:]
    assert {row["label"]: row["after"] for row in others} == {
        f"3 {name}": left[name] for name in ("random", "largest", "most central")
    }
    assert [row["after"] for row in others] == sorted(row["after"] for row in others)
    assert {row["before"] for row in others} == {left["none"]}
