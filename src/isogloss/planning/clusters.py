"""Clusters of languages by the distances that tell transfer, and one source for each cluster.

After the language selection of zero-shot information extraction with several sources: distances that go with poor
transfer are combined, and languages are clustered by the combination.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from isogloss.errors import BadValue
from isogloss.forecasting.features import TYPICAL_DISTANCE
from isogloss.languages import distances
from isogloss.planning.ranking.table import Array, SourceTable

KINDS = ("genetic", "syntactic", "featural", "phonological", "inventory", "geographic", "script")
PENALTIES = (1.0, 10.0, 100.0)
SWAPS = 100


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
        layers = np.stack([_apart(kind, table.sources, table.targets) for kind in KINDS])
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
        parts = [weight * _apart(kind, rows, columns) for kind, weight in self.weights.items() if weight > 0]
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
    best, found = float(distance[medoids].min(0) @ share) - 1e-12, None
    for place in range(len(medoids)):
        rest = medoids[:place] + medoids[place + 1 :]
        nearest = distance[rest].min(0) if rest else np.full(distance.shape[1], np.inf)
        costs = np.minimum(distance, nearest) @ share
        costs[rest] = np.inf
        if costs.min() < best:
            best, found = float(costs.min()), [*rest, int(costs.argmin())]
    return found


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


def _apart(kind: str, rows: Sequence[str], columns: Sequence[str]) -> Array:
    values = distances(list(rows), kind, others=list(columns)).values
    return np.where(np.isnan(values), TYPICAL_DISTANCE.get(kind, 0.5), values)
