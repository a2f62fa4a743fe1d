"""SVCCA: the mean canonical correlation of the leading directions of two languages."""

from __future__ import annotations

from isogloss.alignment.layer import Array
from isogloss.alignment.measure import PairMeasure
from isogloss.alignment.measures.cca import basis, correlations

KEPT = 0.99
"""Of the sum of singular values."""


class Svcca(PairMeasure):
    """Mean canonical correlation of the directions that make up 99 % of the sum of singular values.

    Notes
    -----
    Raghu et al. 2017, "SVCCA: Singular vector canonical correlation analysis". Columns are centred first; some
    releases truncate before they centre, or keep a fixed 20 directions, and have other values.
    """

    def prepare(self, rows: Array) -> Array:
        """The leading directions."""
        return basis(rows, "svcca", KEPT)

    def value(self, first: Array, second: Array) -> float:
        """Mean over the smaller number of directions."""
        found = correlations(first, second)
        return float(found.mean()) if len(found) else float("nan")
