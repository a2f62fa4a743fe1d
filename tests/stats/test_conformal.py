"""The quantile that sizes every interval: groups weigh the same, and too few groups give no bound."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.errors import BadValue
from isogloss.stats.conformal import grouped_quantile, weighted_conformal_quantiles

SCORES = st.lists(st.integers(0, 50).map(float), min_size=1, max_size=6)
GROUPS = st.lists(SCORES, max_size=25)
LEVELS = st.integers(1, 99)


def defined(groups: list[list[float]], percent: int) -> float:
    """inf{q : sum over groups of the share of its scores <= q, divided by groups + 1, reaches the level}, exactly."""
    level = Fraction(percent, 100)
    for candidate in sorted({score for group in groups for score in group}):
        below = sum(Fraction(sum(score <= candidate for score in group), len(group)) for group in groups)
        if below / (len(groups) + 1) >= level:
            return candidate
    return float("inf")


@given(groups=GROUPS, percent=LEVELS)
def test_it_is_the_quantile_by_its_definition(groups, percent):
    assert grouped_quantile([np.array(group) for group in groups], percent / 100) == defined(groups, percent)


@given(groups=GROUPS, percents=st.tuples(LEVELS, LEVELS))
def test_it_never_falls_as_the_level_rises(groups, percents):
    low, high = (grouped_quantile([np.array(group) for group in groups], percent / 100) for percent in sorted(percents))
    assert low <= high


@given(groups=GROUPS, percent=LEVELS, data=st.data())
def test_it_depends_neither_on_the_order_of_groups_nor_on_the_order_within(groups, percent, data):
    shuffled = [data.draw(st.permutations(group)) for group in data.draw(st.permutations(groups))]
    first, second = ([np.array(group) for group in each] for each in (groups, shuffled))
    assert grouped_quantile(first, percent / 100) == grouped_quantile(second, percent / 100)


@given(groups=GROUPS, percent=LEVELS)
def test_saying_everything_in_a_group_twice_changes_nothing(groups, percent):
    twice = [np.array(group * 2) for group in groups]
    assert grouped_quantile(twice, percent / 100) == grouped_quantile(
        [np.array(group) for group in groups], percent / 100
    )


@pytest.mark.parametrize(("level", "enough"), [(0.5, 1), (0.8, 4), (0.9, 9), (0.95, 19), (0.99, 99)])
def test_fewer_groups_than_1_over_alpha_minus_1_give_no_bound(level, enough):
    groups = [np.array([1.0])] * enough
    assert grouped_quantile(groups, level) == 1.0
    assert grouped_quantile(groups[1:], level) == np.inf


def test_a_group_of_many_weighs_as_much_as_a_group_of_one():
    groups = [np.full(1000, 9.0), *(np.array([float(score)]) for score in range(1, 9))]
    assert grouped_quantile(groups, 0.8) == 8.0  # 8 of 10 shares lie at or below 8
    assert grouped_quantile(groups, 0.9) == 9.0


def test_a_new_group_is_covered_at_about_the_level_over_2000_draws_of_20_groups():
    """Groups differ by more than their members do; ordinary quantiles would be much too short."""
    chance = np.random.default_rng(0)
    covered = []
    for _ in range(2000):
        centres = chance.normal(size=21)
        groups = [np.abs(centre + 0.3 * chance.normal(size=chance.integers(1, 9))) for centre in centres]
        covered.append(chance.choice(groups[-1]) <= grouped_quantile(groups[:-1], 0.9))
    assert 0.88 <= np.mean(covered) <= 0.95


@pytest.mark.parametrize("level", [0.0, 1.0, -0.1, 90.0, float("nan")])
def test_a_level_is_a_probability(level):
    with pytest.raises(BadValue, match=r"is not between 0 and 1; ask for 0\.9"):
        grouped_quantile([np.ones(3)], level)


def as_table(groups: list[list[float]]) -> np.ndarray:
    """One row per group, NaN where it has fewer members than the largest."""
    width = max((len(group) for group in groups), default=1)
    return np.array([group + [np.nan] * (width - len(group)) for group in groups]).reshape(len(groups), width)


@given(groups=GROUPS, percent=LEVELS)
def test_members_equally_like_the_question_have_equal_shares(groups, percent):
    table = as_table(groups)
    found = weighted_conformal_quantiles(table, np.full((2, table.shape[1]), 0.3), percent / 100)
    assert found.tolist() == [grouped_quantile([np.array(group) for group in groups], percent / 100)] * 2


def test_members_unlike_the_question_have_no_say():
    easy_then_hard = np.array([[1.0, 10.0]] * 19)
    likeness = np.array([[1.0, 1e-9], [1e-9, 1.0]])
    assert weighted_conformal_quantiles(easy_then_hard, likeness, 0.9).tolist() == [1.0, 10.0]


def test_a_mix_that_is_hard_to_forecast_is_covered_as_often_as_an_easy_one():
    """60 languages, one mix with errors ten times those of the other: 85 to 95 % of new errors under each."""
    chance = np.random.default_rng(0)
    scale, likeness = np.array([1.0, 10.0]), np.array([[1.0, 0.01], [0.01, 1.0]])
    covered = [
        np.abs(chance.normal(0, scale))
        <= weighted_conformal_quantiles(np.abs(chance.normal(0, scale, (60, 2))), likeness, 0.9)
        for _ in range(400)
    ]
    assert ((np.mean(covered, axis=0) > 0.85) & (np.mean(covered, axis=0) < 0.95)).all()
