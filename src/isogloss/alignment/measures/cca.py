"""What the measures on canonical correlations share: orthonormal bases, and the refusal of too few sentences."""

from __future__ import annotations

import numpy as np

from isogloss.alignment.layer import Array
from isogloss.alignment.measure import Values, refuse

RANK = 1e-6
"""Singular values below this share of the largest are rounding."""


def basis(rows: Array, measure: str, share: float = 1.0) -> Array:
    """Orthonormal basis of the space of centred columns, of shape (sentences, dimensions).

    Parameters
    ----------
    share : float, default 1
        Of the sum of singular values that is kept.

    Raises
    ------
    BadValue
        If so many dimensions are left that any two languages have the same space.
    """
    centred = rows - rows.mean(0, dtype=np.float64)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    kept = int((sizes > RANK * sizes[0]).sum()) if sizes[0] > 0 else 0
    if share < 1.0:
        kept = min(kept, int(np.searchsorted(np.cumsum(sizes), share * sizes.sum()) + 1))
    if kept >= len(rows) - 1:
        raise refuse(
            measure, f"{len(rows)} sentences in {kept} dimensions", f"give more than {kept + 1} sentences, or use cka"
        )
    return np.asarray(left[:, :kept], dtype=np.float64)


def correlations(first: Array, second: Array) -> Values:
    """Canonical correlations of two bases, largest first."""
    return np.clip(np.linalg.svd(first.T @ second, compute_uv=False), 0.0, 1.0)
