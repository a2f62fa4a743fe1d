"""What a training lowers: an objective gives the terms of the loss of each step, and the loop knows no more of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np

from isogloss.lab.adaptation import Texts


class Objective(ABC):
    """What a training lowers.

    Attributes
    ----------
    read : int
        Tokens that were read so far.
    """

    read: int = 0

    @abstractmethod
    def terms(self, model: Any, step: int, chance: np.random.Generator) -> Iterator[Any]:
        """The terms of the loss of a step.

        Parameters
        ----------
        model : transformers.PreTrainedModel
            The one that is trained.
        step : int
            From 0.
        chance : numpy.random.Generator
            That of the step, so that what is read depends on seed and step alone.

        Yields
        ------
        torch.Tensor
            A number. Its gradient is taken before the next one is computed, so that memory does not add up.
        """

    @property
    def state(self) -> dict[str, float]:
        """What it has to know after a stop, beside the step; plain numbers."""
        return {}

    def take_up(self, state: dict[str, float]) -> None:  # noqa: B027 - most have none
        """Go on from a state that was kept."""

    @property
    def facts(self) -> dict[str, Any]:
        """What the card says of it."""
        return {}

    @property
    def files(self) -> dict[str, str]:
        """Files of text that the checkpoint gets beside its weights, by name."""
        return {}

    def measure(self, model: Any, held_out: Texts) -> dict[str, Any]:
        """What it measures along training on texts that are held out, by name, beside the loss of each language."""
        return {}
