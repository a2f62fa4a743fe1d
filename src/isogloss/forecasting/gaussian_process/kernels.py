"""Kernels of Gaussian processes, from distances between the rows of two tables."""

from __future__ import annotations

import numpy as np

from isogloss.forecasting.grid import Array

SOURCE_LENGTH = 1.5
"""Doses over which the effect of one source, taken by itself, is alike."""
FADED = 1e-10
"""Share of the largest eigenvalue up to which others count for nothing."""


def squared_distances(rows: Array, columns: Array) -> Array:
    """Squared Euclidean distances, of shape (rows, columns)."""
    squares = (rows**2).sum(1)[:, None] + (columns**2).sum(1) - 2 * rows @ columns.T
    return np.maximum(squares, 0)


def matern(squares: Array) -> tuple[Array, Array]:
    """The Matérn kernel of order 3/2 of squared distances, and -2 times its derivative by them.

    Rasmussen and Williams 2006, equation 4.17.
    """
    root = np.sqrt(3 * squares)
    decay = np.exp(-root)
    return (1 + root) * decay, 3 * decay


class SourceFeatures:
    """Features whose products are kernels of functions that add up over sources (Duvenaud et al. 2011).

    The kernel of two doses of one source, exp(-(x - x')^2 / 2 * 1.5^2), has as many features as the source has doses,
    or as its eigenvalues fade; so the kernel of two mixes is one product of matrices for each target, whatever
    weights the target gives to sources.

    Attributes
    ----------
    sources : array of int of shape (features,)
        The source that each feature is of, whose weight it takes.
    """

    def __init__(self, doses: Array):
        self._levels = [np.unique(column) for column in doses.T]
        self._bases = [_basis(levels) for levels in self._levels]
        self.sources = np.repeat(np.arange(len(self._bases)), [basis.shape[1] for basis in self._bases])

    def of(self, doses: Array) -> Array:
        """Features of mixes, of shape (rows, features)."""
        parts = [
            _dose_kernel(column, levels) @ basis
            for column, levels, basis in zip(doses.T, self._levels, self._bases, strict=True)
        ]
        return np.hstack([np.zeros((len(doses), 0)), *parts])


def _basis(levels: Array) -> Array:
    values, vectors = np.linalg.eigh(_dose_kernel(levels, levels))
    kept = values > FADED * values[-1]
    return np.asarray(vectors[:, kept] / np.sqrt(values[kept]))


def _dose_kernel(rows: Array, columns: Array) -> Array:
    return np.asarray(np.exp((rows[:, None] - columns) ** 2 * (-0.5 / SOURCE_LENGTH**2)))
