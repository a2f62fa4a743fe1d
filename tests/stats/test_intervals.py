"""Intervals of shares, percentile intervals, and levels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.errors import BadValue
from isogloss.stats import check_level, effective_count, percentile_interval, wilson_interval


@pytest.mark.parametrize(
    ("share", "count", "low", "high"),
    [(0.9, 10, 0.5958, 0.9821), (0.5, 100, 0.4038, 0.5962), (1.0, 15, 0.7961, 1.0), (0.0, 0, 0.0, 1.0)],
)
def test_wilson_gives_the_published_intervals(share, count, low, high):
    assert wilson_interval(share, count) == pytest.approx((low, high), abs=5e-5)


def test_languages_that_hold_or_fail_whole_count_once_and_those_alike_count_more():
    whole, alike = (np.arange(40) < 36).astype(float), np.full(40, 0.9)
    assert 36 <= effective_count(whole, 2000) <= 44
    assert 200 <= effective_count(alike, 2000) <= 2000
    assert effective_count(alike, 100) == 100


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_so_few_languages_count_once_however_alike(groups):
    assert effective_count(np.full(groups, 0.9), 2000) == groups


@pytest.mark.parametrize("groups", [6, 12, 40])
@pytest.mark.parametrize("alike", [0.1, 1.0, 10.0, 100.0])
def test_the_interval_of_coverage_covers_the_truth_in_planted_worlds(groups, alike):
    """Languages whose own coverage varies around 90 %, from all or nothing to hardly at all, 30 questions each."""
    chance, held = np.random.default_rng(1), 0
    for _ in range(200):
        shares = chance.binomial(30, chance.beta(0.9 * alike, 0.1 * alike, groups)) / 30
        low, high = wilson_interval(float(shares.mean()), effective_count(shares, 30 * groups))
        held += low <= 0.9 <= high
    assert held / 200 >= 0.9


@given(hits=st.integers(0, 50), more=st.integers(1, 50))
def test_wilson_is_that_of_statsmodels(hits, more):
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    expected = proportion.proportion_confint(hits, hits + more, method="wilson")
    assert wilson_interval(hits / (hits + more), hits + more) == pytest.approx(expected, abs=1e-6)


def test_a_percentile_interval_has_an_end_on_either_side_of_each_column():
    sample = np.column_stack([np.arange(101.0), np.arange(101.0) * 2])
    assert percentile_interval(sample, 0.9) == pytest.approx(np.array([[5, 10], [95, 190]]))


@pytest.mark.parametrize("level", [0.0, 1.0, 1.5, -0.1])
def test_a_level_that_is_no_probability_is_refused(level):
    with pytest.raises(BadValue, match="is not between 0 and 1"):
        check_level(level)
