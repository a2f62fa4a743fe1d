from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.evidence.paired import align, compare, mcnemar, paired_bootstrap, standard_errors


def outcomes(both: int, only_first: int, only_second: int, neither: int) -> tuple[list[int], list[int]]:
    first = [1] * (both + only_first) + [0] * (only_second + neither)
    second = [1] * both + [0] * only_first + [1] * only_second + [0] * neither
    return first, second


def items(scores: list[float | None], names: list[str] | None = None) -> pl.DataFrame:
    return pl.DataFrame({"item": names or [str(n) for n in range(len(scores))], "score": scores}, strict=False)


@pytest.mark.parametrize(
    ("only_first", "only_second", "p_value"),
    [
        (10, 2, 158 / 4096),  # 2 (C(12,0) + C(12,1) + C(12,2)) / 2^12
        (1, 5, 14 / 64),
        (0, 6, 2 / 64),
        (3, 3, 1.0),
        (0, 0, 1.0),
    ],
)
def test_mcnemar_is_the_exact_binomial_test_of_the_uneven_items(only_first, only_second, p_value):
    test = mcnemar(*outcomes(20, only_first, only_second, 7))
    assert test.p_value == pytest.approx(p_value)
    assert (test.both, test.only_first, test.only_second, test.neither) == (20, only_first, only_second, 7)


@given(counts=st.tuples(*[st.integers(0, 30)] * 4).filter(lambda counts: sum(counts) > 0))
def test_mcnemar_does_not_depend_on_which_comes_first_or_on_items_both_agree_on(counts):
    both, only_first, only_second, neither = counts
    p_value = mcnemar(*outcomes(*counts)).p_value
    assert 0 <= p_value <= 1
    assert mcnemar(*outcomes(both, only_second, only_first, neither)).p_value == pytest.approx(p_value)
    assert mcnemar(*outcomes(both + 9, only_first, only_second, neither + 5)).p_value == p_value


def test_mcnemar_asks_for_items_that_are_right_or_wrong():
    with pytest.raises(BadValue, match="neither right nor wrong"):
        mcnemar([1, 0.5], [1, 0])


def test_the_bootstrap_interval_is_that_of_the_normal_where_items_are_many():
    """By the central limit theorem: mean 0.1, standard error sqrt(0.49) / sqrt(5000)."""
    first, second = outcomes(2000, 1500, 1000, 500)
    lower, upper = paired_bootstrap(first, second)
    error = np.sqrt((2500 / 5000 - 0.1**2) / 5000)
    assert (lower, upper) == pytest.approx((0.1 - 1.96 * error, 0.1 + 1.96 * error), abs=6e-4)


def test_the_bootstrap_covers_the_true_difference_as_often_as_it_says():
    random = np.random.default_rng(1)
    covered = 0
    for seed in range(300):
        easy = random.random(200)  # what both find easy makes them alike, which pairing takes out
        first, second = (easy + random.normal(shift, 0.3, 200) > 0.6 for shift in (0.1, 0.0))
        lower, upper = paired_bootstrap(first, second, draws=500, seed=seed, level=0.9)
        covered += lower <= _true_difference() <= upper
    assert 0.85 <= covered / 300 <= 0.95


def _true_difference() -> float:
    from scipy.integrate import quad
    from scipy.stats import norm

    shares = [quad(lambda easy, shift=shift: norm.sf(0.6, easy + shift, 0.3), 0, 1)[0] for shift in (0.1, 0.0)]
    return shares[0] - shares[1]


def test_the_same_seed_gives_the_same_interval():
    pair = np.random.default_rng(0).random((2, 50))
    assert paired_bootstrap(*pair, seed=3) == paired_bootstrap(*pair, seed=3)
    assert paired_bootstrap(*pair, seed=3) != paired_bootstrap(*pair, seed=4)


def test_two_that_agree_everywhere_do_not_differ():
    assert paired_bootstrap([1, 0, 1], [1, 0, 1]) == (0.0, 0.0)


@pytest.mark.parametrize(("level", "scores", "error"), [(1.5, [1, 0], BadValue), (0.9, [1], NotEnoughEvidence)])
def test_a_level_that_is_no_probability_and_a_single_item_are_refused(level, scores, error):
    with pytest.raises(error):
        paired_bootstrap(scores, scores, level=level)


def test_items_are_aligned_by_name_whatever_their_order():
    first, second, unmatched = align(items([1, 0, 1], ["a", "b", "c"]), items([0, 1, 1], ["d", "c", "a"]))
    assert (first.tolist(), second.tolist(), unmatched) == ([1, 1], [1, 1], 2)


def test_an_item_without_a_score_is_left_out_of_both():
    first, _, unmatched = align(items([1, None, 1]), items([0, 1, 1]))
    assert (first.tolist(), unmatched) == ([1, 1], 2)


def test_nothing_in_common_and_items_that_stand_twice_are_refused():
    with pytest.raises(NotEnoughEvidence, match="share no item"):
        align(items([1], ["a"]), items([1], ["b"]))
    with pytest.raises(BadValue, match="the item 'a' stands twice in the second"):
        align(items([1], ["a"]), items([1, 0], ["a", "a"]))


def test_a_comparison_has_the_paired_standard_error_not_that_of_either_alone():
    first, second = (items(scores) for scores in outcomes(40, 6, 2, 52))
    comparison = compare(first, second)
    assert (comparison.items, comparison.first, comparison.second) == (100, 0.46, 0.42)
    assert comparison.difference == pytest.approx(0.04)
    assert comparison.standard_error == pytest.approx(np.sqrt((0.08 - 0.04**2) / 99))
    assert comparison.p_value == pytest.approx(2 * (1 + 8 + 28) / 256)
    assert comparison.lower < 0.04 < comparison.upper


def test_graded_scores_are_compared_without_mcnemar():
    assert compare(items([0.5, 0.7, 0.1]), items([0.4, 0.7, 0.2])).p_value is None


def test_standard_errors_come_from_the_spread_of_the_items():
    table = pl.DataFrame({"observation": ["a"] * 4 + ["b"] + ["c"], "score": [1.0, 0.0, 1.0, 1.0, 0.5, None]})
    rows = standard_errors(table).rows()
    assert rows[0] == ("a", 4, 0.75, pytest.approx(0.25))  # sqrt(0.25) / sqrt(4)
    assert rows[1] == ("b", 1, 0.5, None)
    assert len(rows) == 2
