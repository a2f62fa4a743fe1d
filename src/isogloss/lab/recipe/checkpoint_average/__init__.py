"""`checkpoint-average`: fine-tuning that ends with the mean of several checkpoints, so that none need be chosen.

Which checkpoint does best in another language cannot be told from data of the source, and target data are not
to be looked at (Schmidt, Vulić and Glavaš 2023, Free lunch: robust cross-lingual transfer via model checkpoint
averaging).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from isogloss.errors import BadValue
from isogloss.lab.parameters import Count
from isogloss.lab.recipe.neural.trained import LAST, TrainedRecipe, Weights


@dataclass(frozen=True)
class CheckpointAverage(TrainedRecipe):
    """Fine-tuning, and the mean of the weights after each of the last epochs.

    Parameters
    ----------
    averaged : int, default 3
        From how many of the last epochs.

    Notes
    -----
    The other parameters are those of `TrainedRecipe`; nothing is selected.
    """

    name: ClassVar[str] = "checkpoint-average"

    averaged: Count = 3

    def __post_init__(self) -> None:
        """Check every parameter."""
        super().__post_init__()
        if self.averaged > self.epochs:
            raise BadValue(f"averaged ({self.averaged}) is above epochs ({self.epochs})", hint="train for longer")
        if self.select != LAST:
            raise BadValue("an average leaves nothing to select", hint=f'leave out select, or set it to "{LAST}"')

    def keeps(self, epoch: int) -> bool:
        """Whether it is one of the last epochs."""
        return epoch > self.epochs - self.averaged

    def finish(self, epochs: list[Weights]) -> Weights:
        """The mean of the weights that were kept."""
        return mean_weights(epochs)


def mean_weights(several: list[Weights]) -> Weights:
    """The mean of each weight."""
    return {
        name: np.asarray(np.mean([weights[name] for weights in several], axis=0, dtype=np.float64), np.float32)
        for name in several[0]
    }
