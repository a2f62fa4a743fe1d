"""RSA: whether sentences that are far apart in one language are far apart in the other."""

from __future__ import annotations

from tempfile import TemporaryFile

import numpy as np

from isogloss.alignment.layer import Array, unit
from isogloss.alignment.products import ProductMeasure

DIGITS = 12
"""Of cosines, so that those of equal sentences are equal whatever their place in a matrix product."""


class Rsa(ProductMeasure):
    """Spearman correlation of the distances `1 - cos(x_i, x_j)`, i < j, of two languages.

    Notes
    -----
    Kriegeskorte et al. 2008, "Representational similarity analysis". Ranks of all n(n - 1)/2 distances of each
    language are kept in temporary files.
    """

    lowest = -1.0
    needs_cosines = True

    def prepare(self, rows: Array) -> Array:
        """Ranks of cosines, of mean 0, as a symmetric matrix with a diagonal of 0."""
        from scipy.stats import rankdata

        vectors, count = unit(rows), len(rows)
        pairs = np.triu_indices(count, 1)
        cosines = np.nan_to_num(vectors @ vectors.T)[pairs]
        ranks = rankdata(cosines.round(DIGITS))
        ranks -= ranks.mean()
        with TemporaryFile() as file:
            square = np.memmap(file, rows.dtype, "w+", shape=(count, count))
        square[pairs] = ranks / max(np.abs(ranks).max(), 1.0)
        square += square.T
        return square

    def tile(self, state: Array, rows: slice) -> Array:
        """Rows of the matrix of ranks."""
        return np.asarray(state[rows])
