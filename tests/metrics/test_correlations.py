"""Correlations of answers that are numbers, against scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import pearsonr, spearmanr

from isogloss.metrics import Gold, find_metric

FEW = arrays(float, 7, elements=st.integers(-3, 3).map(float))


def measured(name: str, right: np.ndarray, given_: np.ndarray):
    return find_metric(name).measure(
        Gold(right, np.arange(len(right) + 1), np.zeros(len(right), np.int64), []), given_
    )  # fmt: skip


@given(FEW, FEW)
def test_correlations_are_those_of_scipy(right: np.ndarray, answers: np.ndarray) -> None:
    assume(len(set(right)) > 1 and len(set(answers)) > 1)
    assert measured("pearson", right, answers).scores[0] == pytest.approx(pearsonr(right, answers)[0], abs=1e-9)
    assert measured("spearman", right, answers).scores[0] == pytest.approx(spearmanr(right, answers)[0], abs=1e-9)


def test_answers_that_are_all_alike_order_nothing() -> None:
    for name in ("pearson", "spearman"):
        assert measured(name, np.array([1.0, 2.0, 3.0]), np.full(3, 0.1)).scores.tolist() == [0]


def test_each_row_is_left_out_as_if_it_had_never_been_there() -> None:
    """The jackknife of ranks, in blocks, gives the standard error that leaving rows out one by one gives."""
    chance = np.random.default_rng(0)
    right = chance.integers(0, 6, 1200).astype(float)
    answers = right + chance.normal(size=1200) * 3
    kept = ~np.eye(1200, dtype=bool)
    some = range(0, 1200, 100)
    found = measured("spearman", right, answers)
    without = np.array([spearmanr(right[kept[row]], answers[kept[row]])[0] for row in some])
    pseudo = np.array(find_metric("spearman").computation._without_each(right, answers))
    assert pseudo[list(some)] == pytest.approx(without, abs=1e-9)
    assert found.standard_errors[0] == pytest.approx(np.sqrt(1199 / 1200 * ((pseudo - pseudo.mean()) ** 2).sum()))
