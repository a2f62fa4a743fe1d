"""Scores of forecasts, checked against answers worked out by hand and against effects that were planted."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.evaluation.scoring import coverage, differences, errors
from isogloss.stats import wilson_interval

LEVEL = 0.9


def answers(*rows: tuple[str, str, float, float], half: float = 0.1, level: float = LEVEL) -> pl.DataFrame:
    """Answers from (forecaster, group, score, mean), with intervals of `half` to either side."""
    table = pl.DataFrame(rows, schema=["forecaster", "group", "score", "mean"], orient="row")
    first = table["forecaster"][0] if rows else ""
    count = table.filter(pl.col("forecaster") == first).height
    return table.with_columns(
        question=pl.int_range(pl.len()) % max(count, 1),
        level=pl.lit(level),
        lower=pl.col("mean") - half,
        upper=pl.col("mean") + half,
        whole_range=pl.lit(False),
        per_point=pl.lit(100.0),
    )


def planted(difference: float, *, groups: int = 40, seed: int = 0) -> pl.DataFrame:
    """Two forecasters, the second off by `difference` more than the first in every group, give or take."""
    extra = difference + np.random.default_rng(seed).normal(0, 0.02, groups)
    rows = [("one", f"g{group}", 0.5, 0.6) for group in range(groups)]
    rows += [("two", f"g{group}", 0.5, 0.6 + extra[group]) for group in range(groups)]
    return answers(*rows)


def test_groups_weigh_the_same_whatever_number_of_questions_they_have():
    table = answers(("f", "a", 0.5, 0.6), *[("f", "b", 0.5, 0.8)] * 3)
    row = errors(table, ["forecaster"]).row(0, named=True)
    assert row["mae"] == pytest.approx((10 + 30) / 2)
    assert row["mae_per_question"] == pytest.approx((10 + 3 * 30) / 4)
    assert row["rmse"] == pytest.approx(math.sqrt((10**2 + 30**2) / 2))
    assert row["rmse_per_question"] == pytest.approx(math.sqrt((10**2 + 3 * 30**2) / 4))
    assert (row["groups"], row["questions"]) == (2, 4)


def test_bias_is_forecast_minus_score():
    table = answers(("f", "a", 0.5, 0.6), ("f", "b", 0.5, 0.3))
    assert errors(table, ["forecaster"])["bias"].to_list() == pytest.approx([-5.0])


def test_scores_without_a_range_are_in_their_own_unit():
    table = answers(("f", "a", 12.0, 15.0)).with_columns(per_point=pl.lit(1.0))
    assert errors(table, ["forecaster"])["mae"].to_list() == [3.0]


def test_a_mean_counts_once_whatever_number_of_levels_was_asked():
    table = answers(("f", "a", 0.5, 0.6), ("f", "b", 0.5, 0.9))
    twice = pl.concat([table, table.with_columns(level=pl.lit(0.5))])
    assert errors(twice, ["forecaster"]).equals(errors(table, ["forecaster"]))


def test_a_score_that_rounding_alone_puts_outside_its_interval_lies_inside():
    table = answers(
        ("f", "a", 0.5, 0.5 + 1e-16),
        ("f", "b", 0.3, 0.1 + 0.2),
        ("f", "c", 0.0, 1e-17),
        ("f", "d", 0.5, 0.5001),
        half=0.0,
    )
    assert coverage(table, ["forecaster"])["coverage"].to_list() == pytest.approx([3 / 4])


def test_answers_without_intervals_have_errors_and_no_coverage():
    table = answers(("f", "a", 0.5, 0.6)).with_columns(
        level=pl.lit(None, pl.Float64), lower=pl.lit(None, pl.Float64), upper=pl.lit(None, pl.Float64)
    )
    assert errors(table, ["forecaster"]).height == 1
    assert coverage(table, ["forecaster"]).is_empty()


@pytest.mark.parametrize("difference", [0.02, -0.02, 0.05])
def test_a_planted_difference_is_found_with_its_sign_and_size(difference):
    found = differences(planted(difference), []).filter(pl.col("forecaster") == "two").row(0, named=True)
    assert found["low"] < 100 * difference < found["high"]
    assert (found["low"] > 0) == (difference > 0)
    assert (found["high"] < 0) == (difference < 0)
    assert found["p_holm"] < 0.01


def test_where_nothing_was_planted_few_differences_are_found():
    """Of 60 worlds without a difference, a test at 5 % should call 3 different; 8 or more has a chance of 1 in 100."""
    p_values = [differences(planted(0.0, seed=seed), [])["p"][0] for seed in range(60)]
    assert sum(p < 0.05 for p in p_values) <= 7


def test_each_pair_stands_in_either_direction():
    found = differences(planted(0.03), [])
    there, back = (found.filter(pl.col("forecaster") == name).row(0, named=True) for name in ("one", "two"))
    assert (there["difference"], there["low"], there["high"]) == (-back["difference"], -back["high"], -back["low"])
    assert there["p_holm"] == back["p_holm"]


def test_forecasters_that_say_the_same_do_not_differ():
    rows = [(name, f"g{group}", 0.5, 0.1 * group) for name in ("one", "two") for group in range(8)]
    found = differences(answers(*rows), []).row(0, named=True)
    assert (found["difference"], found["low"], found["high"], found["p_holm"]) == (0.0, 0.0, 0.0, 1.0)


def test_only_questions_that_both_answered_are_compared():
    rows = [(name, f"g{group}", 0.5, 0.6) for name in ("one", "two") for group in range(6)]
    table = answers(*rows)
    gone = table.filter(~((pl.col("forecaster") == "two") & (pl.col("question") < 2)))
    assert differences(gone, [])["questions"].to_list() == [4, 4]


def test_fewer_than_five_groups_are_not_tested():
    rows = [(name, f"g{group}", 0.5, mean) for name, mean in (("one", 0.6), ("two", 0.9)) for group in range(4)]
    found = differences(answers(*rows), []).row(0, named=True)
    assert found["difference"] == pytest.approx(-30)
    assert [found[name] for name in ("low", "high", "p", "p_holm")] == [None] * 4
    assert errors(answers(*rows), ["forecaster"])["mae_low"].to_list() == [None, None]


def test_results_are_told_apart_by_the_columns_asked_for():
    table = answers(("f", "a", 0.5, 0.6), ("f", "b", 0.5, 0.9)).with_columns(table=pl.Series(["one", "two"]))
    found = errors(table, ["table", "forecaster"])
    assert found.select("table", "mae").rows() == [("one", pytest.approx(10)), ("two", pytest.approx(40))]


def test_languages_weigh_the_same_in_coverage():
    """One language of a hundred questions fails whole, one of one holds: half, with hardly anything known."""
    table = answers(("f", "a", 0.5, 0.55), *[("f", "b", 0.5, 0.9)] * 100)
    row = coverage(table, ["forecaster"]).row(0, named=True)
    assert row["coverage"] == 0.5
    assert row["coverage_per_question"] == pytest.approx(1 / 101)
    assert (row["coverage_low"], row["coverage_high"]) == wilson_interval(0.5, 2)


def test_a_score_on_the_edge_of_its_interval_is_inside():
    table = answers(("f", "a", 0.5, 0.6)).with_columns(lower=pl.lit(0.5))
    assert coverage(table, ["forecaster"])["coverage"].to_list() == [1.0]


def test_the_interval_score_adds_to_the_width_what_a_miss_costs():
    """Width 20 points; the second score lies 5 points above: 20 + 2 / 0.1 * 5 = 120."""
    table = answers(("f", "a", 0.5, 0.5), ("f", "b", 0.65, 0.5))
    row = coverage(table, ["forecaster"]).row(0, named=True)
    assert row["mean_width"] == pytest.approx(20)
    assert row["interval_score"] == pytest.approx((20 + 120) / 2)


def test_intervals_without_end_always_hold_and_are_endlessly_wide():
    table = answers(("f", "a", 0.5, 0.5), half=math.inf).with_columns(whole_range=pl.lit(True))
    row = coverage(table, ["forecaster"]).row(0, named=True)
    assert (row["coverage"], row["mean_width"], row["interval_score"], row["whole_range"]) == (1, math.inf, math.inf, 1)


def test_levels_are_told_apart():
    table = answers(("f", "a", 0.5, 0.58), half=0.1)
    narrow = table.with_columns(level=pl.lit(0.5), lower=pl.col("mean") - 0.05)
    found = coverage(pl.concat([table, narrow]), ["forecaster"])
    assert dict(found.select("level", "coverage").rows()) == {0.9: 1.0, 0.5: 0.0}


@given(order=st.permutations(range(30)))
def test_scores_do_not_depend_on_the_order_of_answers(order):
    table = planted(0.03, groups=15)
    found, again = (errors(one, ["forecaster"]).sort("forecaster") for one in (table, table[list(order)]))
    assert found["mae"].to_list() == pytest.approx(again["mae"].to_list())
    assert found["rmse"].to_list() == pytest.approx(again["rmse"].to_list())
