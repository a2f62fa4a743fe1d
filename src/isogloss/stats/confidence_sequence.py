"""Confidence sequences: intervals that hold at every number of answers at once, so that one may stop at any time."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isogloss.stats.intervals import check_level


def share_sequence(
    right: ArrayLike, population: int, *, level: float = 0.9, mean: float = 0.5, strength: float = 2.0
) -> NDArray[np.float64]:
    """Intervals for the share of right answers in a finite set of items, after each answer.

    Parameters
    ----------
    right : array of bool, shape (answers,)
        Outcomes of items drawn at random without replacement, in the order in which they were drawn.
    population : int
        How many items there are in all.
    level : float
    mean, strength : float
        Of the beta prior of the share, chosen before the first answer. The intervals hold whatever it is.

    Returns
    -------
    numpy.ndarray, shape (answers, 2)
        Lower and upper bounds. All of them hold together with probability `level`.

    Notes
    -----
    The prior-posterior-ratio martingale of Waudby-Smith and Ramdas 2020, Confidence sequences for sampling without
    replacement, theorem 2.1: numbers of right items n with prior(n) / posterior(n) < 1 / (1 - level), the prior being
    beta-binomial. Bounds are intersected over time.
    """
    from scipy.special import betaln, gammaln

    check_level(level)
    outcomes = np.asarray(right, dtype=np.float64)
    seen, found = np.arange(1, len(outcomes) + 1), np.cumsum(outcomes)
    first, second = mean * strength, (1 - mean) * strength
    counts = np.arange(population + 1)

    def choose(whole: NDArray[np.float64], part: NDArray[np.float64]) -> NDArray[np.float64]:
        possible = (part >= 0) & (part <= whole)
        safe = np.where(possible, part, 0)
        value = gammaln(whole + 1) - gammaln(safe + 1) - gammaln(np.maximum(whole - safe, 0) + 1)
        return np.where(possible, value, -np.inf)

    # prior(n) / posterior(n) = marginal likelihood / likelihood of the answers, both per order in which they may come.
    rest = (population - seen)[:, None].astype(float)  # (answers, 1)
    likelihood = choose(np.broadcast_to(rest, (len(seen), population + 1)), counts[None, :] - found[:, None])
    likelihood = likelihood - choose(np.full(population + 1, float(population)), counts.astype(float))
    marginal = betaln(first + found, second + seen - found) - betaln(first, second)
    kept = likelihood - marginal[:, None] > np.log(1 - level)
    lower = counts[kept.argmax(axis=1)] / population
    upper = counts[population - kept[:, ::-1].argmax(axis=1)] / population
    return np.column_stack([np.maximum.accumulate(lower), np.minimum.accumulate(upper)])
