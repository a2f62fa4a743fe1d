"""Regression of what holds between things on how far apart they are, with a test that permutes the things."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.stats.hypotheses import permutation_p_value

FEWEST_THINGS = 5
"""Fewer have at most 24 orders, so that no p-value is below .04."""


@dataclass(frozen=True)
class PairRegression:
    """A response of pairs against their distance.

    Attributes
    ----------
    slope : float
        Change of the response per unit of distance, by least squares.
    correlation : float
        Pearson's.
    p_value : float
        Two-sided, from permuted things.
    things, pairs : int
    """

    slope: float
    correlation: float
    p_value: float
    things: int
    pairs: int


def regress_pairs(
    response: ArrayLike, distance: ArrayLike, *, permutations: int = 9999, seed: int = 0
) -> PairRegression:
    """Regress a matrix of pairs on their distances.

    Parameters
    ----------
    response, distance : array-like of shape (things, things)
        The response may differ between (a, b) and (b, a). Diagonals do not count.
    permutations, seed : int

    Returns
    -------
    PairRegression

    Raises
    ------
    BadValue
        If shapes differ, or a number off the diagonal is not finite.
    NotEnoughEvidence
        For fewer than five things, or responses or distances that are all alike.

    Notes
    -----
    Mantel's (1967) test: pairs that share a thing are not independent, so the things are permuted, rows and columns of
    the response together.
    """
    values, far = np.asarray(response, dtype=float), np.asarray(distance, dtype=float)
    if values.ndim != 2 or values.shape[0] != values.shape[1] or values.shape != far.shape:
        raise BadValue(f"matrices of shape {values.shape} and {far.shape}", hint="give two square ones of one size")
    things = len(values)
    if things < FEWEST_THINGS:
        raise NotEnoughEvidence(f"too few to permute: {things}", hint=f"give {FEWEST_THINGS} or more")
    off = ~np.eye(things, dtype=bool)
    if not (np.isfinite(values[off]).all() and np.isfinite(far[off]).all()):
        raise BadValue("a pair has no number", hint="leave out what has gaps")
    x, y = far[off] - far[off].mean(), values[off] - values[off].mean()
    if x @ x < 1e-24 or y @ y < 1e-24:
        raise NotEnoughEvidence("all pairs are alike", hint="give pairs that differ")
    chance = np.random.default_rng(seed)
    orders = [chance.permutation(things) for _ in range(permutations)]
    permuted = np.array([_correlation(x, values[np.ix_(order, order)][off]) for order in orders])
    observed = _correlation(x, y)
    return PairRegression(
        float(x @ y / (x @ x)), observed, permutation_p_value(abs(observed), np.abs(permuted)), things, int(off.sum())
    )


def _correlation(centred: NDArray[np.float64], values: NDArray[np.float64]) -> float:
    rest = values - values.mean()
    return float(centred @ rest / np.sqrt((centred @ centred) * (rest @ rest)))
