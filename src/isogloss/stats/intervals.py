"""Confidence levels and intervals: of shares, and by the bootstrap (Efron and Tibshirani 1993)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isogloss.errors import BadValue, NotEnoughEvidence

Array = NDArray[np.float64]

NORMAL_QUANTILE = 1.959964
"""Of the standard normal distribution at 0.975."""
FEWEST_GROUPS = 5
"""Groups below which their variance, or a bootstrap over them, says nothing."""


def check_level(level: float) -> None:
    """Refuse a level that is not strictly between 0 and 1.

    Raises
    ------
    BadValue
    """
    if not 0 < level < 1:
        raise BadValue(f"level {level} is not between 0 and 1", hint="ask for 0.9, say")


def percentile_interval(sample: NDArray[Any], level: float = 0.95) -> Any:
    """Both ends of the central `level` of a bootstrap sample.

    Parameters
    ----------
    sample : array of shape (draws, ...)
    level : float, default 0.95

    Returns
    -------
    array of shape (2, ...)
        The (1 - level) / 2 and (1 + level) / 2 quantiles (Efron and Tibshirani 1993, chapter 13).

    Raises
    ------
    BadValue
        If `level` is not a probability.
    """
    check_level(level)
    return np.quantile(sample, [(1 - level) / 2, (1 + level) / 2], axis=0)


def wilson_interval(share: float, count: float) -> tuple[float, float]:
    """Wilson's (1927) 95 % interval of a share of `count`; from 0 to 1 where nothing was counted."""
    if count == 0:
        return 0.0, 1.0
    z2 = NORMAL_QUANTILE**2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = NORMAL_QUANTILE / (1 + z2 / count) * np.sqrt(share * (1 - share) / count + z2 / (4 * count**2))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def win_interval(wins: int, losses: int, count: int, level: float = 0.95) -> tuple[float, float]:
    """Tango's score interval of how often one of two wins, a tie being half a win.

    Parameters
    ----------
    wins, losses, count : int
        Of `count` items; the rest are ties.
    level : float, default 0.95

    Returns
    -------
    lower, upper : float
        Of (wins + ties / 2) / count; from 0 to 1 where nothing was counted.

    Raises
    ------
    BadValue
        If `level` is not a probability.

    Notes
    -----
    Tango (1998) inverts the score test of the difference of two paired shares, here d = (wins - losses) / count; the
    share of wins is (1 + d) / 2. It exists where all are won, and is narrower the more ties there are.
    """
    from scipy.special import ndtri

    check_level(level)
    if count == 0:
        return 0.0, 1.0
    wanted = float(ndtri((1 + level) / 2))

    def score(difference: float) -> float:
        b = -wins - losses + (2 * count - wins + losses) * difference
        c = -losses * difference * (1 - difference)
        share = (np.sqrt(max(b * b - 8 * count * c, 0.0)) - b) / (4 * count)  # losses if the difference were this
        variance = count * (2 * share + difference * (1 - difference))
        return float((wins - losses - count * difference) / np.sqrt(max(variance, 1e-12)))

    middle = (wins - losses) / count
    ends = []
    for outer, sign in ((-1.0, 1), (1.0, -1)):
        inner, far = middle, outer
        for _ in range(50):
            half = (inner + far) / 2
            inner, far = (half, far) if sign * score(half) < wanted else (inner, half)
        ends.append((1 + far) / 2)
    return ends[0], ends[1]


def effective_count(shares: Array, count: int) -> float:
    """Number of independent trials that would tell a share as well as trials in groups do.

    Parameters
    ----------
    shares : array of shape (groups,)
        Share of successes in each group.
    count : int
        Trials in all groups together.

    Returns
    -------
    float
        About the number of groups where each succeeds or fails whole, and more, up to `count`, the more alike they
        are. With fewer than five groups their number.

    Notes
    -----
    share * (1 - share) over the variance of the mean of groups, the effective sample size of Korn and Graubard
    (1998), but with two groups added, one all successes and one all failures: a few groups that all succeed do not
    show how a failing one would. Wilson's interval of so many covers 93 to 100 % in simulations with 5 to 200
    groups, whole or alike; without the two it covers 86 % with ten groups of which few fail.
    """
    groups = len(shares)
    if groups < FEWEST_GROUPS:
        return groups
    extended = np.append(shares, (0.0, 1.0))
    share, variance = float(extended.mean()), float(extended.var(ddof=1)) / len(extended)
    return min(share * (1 - share) / variance, float(count))


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


def bootstrap_weights(rows: int, *, draws: int = DRAWS, rng: np.random.Generator | None = None) -> Array:
    """What share each row has of samples of as many rows, drawn with replacement.

    Parameters
    ----------
    rows, draws : int
    rng : numpy.random.Generator, optional
        By default one of seed 0.

    Returns
    -------
    array of shape (draws, rows)
        Rows sum to 1, so that `weights @ values` are means of samples.
    """
    rng = np.random.default_rng(0) if rng is None else rng
    return rng.multinomial(rows, np.full(rows, 1 / rows), size=draws) / rows


def crossed_bootstrap(values: Array, *, draws: int = DRAWS, seed: int = 0) -> Array:
    """Means of a table whose rows and columns are both drawn with replacement, such as seeds by items.

    Parameters
    ----------
    values : array of shape (rows, columns)
    draws, seed : int

    Returns
    -------
    array of shape (draws,)

    Notes
    -----
    The pigeonhole bootstrap (Owen 2007): a row and a column that are drawn twice bring what they share four times. It
    takes the variance of a mean of crossed effects for somewhat more than it is, never for less. With one row it is the
    bootstrap over columns; what other rows would have been, nothing tells then.
    """
    chance = np.random.default_rng(seed)
    of_rows, of_columns = (bootstrap_weights(size, draws=draws, rng=chance) for size in values.shape)
    return np.asarray(((of_columns @ values.T) * of_rows).sum(axis=1))


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
    sums, sizes : arrays of shape (clusters,) or (clusters, ratios)
        What each cluster adds to the numerator and the denominator: the sum of its values, and how many they are.
    times : array of int of shape (clusters,), optional
        How many clusters there are of each kind; by default one.
    draws, seed : int

    Returns
    -------
    array of shape (draws,) or (draws, ratios)

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
