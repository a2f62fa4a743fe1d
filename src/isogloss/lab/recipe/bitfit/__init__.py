"""`bitfit`: only biases are learnt (Ben Zaken, Goldberg and Ravfogel 2022, BitFit)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from isogloss.lab.parameters import Positive
from isogloss.lab.recipe.neural.trained import TrainedRecipe


@dataclass(frozen=True)
class BitFit(TrainedRecipe):
    """Fine-tuning of biases and head.

    Notes
    -----
    Parameters are those of `TrainedRecipe`, with a higher learning rate.
    """

    name: ClassVar[str] = "bitfit"

    learning_rate: Positive = 1e-3

    def is_learnt(self, name: str) -> bool:
        """Whether it is a bias."""
        return name.endswith(".bias")
