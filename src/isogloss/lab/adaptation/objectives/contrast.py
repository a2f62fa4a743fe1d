"""Contrast: what belongs together is to be nearer than anything else in the batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from isogloss.lab.adaptation.objectives.pairs import PairStates, mean_states
from isogloss.models.runtime import start_torch


def info_nce(first: Any, second: Any, temperature: float) -> Any:
    """The contrast of rows that belong together with all others of a batch, in both directions.

    Parameters
    ----------
    first, second : torch.Tensor, shape (pairs, width)
    temperature : float

    Returns
    -------
    torch.Tensor
        Mean over i of -log (exp(c_ii / temperature) / sum_j exp(c_ij / temperature)), c the cosines, and the same with
        both sides exchanged; half of their sum (van den Oord et al. 2018, Representation learning with contrastive
        predictive coding).
    """
    torch = start_torch()
    normal = torch.nn.functional.normalize
    logits = normal(first, dim=1) @ normal(second, dim=1).T / temperature
    right = torch.arange(len(logits), device=logits.device)
    cross_entropy = torch.nn.functional.cross_entropy
    return (cross_entropy(logits, right) + cross_entropy(logits.T, right)) / 2


@dataclass(frozen=True)
class SentenceContrast:
    """The contrast of the mean states of sentences and their translations."""

    temperature: float

    def __call__(self, pairs: PairStates) -> Any:
        first, second = mean_states(pairs.first, pairs.first_mask), mean_states(pairs.second, pairs.second_mask)
        return info_nce(first, second, self.temperature)
