"""Which sources matter to which target."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isogloss.forecasting.source_relevance import EVEN_ROWS, PENALTY, source_relevance

SOURCES = ("deu", "eng", "nld", "swe", "tur")


def one_regression(response: np.ndarray, doses: np.ndarray, own: np.ndarray, itself: list[int]) -> np.ndarray:
    """The same by one ridge regression of each target, with the doses twice: where it has own examples, and not."""
    rest = response.copy()
    for level in np.unique(own):
        rest[own == level] -= rest[own == level].mean()
    without = (own == own.min())[:, None]
    design = np.hstack([doses * without, doses * ~without])
    width = doses.shape[1]
    design[:, [*itself, *(width + place for place in itself)]] = 0
    slopes = np.linalg.solve(design.T @ design + PENALTY * len(rest) * np.eye(2 * width), design.T @ rest)
    squares = slopes[:width] ** 2 + slopes[width:] ** 2
    return squares / max(squares.sum(), 1e-12)


@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(2, 40), levels=st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_two_regressions_are_one_with_the_doses_twice(seed, rows, levels):
    chance = np.random.default_rng(seed)
    doses, own = chance.choice([0.0, 2.0, 4.0], (rows, 5)), chance.integers(0, levels, (rows, 2)).astype(float)
    responses, targets = chance.normal(size=(rows, 2)), ("deu", "ita")
    standardised = (doses - doses.mean(0)) / (doses.std(0) + 1e-9)
    direct = [one_regression(responses[:, at], standardised, own[:, at], [[0], []][at]) for at in range(2)]
    trust = rows / (rows + EVEN_ROWS)
    relevance = source_relevance(responses, doses, own, SOURCES, targets)
    assert relevance == pytest.approx(trust * np.array(direct) + (1 - trust) / 5, abs=1e-9)


def test_without_sources_nothing_is_relevant():
    none = source_relevance(np.ones((3, 2)), np.zeros((3, 0)), np.zeros((3, 2)), (), ("deu", "ita"))
    assert none.shape == (2, 0)
