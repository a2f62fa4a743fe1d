"""`fine-tune`: every weight of the model is learnt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from isogloss.lab.recipe.neural.trained import TrainedRecipe


@dataclass(frozen=True)
class FineTune(TrainedRecipe):
    """Full fine-tuning.

    Notes
    -----
    Parameters are those of `TrainedRecipe`.
    """

    name: ClassVar[str] = "fine-tune"
