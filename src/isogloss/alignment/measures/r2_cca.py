"""R2-CCA: the share of one language's space that a linear map from the other explains."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isogloss.alignment.layer import Array
from isogloss.alignment.measure import Values
from isogloss.alignment.measures.cca import basis
from isogloss.alignment.products import ProductMeasure


class R2Cca(ProductMeasure):
    """`|Qx' Qy|^2 / min(p, q)`, Q being orthonormal bases of the p and q dimensional spaces of centred columns.

    Notes
    -----
    Mean squared canonical correlation (Kornblith et al. 2019, equation 11, in the smaller of both dimensions).
    Shuffled sentences have `max(p, q) / (n - 1)`: with few sentences for the dimensions all languages are near 1.
    There is no interval: fewer or repeated sentences raise the value itself.
    """

    has_interval = False

    def prepare(self, rows: Array) -> Array:
        """An orthonormal basis of the space of centred columns."""
        return basis(rows, "r2-cca")

    def tile(self, state: Array, rows: slice) -> Array:
        """Rows of the projection on that space."""
        return np.asarray(state[rows] @ state.T)

    def norm(self, first: Values, second: Values) -> Values:
        """The smaller number of dimensions: the product of a projection with itself."""
        return np.minimum(first, second)

    def shuffled(self, states: Sequence[Array], rows: Sequence[int], sentences: int) -> Values:
        """p q / (n - 1)."""
        widths = np.array([state.shape[1] for state in states], dtype=float)
        return np.asarray(np.outer(widths[list(rows)], widths) / (sentences - 1))
