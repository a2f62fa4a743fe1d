"""A few sources for many targets: facility location, greedy with its bound and exact by integer programming.

maximise  sum_t weight_t max_{s in chosen} score(s, t),   |chosen| = k
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.planning.ranking.table import Array

MOST_EXACT = 20_000
"""Pairs of source and target up to which the exact choice is made where nothing else is asked for."""
GUARANTEE = 1 - 1 / np.e
SECONDS = 20.0


@dataclass(frozen=True)
class Facilities:
    """Sources that were chosen for all targets together.

    Attributes
    ----------
    chosen : tuple of int
        Positions of the sources, in the order chosen.
    served_by : array of int, shape (targets,)
        Position of the source that serves each target.
    value : float
        Weighted mean score.
    bound : float
        No choice of so many sources has more.
    """

    chosen: tuple[int, ...]
    served_by: Array
    value: float
    bound: float

    @property
    def optimal(self) -> bool:
        """Whether nothing better is possible."""
        return self.bound - self.value <= 1e-9 * max(1.0, abs(self.value))


def choose_facilities(
    scores: Array, count: int, *, weights: Sequence[float] | None = None, exact: bool | None = None
) -> Facilities:
    """Choose the sources that serve all targets best.

    Parameters
    ----------
    scores : array of shape (sources, targets)
        Larger is better; NaN where a source cannot serve a target.
    count : int
    weights : sequence of float, optional
        Of the targets, such as their speakers; by default all count the same.
    exact : bool, optional
        Whether to solve it exactly; by default up to 20,000 pairs.

    Returns
    -------
    Facilities

    Raises
    ------
    BadValue
        If there are not so many sources, or weights are negative.
    NotEnoughEvidence
        If some target cannot be served at all.

    Notes
    -----
    Measured from each target's worst score, the objective is monotone and submodular: greedy choice has at least
    1 - 1/e of the best one's gain (Nemhauser, Wolsey and Fisher 1978). The bound is that of Minoux: what is there
    plus the `count` largest single gains, at each step; whichever is tightest.
    """
    if not 1 <= count <= len(scores):
        said = f"{count} of {len(scores)} sources cannot be chosen"
        raise BadValue(said, where="count", hint=f"give 1 to {len(scores)}")
    share = _shares(weights, scores.shape[1])
    if np.isnan(scores).all(0).any():
        raise NotEnoughEvidence("a target has no score under any source", where="facility location")
    worst = np.nanmin(scores, axis=0)
    gains = np.where(np.isnan(scores), 0.0, scores - worst)
    chosen, bound = _greedy(gains, count, share)
    if exact if exact is not None else scores.size <= MOST_EXACT:
        found = _exact(gains, count, share)
        if found is not None:
            chosen, bound = found
    able = np.where(np.isnan(scores), -1.0, gains)
    served_by = np.array(chosen)[able[chosen].argmax(0)]
    value = float(share @ gains[chosen].max(0))
    base = float(share @ worst)
    return Facilities(tuple(chosen), served_by, base + value, base + max(bound, value))


def _greedy(gains: Array, count: int, share: Array) -> tuple[list[int], float]:
    served = np.zeros(gains.shape[1])
    chosen: list[int] = []
    bound = np.inf
    for _ in range(count):
        added = np.maximum(gains - served, 0) @ share
        bound = min(bound, float(share @ served) + float(np.sort(added)[::-1][:count].sum()))
        added[chosen] = -np.inf
        chosen.append(int(added.argmax()))
        served = np.maximum(served, gains[chosen[-1]])
    added = np.maximum(gains - served, 0) @ share
    reached = float(share @ served)
    bound = min(bound, reached + float(np.sort(added)[::-1][:count].sum()), reached / GUARANTEE)
    return chosen, bound


def _exact(gains: Array, count: int, share: Array) -> tuple[list[int], float] | None:
    """By HiGHS: open(s), serves(s, t) <= open(s), each target served once; None where time ran out too early."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array

    sources, targets = gains.shape
    pairs = sources * targets
    source, target = np.divmod(np.arange(pairs), targets)
    cost = np.concatenate([np.zeros(sources), -(gains * share).ravel()])
    serves = sources + np.arange(pairs)
    opened = coo_array(
        (np.concatenate([np.ones(pairs), -np.ones(pairs)]),
         (np.concatenate([np.arange(pairs)] * 2), np.concatenate([serves, source]))), shape=(pairs, sources + pairs)
    )  # fmt: skip
    once = coo_array((np.ones(pairs), (target, serves)), shape=(targets, sources + pairs))
    number = coo_array((np.ones(sources), (np.zeros(sources, int), np.arange(sources))), shape=(1, sources + pairs))
    found = milp(
        cost,
        constraints=[
            LinearConstraint(opened.tocsr(), -np.inf, 0), LinearConstraint(once.tocsr(), 0, 1),
            LinearConstraint(number.tocsr(), count, count),
        ],
        integrality=np.concatenate([np.ones(sources), np.zeros(pairs)]),
        bounds=Bounds(0, 1),
        options={"time_limit": SECONDS},
    )  # fmt: skip
    if found.x is None:
        return None
    chosen = [int(row) for row in np.flatnonzero(found.x[:sources] > 0.5)]
    return chosen, float(-found.mip_dual_bound if found.mip_dual_bound is not None else -found.fun)


def _shares(weights: Sequence[float] | None, targets: int) -> Array:
    share = np.ones(targets) if weights is None else np.asarray(weights, dtype=float)
    if len(share) != targets or not (share >= 0).all() or share.sum() == 0:
        raise BadValue("weights are not one for each target, 0 or more", where="weights", hint="give one for each")
    return np.asarray(share / share.sum())
