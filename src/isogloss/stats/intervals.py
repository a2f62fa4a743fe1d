"""Confidence intervals of shares, percentile intervals, and what a confidence level may be."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from isogloss.errors import BadValue

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
