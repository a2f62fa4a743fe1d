"""Permutation tests for factors of pairs of languages.

Pairs that share a language are not independent, so their labels are what is permuted, not the pairs: the quadratic
assignment procedure. The residuals of the scores on the other factors are permuted (Freedman and Lane 1983) and a
factor's t-value compared with those that it has for the permutations. Permuting the factor instead (Dekker, Krackhardt
and Snijders 2007) rejects too often with few languages: outliers in one factor are outliers in others, which
permuted factors no longer are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from isogloss.explanation.linear_models import RandomEffects
from isogloss.forecasting.grid import Array, fill
from isogloss.stats.hypotheses import sequential_p_value

CHUNK = 500_000
"""Numbers permuted at once."""


def label_permutations(
    rows: Sequence[str], targets: Sequence[str], mixed: bool, count: int, seed: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Random permutations of rows and targets that belong together.

    Parameters
    ----------
    mixed : bool
        Rows are mixes: they and the targets are permuted apart.

    Returns
    -------
    arrays of int of shape (count, rows) and (count, targets)
        Languages change names only with languages that have the same role (source, target, or both), so that
        every permuted pair is one whose factors are known, and none becomes a pair of a language with itself.
    """
    chance = np.random.default_rng(seed)
    if mixed:
        of_rows, of_targets = (np.argsort(chance.random((count, size)), axis=1) for size in (len(rows), len(targets)))
        return of_rows, of_targets
    both = sorted(set(rows) & set(targets))
    shuffled = np.argsort(chance.random((count, len(both))), axis=1)
    return (_permuted(list(rows), both, shuffled, chance), _permuted(list(targets), both, shuffled, chance))


def _permuted(
    names: list[str], both: list[str], shuffled: NDArray[np.intp], chance: np.random.Generator
) -> NDArray[np.intp]:
    place = {name: position for position, name in enumerate(names)}
    orders = np.tile(np.arange(len(names)), (len(shuffled), 1))
    shared = np.array([place[name] for name in both], dtype=np.intp)
    orders[:, shared] = shared[shuffled]
    alone = np.array([place[name] for name in names if name not in set(both)], dtype=np.intp)
    orders[:, alone] = alone[np.argsort(chance.random((len(shuffled), len(alone))), axis=1)]
    return orders


def permutation_p_values(
    values: Array,
    scores: Array,
    random_effects: RandomEffects,
    permutations: tuple[NDArray[np.intp], NDArray[np.intp]],
    tested: Sequence[int] | None = None,
) -> Array:
    """p-value of each factor against permuted labels.

    Parameters
    ----------
    values : array of shape (factors, rows, targets)
        Standardised.
    scores : array of shape (rows, targets)
        NaN where nothing was measured.
    random_effects : RandomEffects
        Of the measured cells, in the order of `numpy.nonzero`.
    permutations : pair of arrays
        As `label_permutations` gives them.
    tested : sequence of int, optional
        Which factors; by default all.

    Returns
    -------
    array of shape (tested,)
        (1 + times at least as extreme) / (1 + permutations), two-sided; above .05 from fewer permutations, see
        `isogloss.stats.sequential_p_value`.
    """
    there = ~np.isnan(scores)
    cells = np.nonzero(there)
    design = np.column_stack([np.ones(len(cells[0])), values[:, cells[0], cells[1]].T])
    fit = _Weighted(design, random_effects)
    chosen = range(len(values)) if tested is None else tested
    # What was not measured comes from the effects of its row and column, but only a grid with gaps asks for it.
    complete = fill if _reach(~there, permutations) else np.nan_to_num
    p_values = []
    for place in chosen:
        others = _Weighted(np.delete(design, place + 1, axis=1), random_effects)
        rest = np.full(scores.shape, np.nan)
        rest[cells] = scores[cells] - others.fitted(scores[cells])
        factor = design[:, place + 1] - others.fitted(design[:, place + 1])
        p_values.append(_p_value(complete(rest), factor, fit, there, permutations))
    return np.array(p_values)


def _reach(unknown: NDArray[np.bool_], permutations: tuple[NDArray[np.intp], NDArray[np.intp]]) -> bool:
    """Whether a permutation moves a cell without a score to one with a score."""
    rows, columns = np.nonzero(unknown)
    return any(
        bool((~unknown[of_rows[rows], of_columns[columns]]).any())
        for of_rows, of_columns in zip(*permutations, strict=True)
    )


class _Weighted:
    """Least squares with the weights of crossed effects."""

    def __init__(self, design: Array, random_effects: RandomEffects):
        self.design, self.random_effects = design, random_effects
        weighed = random_effects.weigh(design)
        self.solve = np.asarray(np.linalg.solve(design.T @ weighed, weighed.T), dtype=np.float64)

    def fitted(self, response: Array) -> Array:
        return np.asarray(self.design @ (self.solve @ response))


def _p_value(
    rest: Array,
    factor: Array,
    fit: _Weighted,
    there: NDArray[np.bool_],
    permutations: tuple[NDArray[np.intp], NDArray[np.intp]],
) -> float:
    weighed = fit.random_effects.weigh(factor)
    if factor @ weighed < 1e-9 * len(factor):
        return 1.0  # a combination of the others
    statistic = _SquaredT(weighed, fit, there)
    observed = float(statistic(rest[None])[0])
    size = max(1, CHUNK // rest.size)
    permuted = (
        statistic(_relabelled(rest, *(orders[start : start + size] for orders in permutations)))
        for start in range(0, len(permutations[0]), size)
    )
    return sequential_p_value(observed, permuted, len(permutations[0]))


def _relabelled(grid: Array, of_rows: NDArray[np.intp], of_columns: NDArray[np.intp]) -> Array:
    """The grid under each permutation of its labels, of shape (permutations, rows, columns)."""
    # Whole rows are moved first: four times as fast as cell by cell.
    return np.array([grid.take(rows, 0).take(columns, 1) for rows, columns in zip(of_rows, of_columns, strict=True)])


class _SquaredT:
    """Squared t-values of a factor in grids of responses (permutations, rows, columns), beside all other factors.

    Errors are clustered by source and by target, for the t-value must be free of what differs between the scores
    and their permutations if it is to test the mean effect and nothing else (DiCiccio and Romano 2017).

    Parameters
    ----------
    weighed : array of shape (pairs,)
        The factor without what the others say of it, weighed.
    fit : _Weighted
        With all factors.
    there : array of bool of shape (rows, columns)
        Cells of the pairs; what grids hold elsewhere counts for nothing.
    """

    def __init__(self, weighed: Array, fit: _Weighted, there: NDArray[np.bool_]):
        self._weighed = _spread(weighed, there)
        self._solve, self._design = _spread(fit.solve, there), _spread(fit.design.T, there)
        self._clusters = fit.random_effects.crossing.counts

    def __call__(self, grids: Array) -> Array:
        flat = grids.reshape(len(grids), -1)
        scores = flat - flat @ self._solve.T @ self._design
        scores *= self._weighed
        squares = np.einsum("ij,ij->i", scores, scores)
        scores = scores.reshape(grids.shape)
        sums = scores.sum(2), scores.sum(1)
        by = [
            (way**2).sum(1) * count / (count - 1) for way, count in zip(sums, self._clusters, strict=True) if count > 1
        ]
        both = sum(by) - (squares if len(by) > 1 else 0.0)
        variance = np.maximum(both, np.max(by, axis=0))
        return np.asarray((flat @ self._weighed) ** 2 / np.maximum(variance, 1e-300))


def _spread(values: Array, there: NDArray[np.bool_]) -> Array:
    """Values (..., pairs) in the cells of a grid (..., rows x columns), 0 in the others."""
    spread = np.zeros((*values.shape[:-1], there.size))
    spread[..., there.ravel()] = values
    return spread
