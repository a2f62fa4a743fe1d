"""Would a factor do as well if languages were called by each other's names? Permutation tests for pairs.

Pairs that share a language are not independent, so their labels are what is permuted, not the pairs: the
quadratic assignment procedure, here with double semi-partialling (Dekker, Krackhardt and Snijders 2007): what the
other factors do not tell of a factor is permuted, and its t-value compared with those of its permutations.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from isogloss.explain.crossed import Groups
from isogloss.forecast.grid import Array

CHUNK = 1_000_000
"""Numbers permuted at once."""


def relabellings(
    rows: Sequence[str], targets: Sequence[str], mixed: bool, count: int, seed: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Random permutations of rows and targets that belong together.

    Parameters
    ----------
    rows, targets : sequences of str
    mixed : bool
        Rows are mixtures: they and the targets are permuted apart.
    count, seed : int

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
    return (
        _permuted(list(rows), both, shuffled, chance),
        _permuted(list(targets), both, shuffled, chance),
    )


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


def relabelled_p_values(
    values: Array,
    scores: Array,
    groups: Groups,
    permutations: tuple[NDArray[np.intp], NDArray[np.intp]],
    tested: Sequence[int] | None = None,
) -> Array:
    """p-value of each factor: how often permuted labels do as well.

    Parameters
    ----------
    values : array of shape (factors, rows, targets)
        Standardised, without gaps, also where nothing was measured.
    scores : array of shape (rows, targets)
        NaN where nothing was measured.
    groups : Groups
        Of the measured cells, in the order of `numpy.nonzero`.
    permutations : pair of arrays
        As `relabellings` gives them.
    tested : sequence of int, optional
        Which factors; by default all.

    Returns
    -------
    array of shape (tested,)
        (1 + times at least as extreme) / (1 + permutations), two-sided.
    """
    rows, columns = np.nonzero(~np.isnan(scores))
    cells = rows, columns
    response = scores[cells]
    design = np.stack([np.ones(scores.shape), *values])
    chosen = range(len(values)) if tested is None else tested
    return np.array([_p_value(design, place + 1, response, cells, groups, permutations) for place in chosen])


def _p_value(
    design: Array,
    place: int,
    response: Array,
    cells: tuple[NDArray[np.intp], NDArray[np.intp]],
    groups: Groups,
    permutations: tuple[NDArray[np.intp], NDArray[np.intp]],
) -> float:
    others = np.delete(design, place, axis=0)
    known = others[:, cells[0], cells[1]].T  # (pairs, others)
    weighed = groups.weigh(known)
    inverse = np.linalg.inv(known.T @ weighed)
    own = design[place]
    rest = own - np.tensordot(inverse @ (weighed.T @ own[cells]), others, 1)
    left = response - known @ (inverse @ (weighed.T @ response))  # what the others do not tell of the response
    onto = inverse @ weighed.T
    count = len(permutations[0])
    size = max(1, CHUNK // len(response))
    measured = [_squared_t(rest[cells][:, None], left, known, onto, groups)]
    for start in range(0, count, size):
        rows, columns = (orders[start : start + size].T for orders in permutations)
        permuted = rest[rows[cells[0]], columns[cells[1]]]  # (pairs, permutations)
        measured.append(_squared_t(permuted, left, known, onto, groups))
    squares = np.concatenate(measured)
    return float((1 + (squares[1:] >= squares[0] * (1 - 1e-9)).sum()) / (1 + count))


def _squared_t(values: Array, left: Array, known: Array, onto: Array, groups: Groups) -> Array:
    """Squared t-values of each column of `values` (pairs, permutations) beside the other factors.

    Errors are clustered by source and by target, for the t-value must be free of what differs between a factor
    and its permutations for it to test the mean effect and nothing else (DiCiccio and Romano 2017).
    """
    values = values - known @ (onto @ values)
    weighed = groups.weigh(values)
    squares = np.einsum("ij,ij->j", weighed, values)
    moments = left @ weighed
    told = squares > 1e-9 * len(values)  # a relabelling may leave nothing of a factor
    slopes = np.where(told, moments / np.where(told, squares, 1.0), 0.0)
    scores = weighed * (left[:, None] - values * slopes)
    sums = groups.sums(scores) ** 2
    ways = np.split(sums, [groups.counts[0]])
    by = [way.sum(0) * len(way) / (len(way) - 1) for way in ways if len(way) > 1]
    both = sum(by) - (np.einsum("ij,ij->j", scores, scores) if len(by) > 1 else 0.0)
    variance = np.maximum(both, np.max(by, axis=0))
    return np.where(told, moments**2 / np.maximum(variance, 1e-300), 0.0)


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Smallest false discovery rate at which each of some hypotheses is rejected (Benjamini and Hochberg 1995)."""
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(-p, kind="stable")
    ranks = np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.minimum.accumulate(p[order] * len(p) / ranks), 1.0)
    return [float(value) for value in adjusted]
