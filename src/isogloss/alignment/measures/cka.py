"""Linear CKA: whether sentences lie alike in two languages, whatever the directions; unbiased and as first given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from isogloss.alignment.layer import Array
from isogloss.alignment.measure import Values
from isogloss.alignment.products import ProductMeasure


class Gram(NamedTuple):
    """Vectors as given, what centres and scales them, and what is taken from the rows of their Gram matrix."""

    rows: Array
    mean: Array
    size: np.floating[Any]
    offsets: Array


class Cka(ProductMeasure):
    """Unbiased linear CKA: `HSIC_u(K, L) / sqrt(HSIC_u(K, K) HSIC_u(L, L))` of Gram matrices K and L.

    HSIC_u is the product of U-centred matrices: diagonal left out, rows, columns and total centred by n - 2 and
    (n - 1)(n - 2).

    Notes
    -----
    Kornblith et al. 2019, "Similarity of neural network representations revisited"; unbiased as in Song et al. 2012
    and Szekely and Rizzo 2014. Shuffled sentences have 0, also where there are fewer sentences than dimensions.
    Slightly negative values are possible.
    """

    lowest = -1.0

    def prepare(self, rows: Array) -> Gram:
        """What centres the vectors, and the offsets of U-centring."""
        # Centred vectors are made tile by tile: kept for all languages they would take as much memory as the layer.
        mean = rows.mean(0, dtype=np.float64).astype(rows.dtype)
        size = rows.dtype.type(np.sqrt(np.square(rows - mean, dtype=np.float64).sum(1).mean()) or 1.0)
        double = (rows - mean).astype(np.float64) / size
        sums = double @ double.sum(0) - (double * double).sum(1)
        offsets = sums / (len(rows) - 2) - sums.sum() / (2 * (len(rows) - 1) * (len(rows) - 2))
        return Gram(rows, mean, size, offsets.astype(rows.dtype))

    def tile(self, state: Gram, rows: slice) -> Array:
        """Rows of the U-centred Gram matrix."""
        scaled = (state.rows[rows] - state.mean) / state.size / state.size
        block = np.asarray(scaled @ (state.rows - state.mean).T)
        block -= state.offsets[rows, None]
        block -= state.offsets
        block[np.arange(len(block)), np.arange(rows.start, rows.stop)] = 0.0
        return block


class BiasedCka(ProductMeasure):
    """Linear CKA as first given: `|Y'X|^2 / (|X'X| |Y'Y|)` with centred columns, Frobenius norms.

    Notes
    -----
    Kornblith et al. 2019. Shuffled sentences have far more than 0 where there are few sentences for the dimensions;
    the chance level is the exact mean over all shuffles, `tr K tr L / ((n - 1) |K| |L|)`.
    """

    def prepare(self, rows: Array) -> Array:
        """Centred vectors."""
        return _centred(rows)

    def tile(self, state: Array, rows: slice) -> Array:
        """Rows of the Gram matrix."""
        return np.asarray(state[rows] @ state.T)

    def shuffled(self, states: Sequence[Array], rows: Sequence[int], sentences: int) -> Values:
        """The product of traces, over n - 1."""
        traces = np.array([np.square(state, dtype=np.float64).sum() for state in states])
        return np.asarray(np.outer(traces[list(rows)], traces) / (sentences - 1))


def _centred(rows: Array) -> Array:
    """Columns of mean zero, scaled so that products of products stay far from overflow."""
    centred = rows - rows.mean(0, dtype=np.float64)
    size = np.sqrt(np.square(centred).sum(1).mean())
    return np.asarray(centred / (size or 1.0), dtype=rows.dtype)
