"""The mean vector of each class, which moves along with the model. Imported only once torch is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import cosine_similarity, cross_entropy


@dataclass
class Prototypes:
    """The mean vector of the units of each class, over past batches.

    Attributes
    ----------
    momentum : float
        Share of what a prototype was that is kept when a batch has units of its class.
    means : torch.Tensor, shape (classes, width), or None
        Without gradient; None before the first batch.
    seen : torch.Tensor of bool, shape (classes,)
        The classes that had a unit so far.
    """

    momentum: float
    means: Any = None
    seen: Any = None

    def update(self, vectors: Any, shares: Any) -> Any:
        """Take a batch into account.

        Parameters
        ----------
        vectors : torch.Tensor, shape (units, width)
        shares : torch.Tensor, shape (units, classes)
            Of each class in each unit; rows of zeros are no unit.

        Returns
        -------
        torch.Tensor, shape (classes, width)
            The prototypes after the batch, with the gradient of the batch's share in them.

        Notes
        -----
        A class that has less than half a unit in the batch stays as it is: a mean of crumbs would be noise.
        """
        counts = shares.sum(0)
        there = counts >= 0.5
        here = shares.T @ vectors / counts.clamp(min=1e-6)[:, None]
        if self.means is None:
            self.means, self.seen = torch.zeros_like(here), torch.zeros_like(there)
        kept = torch.where(self.seen, self.momentum, 0.0)[:, None]
        moved = torch.where(there[:, None], kept * self.means + (1 - kept) * here, self.means)
        self.means, self.seen = moved.detach(), self.seen | there
        return moved

    def nearness(self, vectors: Any, temperature: float) -> Any:
        """Of each class, softmax(-d^2 / (temperature D)); d is the distance of a unit from the class's prototype.

        D is the mean squared distance of two prototypes, so that the scale of vectors is no matter. Classes that had no
        unit get 0.

        Returns
        -------
        torch.Tensor, shape (units, classes)
        """
        apart = torch.cdist(vectors, self.means) ** 2
        between = torch.pdist(self.means[self.seen]).square().mean() if int(self.seen.sum()) > 1 else 1.0
        return (-apart / (temperature * between + 1e-12)).masked_fill(~self.seen, -torch.inf).softmax(1)


def contrast(first: Any, second: Any, both: Any, temperature: float) -> Any:
    """How far the prototypes of one class in two languages are from being each other's nearest.

    Parameters
    ----------
    first, second : torch.Tensor, shape (classes, width)
    both : torch.Tensor of bool, shape (classes,)
        The classes that both have; fewer than two have nothing to be told from, and give 0.
    temperature : float

    Notes
    -----
    Half of the sum of -log (exp(c_kk / t) / sum_j exp(c_kj / t)) and the same with both sides exchanged, mean over
    classes k; c are cosines. Each class counts once, however frequent it is.
    """
    if int(both.sum()) < 2:
        return 0.0 * first.sum()
    cosines = cosine_similarity(first[both][:, None], second[both][None], dim=-1) / temperature
    right = torch.arange(len(cosines), device=cosines.device)
    return (cross_entropy(cosines, right) + cross_entropy(cosines.T, right)) / 2
