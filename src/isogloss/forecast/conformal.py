"""Conformal quantiles when observations come in groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isogloss.errors import BadValue
from isogloss.forecast.grid import Array


def grouped_quantile(groups: Sequence[Array], level: float, shares: Sequence[Array] | None = None) -> float:
    """Quantile of held-out scores such that a new group's score lies below it with probability `level`.

    Every group has the same weight 1 / (K + 1), shared by its members; the group that is asked about
    takes the last share, at infinity. So fewer than `1 / (1 - level) - 1` groups give no bound at all.

    Parameters
    ----------
    groups : sequence of arrays
        Nonconformity scores of each group, none empty.
    level : float
        Coverage asked for, strictly between 0 and 1.
    shares : sequence of arrays, optional
        How each group's weight is shared by its members, in any unit; evenly by default. Members that
        are more like what is asked about should have the larger share.

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
    if not 0 < level < 1:
        raise BadValue(f"level {level} is not between 0 and 1", mend="ask for 0.9, say")
    count = len(groups)
    if count == 0 or count + 1 < 1 / (1 - level) - 1e-9:
        return float("inf")
    scores = np.concatenate(list(groups))
    parts = [np.ones(len(group)) for group in groups] if shares is None else shares
    weights = np.concatenate([part / part.sum() / (count + 1) for part in parts])
    order = np.argsort(scores, kind="stable")
    reached = np.cumsum(weights[order])
    position = int(np.searchsorted(reached, level - 1e-12))
    return float(scores[order][position]) if position < len(scores) else float("inf")
