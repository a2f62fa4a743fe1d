"""PWCCA: canonical correlations, weighted by how much of the first language they account for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from isogloss.alignment.layer import Array, Layer
from isogloss.alignment.measure import Comparison, PairMeasure, refuse
from isogloss.alignment.measures.cca import basis


class Space(NamedTuple):
    """Centred columns and an orthonormal basis of their space."""

    basis: Array
    columns: Array


class Pwcca(PairMeasure):
    """`sum a_k rho_k`, where `a_k` is the share of `sum_i |<h_k, x_i>|` over columns x_i of the first language.

    rho_k are canonical correlations and h_k the orthonormal canonical variates of the first language.

    Notes
    -----
    Morcos et al. 2018, "Insights on representational similarity in neural networks with canonical correlation". Not
    symmetric.
    """

    symmetric = False

    def compare(self, layer: Layer, rows: Sequence[int]) -> Comparison:
        """Compare pair by pair; needs as many sentences as dimensions."""
        if layer.sentences < layer.width:
            hint = f"give {layer.width} sentences or more, or use svcca or cka"
            raise refuse("pwcca", f"{layer.sentences} sentences in {layer.width} dimensions", hint)
        return super().compare(layer, rows)

    def prepare(self, rows: Array) -> Space:
        """Centred columns and the basis of their space."""
        return Space(basis(rows, "pwcca"), rows - rows.mean(0, dtype=np.float64))

    def shuffled(self, state: Space, order: NDArray[np.intp]) -> Space:
        """The same with sentences in another order."""
        return Space(state.basis[order], state.columns[order])

    def value(self, first: Space, second: Space) -> float:
        """Of two languages."""
        directions, sizes, _ = np.linalg.svd(first.basis.T @ second.basis, full_matrices=False)
        shares = np.abs((first.basis @ directions).T @ first.columns).sum(1)
        return float((shares * np.clip(sizes, 0.0, 1.0)).sum() / shares.sum()) if shares.sum() > 0 else float("nan")
