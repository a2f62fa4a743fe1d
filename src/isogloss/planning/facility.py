"""A few sources for many targets: facility location, greedy with its bound and exact by integer programming.

maximise  sum_t weight_t max_{s in chosen} score(s, t),   |chosen| = k
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.forecasting.features import TYPICAL_DISTANCE
from isogloss.languages import distances
from isogloss.planning.ranking.table import Array, SourceTable

KINDS = ("genetic", "syntactic", "featural", "phonological", "inventory", "geographic", "script")
PENALTIES = (1.0, 10.0, 100.0)
SWAPS = 100
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
        problem = f"{count} of {len(scores)} sources cannot be chosen"
        raise BadValue(problem, where="count", hint=f"give 1 to {len(scores)}")
    share = _shares(weights, scores.shape[1])
    if np.isnan(scores).all(0).any():
        raise NotEnoughEvidence("a target has no score under any source", where="facility location")
    worst = np.nanmin(scores, axis=0)
    gains = np.where(np.isnan(scores), 0.0, scores - worst)
    chosen, bound = _greedy(gains, count, share)
    if exact if exact is not None else scores.size <= MOST_EXACT:
        chosen, bound = _exact(gains, count, share) or (chosen, bound)
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
    solution = milp(
        cost,
        constraints=[
            LinearConstraint(opened.tocsr(), -np.inf, 0), LinearConstraint(once.tocsr(), 0, 1),
            LinearConstraint(number.tocsr(), count, count),
        ],
        integrality=np.concatenate([np.ones(sources), np.zeros(pairs)]),
        bounds=Bounds(0, 1),
        options={"time_limit": SECONDS},
    )  # fmt: skip
    if solution.x is None:
        return None
    chosen = [int(row) for row in np.flatnonzero(solution.x[:sources] > 0.5)]
    return chosen, float(-solution.mip_dual_bound if solution.mip_dual_bound is not None else -solution.fun)


def _shares(weights: Sequence[float] | None, targets: int) -> Array:
    share = np.ones(targets) if weights is None else np.asarray(weights, dtype=float)
    if len(share) != targets or not (share >= 0).all() or share.sum() == 0:
        raise BadValue("weights are not one for each target, 0 or more", where="weights", hint="give one for each")
    return np.asarray(share / share.sum())


@dataclass(frozen=True)
class TransferDistance:
    """A combination of distances that goes with poor transfer.

    Attributes
    ----------
    weights : dict of str to float
        Of each kind, 0 or more, adding up to 1.
    """

    weights: dict[str, float]

    @classmethod
    def learn(cls, table: SourceTable) -> TransferDistance:
        """Weights by ridge regression without negative slopes, the penalty chosen by leaving targets out.

        What is explained is the score less that of the target's mean and the source's effect, with the sign turned.
        """
        others = table.of_others
        response = others - np.nanmean(others, axis=0)
        response = -(response - np.nanmean(response, axis=1)[:, None])
        layers = np.stack([_distances(kind, table.sources, table.targets) for kind in KINDS])
        layers = layers - layers.mean(1, keepdims=True)
        measured = ~np.isnan(response)
        errors = {}
        for penalty in PENALTIES:
            errors[penalty] = sum(_left_out(layers, response, measured, target, penalty)
                                  for target in range(len(table.targets)))  # fmt: skip
        best = min(errors, key=lambda penalty: errors[penalty])
        slopes = _slopes(layers[:, measured].T, response[measured], best)
        total = float(slopes.sum())
        shares = slopes / total if total > 0 else np.full(len(KINDS), 1 / len(KINDS))
        return cls(dict(zip(KINDS, shares.tolist(), strict=True)))

    def between(self, rows: Sequence[str], columns: Sequence[str]) -> Array:
        """Combined distances, of shape (rows, columns)."""
        parts = [weight * _distances(kind, rows, columns) for kind, weight in self.weights.items() if weight > 0]
        return np.asarray(np.sum(parts, axis=0))


def cluster(distance: Array, count: int, weights: Sequence[float] | None = None) -> tuple[list[int], Array]:
    """K-medoids: the languages that all are nearest to.

    Parameters
    ----------
    distance : array of shape (candidates, languages)
    count : int
    weights : sequence of float, optional
        Of the languages, such as their demand.

    Returns
    -------
    medoids : list of int
        Positions of the candidates.
    members : array of int, shape (languages,)
        The medoid that each language belongs to.

    Raises
    ------
    BadValue
        If there are not so many candidates.

    Notes
    -----
    Greedy choice, then swaps of one medoid as long as they help (Kaufman and Rousseeuw 1990, PAM).
    """
    if not 1 <= count <= len(distance):
        raise BadValue(f"{count} clusters of {len(distance)} languages", where="clusters", hint="give 1 or more")
    share = np.ones(distance.shape[1]) if weights is None else np.asarray(weights, dtype=float)
    medoids: list[int] = []
    for _ in range(count):
        nearest = distance[medoids].min(0) if medoids else np.full(distance.shape[1], np.inf)
        costs = np.minimum(distance, nearest) @ share
        costs[medoids] = np.inf
        medoids.append(int(costs.argmin()))
    for _ in range(SWAPS):
        swapped = _swap(distance, medoids, share)
        if swapped is None:
            break
        medoids = swapped
    return medoids, np.array(medoids)[distance[medoids].argmin(0)]


def _swap(distance: Array, medoids: list[int], share: Array) -> list[int] | None:
    """The swap of one medoid that helps most, None where none does."""
    best, swapped = float(distance[medoids].min(0) @ share) - 1e-12, None
    for place in range(len(medoids)):
        rest = medoids[:place] + medoids[place + 1 :]
        nearest = distance[rest].min(0) if rest else np.full(distance.shape[1], np.inf)
        costs = np.minimum(distance, nearest) @ share
        costs[rest] = np.inf
        if costs.min() < best:
            best, swapped = float(costs.min()), [*rest, int(costs.argmin())]
    return swapped


def _left_out(layers: Array, response: Array, measured: Array, target: int, penalty: float) -> float:
    known = measured.copy()
    known[:, target] = False
    slopes = _slopes(layers[:, known].T, response[known], penalty)
    column = measured[:, target]
    return float(((response[column, target] - layers[:, column, target].T @ slopes) ** 2).sum())


def _slopes(design: Array, response: Array, penalty: float) -> Array:
    """Ridge regression with slopes of 0 or more."""
    from scipy.optimize import nnls

    width = design.shape[1]
    gram = design.T @ design + penalty * np.eye(width)
    root = np.linalg.cholesky(gram)
    return np.asarray(nnls(root.T, np.linalg.solve(root, design.T @ response))[0])


def _distances(kind: str, rows: Sequence[str], columns: Sequence[str]) -> Array:
    values = distances(list(rows), kind, others=list(columns)).values
    return np.where(np.isnan(values), TYPICAL_DISTANCE.get(kind, 0.5), values)
