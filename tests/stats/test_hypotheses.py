"""Tests of hypotheses, and what is corrected where there are several."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from isogloss.errors import BadValue
from isogloss.stats import benjamini_hochberg, holm, mcnemar, permutation_p_value, sequential_p_value


def outcomes(both: int, only_first: int, only_second: int, neither: int) -> tuple[list[int], list[int]]:
    first = [1] * (both + only_first) + [0] * (only_second + neither)
    second = [1] * both + [0] * only_first + [1] * only_second + [0] * neither
    return first, second


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


def test_holm_corrects_as_in_the_textbook():
    """Smallest of four times four, next times three, and never below the one before."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([None, 0.02]) == [None, 0.02]


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_never_lowers_a_p_value_and_keeps_their_order(p_values):
    corrected = holm(p_values)
    assert all(after >= before for before, after in zip(p_values, corrected, strict=True))
    order = np.argsort(p_values, kind="stable")
    assert all(np.diff(np.array(corrected, dtype=float)[order]) >= 0)


def test_false_discoveries_are_corrected_as_in_the_paper():
    """The fifteen p-values of Benjamini and Hochberg (1995), section 3.2: four are rejected at .05."""
    p = [
        0.0001,
        0.0004,
        0.0019,
        0.0095,
        0.0201,
        0.0278,
        0.0298,
        0.0344,
        0.0459,
        0.3240,
        0.4262,
        0.5719,
        0.6528,
        0.7590,
        1.0,
    ]
    adjusted = benjamini_hochberg(p)
    assert sum(q <= 0.05 for q in adjusted) == 4
    assert adjusted[0] == pytest.approx(0.0015)
    assert adjusted == sorted(adjusted)
    assert benjamini_hochberg([0.5, 0.01]) == [0.5, 0.02]


@pytest.fixture(scope="module")
def multitest():
    """What corrections are checked against; after each it would look through all memory for garbage."""
    module = pytest.importorskip("statsmodels.stats.multitest")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gc.collect", lambda: 0)
        yield module


@given(p_values=st.lists(st.floats(1e-9, 1), min_size=1, max_size=8))
def test_corrections_are_those_of_statsmodels(multitest, p_values):
    for ours, theirs in ((holm, "holm"), (benjamini_hochberg, "fdr_bh")):
        assert ours(p_values) == pytest.approx(multitest.multipletests(p_values, method=theirs)[1])


def test_mcnemar_is_that_of_statsmodels():
    table = pytest.importorskip("statsmodels.stats.contingency_tables")
    first, second = outcomes(20, 9, 3, 8)
    expected = table.mcnemar([[20, 9], [3, 8]], exact=True).pvalue
    assert mcnemar(first, second).p_value == pytest.approx(expected)


def test_nothing_to_correct_stays_nothing():
    assert (holm([]), benjamini_hochberg([])) == ([], [])


def test_in_a_world_without_an_effect_p_values_of_permutations_are_uniform():
    chance = np.random.default_rng(0)
    p = [permutation_p_value(*(values[0], values[1:])) for values in chance.random((2000, 100))]
    assert np.mean(np.array(p) <= 0.05) == pytest.approx(0.05, abs=0.015)
    assert min(p) == 0.01


VALUES = st.lists(st.integers(0, 9), min_size=19, max_size=120)


@given(observed=st.integers(0, 10), values=VALUES, size=st.integers(1, 40))
@example(observed=1, values=[0] * 19 + [1], size=1)
def test_a_sequential_p_value_up_to_one_in_twenty_is_that_of_all_permutations(observed, values, size):
    pieces = [values[start : start + size] for start in range(0, len(values), size)]
    whole, found = permutation_p_value(observed, values), sequential_p_value(observed, pieces, len(values))
    assert found == whole if whole <= 0.05 else found > 0.05


@given(observed=st.integers(0, 10), values=VALUES)
def test_a_sequential_p_value_does_not_depend_on_the_pieces(observed, values):
    one_by_one = sequential_p_value(observed, ([value] for value in values), len(values))
    assert sequential_p_value(observed, [values], len(values)) == one_by_one


def test_permutations_are_drawn_only_until_the_p_value_is_decided():
    """Of 99 permutations the fifth at least as extreme decides that p is above .05: here the tenth."""
    drawn = iter([[0.0], [1.0]] * 50)
    assert sequential_p_value(0.5, drawn, 99) == 5 / 10
    assert len(list(drawn)) == 90


def test_a_sequential_p_value_is_exact_at_every_level():
    """P(p <= a) <= a where the observed value is one among exchangeable ones (Besag and Clifford 1991).

    All 720 orders of six values, with and without ties: every level that a p-value can take.
    """
    for values in ([0, 1, 2, 3, 4, 5], [0, 0, 1, 1, 2, 2]):
        orders = list(permutations(values))
        found = np.array([sequential_p_value(order[0], [order[1:]], 5) for order in orders])
        assert all((found <= level).mean() <= level + 1e-12 for level in found)


@pytest.mark.parametrize("most", [19, 99])
def test_a_sequential_p_value_is_below_each_level_as_often_as_it_says(most):
    """Over 20,000 draws without an effect; four standard errors are allowed."""
    chance = np.random.default_rng(0)
    found = np.array([sequential_p_value(row[0], [row[1:]], most) for row in chance.random((20_000, most + 1))])
    for level in (0.05, 0.1, 0.25, 0.5):
        assert (found <= level).mean() <= level + 4 * np.sqrt(level * (1 - level) / len(found))
    assert (found <= 0.05).mean() == pytest.approx(0.05, abs=0.007)
