"""`magnitude-prune` and `wanda-prune`: weights that matter least become zero."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import Gt, Lt

from isogloss.lab.adaptation import Adaptation, Inputs
from isogloss.lab.adaptation.blocks import CalibratedAdaptation, Linear
from isogloss.lab.adaptation.draft import Draft
from isogloss.lab.adaptation.weights import Weights

Share = Annotated[float, Gt(0), Lt(1)]


@dataclass(frozen=True)
class MagnitudePrune(Adaptation):
    """Sets the smallest weights of every matrix to zero.

    Parameters
    ----------
    sparsity : float, default 0.5
        Share of each matrix that becomes zero.

    Notes
    -----
    A matrix is one that states are multiplied with; embeddings, the head, biases and norms stay. Of equal weights those
    that come first are taken, so that the share is exact.
    """

    name: ClassVar[str] = "magnitude-prune"

    sparsity: Share = 0.5

    def apply(self, source: Weights, inputs: Inputs, draft: Draft) -> None:
        matrices = source.linears()
        for name in draft.steps(source.names):
            whole = source[name]
            draft.put(name, {name: without_least(whole, whole.abs(), self.sparsity) if name in matrices else whole})

    def facts(self, source: Weights, target: Weights) -> dict[str, Any]:
        return zeros(target)


@dataclass(frozen=True)
class WandaPrune(CalibratedAdaptation):
    """Sets to zero the weights that change the outputs of their matrix least, by texts of chosen languages.

    Parameters
    ----------
    sparsity : float, default 0.5
        Share of each row of a matrix that becomes zero.
    tokens : int, default 8192
        Tokens of calibration text, in equal parts of each language.

    Notes
    -----
    Sun et al. (2024, A simple and effective pruning approach for large language models): within each row, the weights
    with the least |W_ij| ||x_j||, the norm of x_j over all tokens of the calibration text, padding left out. Blocks are
    pruned in order, and what a pruned block puts out goes into the next. No weight is changed but to zero.
    """

    name: ClassVar[str] = "wanda-prune"

    sparsity: Share = 0.5

    def change(self, weight: Any, linear: Linear) -> Any:
        scores = weight.float().abs() * linear.squares.sqrt()
        return without_least(weight, scores, self.sparsity, by_row=True)

    def facts(self, source: Weights, target: Weights) -> dict[str, Any]:
        return zeros(target)


def without_least(weight: Any, scores: Any, share: float, *, by_row: bool = False) -> Any:
    """A matrix in which the share with the least scores, of all of it or of each row, is zero."""
    flat = scores if by_row else scores.reshape(1, -1)
    least = flat.argsort(dim=1, stable=True)[:, : math.floor(share * flat.shape[1])]
    mask = flat.new_ones(flat.shape).scatter_(1, least, 0).reshape(weight.shape)
    return weight * mask.to(weight.dtype)


def zeros(target: Weights) -> dict[str, Any]:
    """The share of zeros in the matrices that states are multiplied with, and in everything."""
    matrices = target.linears()
    counts = {name: int((target[name] == 0).sum()) for name in target.names}
    sizes = {name: math.prod(target.shape(name)) for name in target.names}
    of_matrices = sum(sizes[name] for name in matrices)
    return {
        "zeros_in_matrices": round(sum(counts[name] for name in matrices) / of_matrices, 4),
        "zeros_in_all": round(sum(counts.values()) / target.parameters, 4),
        "parameters": target.parameters,
    }
