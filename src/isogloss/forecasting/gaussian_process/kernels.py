"""Kernels of Gaussian processes, from distances between the rows of two tables."""

from __future__ import annotations

import numpy as np

from isogloss.forecasting.grid import Array


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
