"""The bootstrap: means and ratios of samples drawn with replacement (Efron and Tibshirani 1993)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isogloss.errors import NotEnoughEvidence
from isogloss.stats.intervals import Array, check_level, percentile_interval

DRAWS = 10_000
_CHUNK = 2_000_000  # numbers drawn at once


def bootstrap_means(values: NDArray[Any], *, draws: int = DRAWS, seed: int = 0) -> NDArray[Any]:
    """Means of samples of as many rows, drawn with replacement.

    Parameters
    ----------
    values : array of shape (rows, ...)
    draws, seed : int

    Returns
    -------
    array of shape (draws, ...)
    """
    drawn = np.random.default_rng(seed).integers(0, len(values), (draws, len(values)))
    return np.asarray(values[drawn].mean(1))


def bootstrap_interval(
    values: NDArray[Any], *, level: float = 0.95, draws: int = DRAWS, seed: int = 0
) -> tuple[float, float]:
    """Percentile interval of the mean of `values`, of shape (rows,)."""
    low, high = percentile_interval(bootstrap_means(values, draws=draws, seed=seed), level)
    return float(low), float(high)


def bootstrap_ratios(
    sums: Array, sizes: NDArray[Any], times: NDArray[np.intp] | None = None, *, draws: int = DRAWS, seed: int = 0
) -> Array:
    """Ratios of two sums over clusters, where clusters are drawn with replacement (chapter 8).

    Parameters
    ----------
    sums, sizes : arrays of shape (clusters,)
        What each cluster adds to the numerator and the denominator: the sum of its values, and how many they are.
    times : array of int of shape (clusters,), optional
        How many clusters there are of each kind; by default one.
    draws, seed : int

    Returns
    -------
    array of shape (draws,)

    Notes
    -----
    How often each kind of cluster is drawn is multinomial, which is much less to draw than clusters one by one.
    """
    chance = np.random.default_rng(seed)
    times = np.ones(len(sums), dtype=np.intp) if times is None else times
    count = int(times.sum())
    share = max(1, _CHUNK // len(sums))
    ratios = []
    for done in range(0, draws, share):
        drawn = chance.multinomial(count, times / count, size=min(share, draws - done))
        ratios.append((drawn @ sums) / (drawn @ sizes))
    return np.concatenate(ratios)


def paired_bootstrap(
    first: ArrayLike, second: ArrayLike, *, level: float = 0.95, draws: int = DRAWS, seed: int = 0
) -> tuple[float, float]:
    """Interval of the mean difference when the items are drawn anew, pairs kept together.

    Parameters
    ----------
    first, second : array-like
        Scores of the same items, (items,) each.
    level : float
    draws, seed : int

    Returns
    -------
    lower, upper : float
        Percentile interval. Too narrow for a few dozen items.

    Raises
    ------
    NotEnoughEvidence
        If there are fewer than two items.
    BadValue
        If the level is not a probability.
    """
    check_level(level)
    differences = np.asarray(first, float) - np.asarray(second, float)  # (items,)
    if len(differences) < 2:
        raise NotEnoughEvidence("a single item tells nothing about others")
    values, times = np.unique(differences, return_counts=True)
    ratios = bootstrap_ratios(values, np.ones(len(values)), times, draws=draws, seed=seed)
    lower, upper = percentile_interval(ratios, level)
    return float(lower), float(upper)


def bootstrap_p_value(sample: Array) -> float:
    """Two-sided p-value of a difference: twice the smaller share of a bootstrap sample on either side of 0.

    One draw is added to each side, so that no finite number of draws claims certainty.
    """
    beyond = min(int((sample <= 0).sum()), int((sample >= 0).sum()))
    return min(1.0, 2 * (beyond + 1) / (len(sample) + 1))
