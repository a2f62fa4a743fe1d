"""Kernels of training mixes: what of two mixes is alike, for every language and for one.

Those of totals, doses and kinship of sources see mixes as all languages do; those of own examples, of relevant sources
and of single sources see them as one language does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isogloss.forecasting.features import dose, dose_shares, energy_distance, own_dose, space, total_dose
from isogloss.forecasting.gaussian_process import squared_distances
from isogloss.forecasting.grid import Array, TrainingMixes

SOURCE_LENGTH = 1.5
"""Doses over which the effect of one source, taken by itself, is alike."""
FADED = 1e-10
"""Share of the largest eigenvalue up to which others count for nothing."""
SPARSE = 0.01
"""Share of products that are not zero below which only those are computed: most mixes have few of the sources."""


@dataclass(frozen=True)
class MixView:
    """Mixes as kernels see them.

    Attributes
    ----------
    mixes : TrainingMixes
    total : array of shape (rows, 1)
    own : array of shape (rows, targets)
    doses : array of shape (rows, sources)
    curves, features : arrays of shapes (rows, sources) and (rows, features)
        What `SourceKernel` takes.
    """

    mixes: TrainingMixes
    total: Array
    own: Array
    doses: Array
    curves: Array
    features: Array

    def take(self, rows: NDArray[np.intp]) -> MixView:
        """Only some of the mixes."""
        return MixView(
            self.mixes.take(rows), self.total[rows], self.own[rows], self.doses[rows], self.curves[rows],
            self.features[rows],
        )  # fmt: skip


class SourceKernel:
    """A kernel of functions that add up over sources, each with a weight (Duvenaud et al. 2011).

    Of two doses of one source it is k(x, x') = exp(-(x - x')^2 / 2 * 1.5^2), written as
    1 + curve(x) + curve(x') + features(x) . features(x'), all of which are zero at a dose of zero. There are as many
    features as the source has doses, or as the eigenvalues fade; so the kernel of all mixes is one product of matrices
    for each target, whatever weights the target gives to sources.

    Attributes
    ----------
    sources : array of int of shape (features,)
        The source that each feature is of.
    """

    def __init__(self, doses: Array):
        self._levels = [np.unique(column[column > 0]) for column in doses.T]
        self._bases = [_basis(levels) for levels in self._levels]
        self.sources = np.repeat(np.arange(len(self._bases)), [basis.shape[1] for basis in self._bases])

    def of(self, doses: Array) -> tuple[Array, Array]:
        """Curves (rows, sources) and features (rows, features) of mixes."""
        parts = [
            np.where(column[:, None] > 0, _dose_kernel(column, levels) @ basis, 0.0)
            for column, levels, basis in zip(doses.T, self._levels, self._bases, strict=True)
        ]
        return _curve(doses), np.hstack([np.zeros((len(doses), 0)), *parts])


class WeightedProducts:
    """Inner products of rows and columns, of which each weight belongs to some of their coordinates.

    Parameters
    ----------
    rows, columns : arrays of shape (rows, n) and (columns, n)
    weight_of : array of int of shape (n,)
    """

    def __init__(self, rows: Array, columns: Array, weight_of: NDArray[np.intp]):
        self._rows, self._columns, self._weight_of = rows, columns, weight_of
        products = (rows != 0).sum(0) * (columns != 0).sum(0)
        self._sparse = products.sum() < SPARSE * len(rows) * columns.size
        if self._sparse:
            places, at, values = [], [], []
            for coordinate in np.flatnonzero(products):
                left, right = np.flatnonzero(rows[:, coordinate]), np.flatnonzero(columns[:, coordinate])
                places.append(np.add.outer(left * len(columns), right).ravel())
                values.append(np.outer(rows[left, coordinate], columns[right, coordinate]).ravel())
                at.append(np.full(len(values[-1]), coordinate))
            every = np.concatenate([np.zeros(0, dtype=np.intp), *places])
            self._places, self._place_of = np.unique(every, return_inverse=True)
            self._values = np.concatenate([np.zeros(0), *values])
            self._at = np.concatenate([np.zeros(0, dtype=np.intp), *at])

    def of(self, weights: Array) -> Array:
        """Products with these weights, of shape (rows, columns)."""
        each = weights[self._weight_of]
        if not self._sparse:
            return np.asarray((self._rows * each) @ self._columns.T)
        products = np.zeros((len(self._rows), len(self._columns)))
        weighted = self._values * each[self._at]
        products.ravel()[self._places] = np.bincount(self._place_of, weighted, len(self._places))
        return products


class MixPairs:
    """Squared distances between some mixes and others.

    Attributes
    ----------
    common : dict of str to array of shape (rows, columns)
        Those that are the same for every target.
    """

    def __init__(self, rows: MixView, columns: MixView, relevance: Array, sources: NDArray[np.intp]):
        self._rows, self._columns, self._relevance = rows, columns, relevance
        self._doses = WeightedProducts(rows.doses, columns.doses, np.arange(relevance.shape[1]))
        self._features = WeightedProducts(rows.features, columns.features, sources)
        self._squares = rows.doses**2, columns.doses**2
        every = sorted({*rows.mixes.sources, *columns.mixes.sources})
        first, second = (dose_shares(view.mixes.over(every)) for view in (rows, columns))
        self.common = {
            "total": squared_distances(rows.total, columns.total),
            "mix": self._dose_squares(np.ones(relevance.shape[1])),
            "kinship": energy_distance(first, second, space(every).between("combined", every, every)),
        }

    def of_target(self, target: int) -> dict[str, Array]:
        """Squared distances as one target sees mixes, and the kernel over its sources."""
        rows, columns, weights = self._rows, self._columns, self._relevance[target]
        by_source = self._features.of(weights)
        by_source += (rows.curves @ weights)[:, None]
        by_source += columns.curves @ weights + weights.sum()
        return {
            "own": (rows.own[:, target, None] - columns.own[:, target]) ** 2,
            "relevant": self._dose_squares(weights),
            "sources": by_source,
        }

    def _dose_squares(self, weights: Array) -> Array:
        squares = self._doses.of(-2 * weights)
        squares += (self._squares[0] @ weights)[:, None]
        squares += self._squares[1] @ weights
        return np.maximum(squares, 0, out=squares)


class MixKernels:
    """What all mixes, measured or not, are compared by.

    Parameters
    ----------
    mixes : TrainingMixes
        Measured ones.
    targets : sequence of str
    relevance : array of shape (targets, sources)

    Attributes
    ----------
    measured : MixView
    """

    def __init__(self, mixes: TrainingMixes, targets: Sequence[str], relevance: Array):
        self._mixes, self._targets, self._relevance = mixes, targets, relevance
        self._sources = SourceKernel(dose(mixes.sizes))
        self.measured = self.see(mixes)

    def see(self, mixes: TrainingMixes) -> MixView:
        """Mixes as kernels see them: of the measured sources only, for nothing is known of the doses of others."""
        sources = self._mixes.sources
        sizes = mixes.over(sources)
        doses, own = dose(sizes), own_dose(sizes, sources, self._targets)
        return MixView(mixes, total_dose(sizes)[:, None], own, doses, *self._sources.of(doses))

    def between(self, rows: MixView, columns: MixView) -> MixPairs:
        """Squared distances between mixes."""
        return MixPairs(rows, columns, self._relevance, self._sources.sources)


def _curve(doses: Array) -> Array:
    return np.asarray(np.expm1(doses**2 * (-0.5 / SOURCE_LENGTH**2)))


def _dose_kernel(rows: Array, columns: Array) -> Array:
    """The kernel of two doses less what it has where one of them is zero."""
    both = np.exp((rows[:, None] - columns) ** 2 * (-0.5 / SOURCE_LENGTH**2))
    return np.asarray(both - 1 - _curve(rows)[:, None] - _curve(columns))


def _basis(levels: Array) -> Array:
    if len(levels) == 0:
        return np.zeros((0, 0))
    values, vectors = np.linalg.eigh(_dose_kernel(levels, levels))
    kept = values > FADED * values[-1]
    return np.asarray(vectors[:, kept] / np.sqrt(values[kept]))
