"""What recipes share that read the training texts of one target without what is right in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from isogloss.errors import BadValue
from isogloss.lab.recipe import EACH, Arrays, Rows, Training
from isogloss.lab.recipe.neural.trained import TrainedRecipe


@dataclass(frozen=True)
class TargetTextsRecipe(TrainedRecipe):
    """Gradient descent on the source, and on texts of one target."""

    takes_shots: ClassVar[bool] = False
    reads_unlabelled: ClassVar[bool] = True
    continues: ClassVar[bool] = False

    @property
    def learns_for(self) -> str:
        return EACH

    @property
    def preparation(self) -> tuple[Any, ...]:
        """Texts of targets are among those that are cut."""
        return (*super().preparation, "texts of targets")

    def target_rows(self, prepared: Arrays, training: Training) -> Rows:
        """The training rows of the target.

        Raises
        ------
        BadValue
            If the target has no training examples, or another recipe is around it and does not tell the target.
        """
        if training.target is None:
            raise BadValue(
                "learns for one target at a time, and is not told which", where=self.name,
                hint="use it by itself, not as the base of another recipe",
            )  # fmt: skip
        ends = np.cumsum(prepared["train_rows_of"])
        first = int(ends[training.target] - prepared["train_rows_of"][training.target])
        rows = np.arange(first, int(ends[training.target]))
        if not len(rows):
            raise BadValue(
                "the target has no training examples whose texts could be read", where=self.name,
                hint="leave that target out, or give its texts in the training split, with any label",
            )  # fmt: skip
        return rows
