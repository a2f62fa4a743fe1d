"""Conformal quantiles when observations come in groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isogloss.stats.intervals import Array, check_level


def finite_groups(scores: Array) -> list[Array]:
    """The finite values of each row; rows without any are no group."""
    finite = [row[np.isfinite(row)] for row in scores]
    return [row for row in finite if len(row)]


def grouped_quantile(groups: Sequence[Array], level: float) -> float:
    """Quantile of held-out scores such that a new group's score lies below it with probability `level`.

    Every group has the same weight 1 / (K + 1), shared by its members; the group that is asked about
    takes the last share, at infinity. So fewer than `1 / (1 - level) - 1` groups give no bound at all.

    Parameters
    ----------
    groups : sequence of arrays
        Nonconformity scores of each group, none empty.
    level : float
        Coverage asked for, strictly between 0 and 1.

    Returns
    -------
    float
        Infinite where the groups are too few.

    Raises
    ------
    BadValue
        If `level` is not a probability.

    Notes
    -----
    Hierarchical conformal prediction of Lee, Barber and Willett (arXiv 2306.06342), here with
    cross-validated residuals: near `level` in practice, at least `2 level - 1` in theory.
    """
    check_level(level)
    count = len(groups)
    if count == 0 or count + 1 < 1 / (1 - level) - 1e-9:
        return float("inf")
    scores = np.concatenate(list(groups))
    weights = np.concatenate([np.full(len(group), 1 / (len(group) * (count + 1))) for group in groups])
    order = np.argsort(scores, kind="stable")
    reached = np.cumsum(weights[order])
    position = int(np.searchsorted(reached, level - 1e-12))
    return float(scores[order][position]) if position < len(scores) else float("inf")


def weighted_conformal_quantiles(scores: Array, weights: Array, level: float) -> Array:
    """The grouped quantile of several questions, each with its own weights for the members of the groups.

    Parameters
    ----------
    scores : array of shape (groups, members)
        Nonconformity scores; NaN where a group lacks a member.
    weights : array of shape (questions, members)
        Positive: the share that each member has of its group's weight.
    level : float

    Returns
    -------
    array of shape (questions,)
        As `grouped_quantile`, which this is for equal weights.

    Notes
    -----
    Weights by likeness to the question are those of Barber, Candès, Ramdas and Tibshirani (2023), Conformal prediction
    beyond exchangeability.
    """
    check_level(level)
    group, member = np.nonzero(np.isfinite(scores))
    values = scores[group, member]
    order = np.argsort(values, kind="stable")
    values, group, member = values[order], group[order], member[order]
    count = len(np.unique(group))
    quantiles = np.full(len(weights), np.inf)
    if count == 0 or count + 1 < 1 / (1 - level) - 1e-9:
        return quantiles
    for question, of_members in enumerate(weights):
        shares = of_members[member]
        shares = shares / np.bincount(group, shares)[group] / (count + 1)
        position = int(np.searchsorted(np.cumsum(shares), level - 1e-12))
        if position < len(values):
            quantiles[question] = values[position]
    return quantiles
