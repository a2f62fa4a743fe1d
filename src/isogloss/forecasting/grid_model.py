"""A grid model: base learners that forecast the cells of one grid."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Self

import numpy as np

from isogloss.forecasting.contributions import Contribution
from isogloss.forecasting.grid import Array, Grid, TrainingMixes


class GridModel(ABC):
    """Forecasts of a grid's own targets under other mixes, and of other targets.

    A model holds one or several base learners. Cross-validation weighs them; where there is too little evidence for
    that, the first one is used.

    Attributes
    ----------
    mix_learners, language_learners : tuple of str
        Base learners of other mixes, and of unmeasured languages.
    """

    mix_learners: tuple[str, ...] = ("only",)
    language_learners: tuple[str, ...] = ("only",)

    @abstractmethod
    def fit(self, grid: Grid) -> Self:
        """Learn from a grid."""

    @abstractmethod
    def predict_mixes(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        """Scores of the grid's own targets under any mixes.

        Returns
        -------
        scores : array of shape (mix learners, rows, targets)
        spread : array of shape (rows, targets)
            Uncertainty of each, in any unit that is the same for all rows.
        """

    @abstractmethod
    def predict_languages(self, mixes: TrainingMixes, targets: Sequence[str], measured: Array) -> tuple[Array, Array]:
        """Scores of targets that the grid does not have.

        Parameters
        ----------
        mixes : TrainingMixes
        targets : sequence of str
        measured : array of shape (rows, targets of the grid)
            Scores of the grid's own targets in the same rows, measured or forecast.

        Returns
        -------
        scores : array of shape (language learners, rows, targets)
        spread : array of shape (targets,)
            Uncertainty of the level of each, in any unit that is the same for all.
        """

    def mix_contributions(self, mix: TrainingMixes, column: int, baseline: float) -> list[list[Contribution]]:
        """What the forecasts of one of the grid's targets under one mix add up, for each mix learner.

        A list may lack summands; the rest then has no finer explanation.
        """
        return [[] for _ in self.mix_learners]

    def language_contributions(
        self, mix: TrainingMixes, target: str, measured: Array, baseline: float
    ) -> list[list[Contribution]]:
        """What the forecasts of an unmeasured language under one mix add up, for each language learner.

        Parameters
        ----------
        mix : TrainingMixes
            One row.
        target : str
        measured : array of shape (1, targets of the grid)
            As in `predict_languages`.
        baseline : float
            The mean of `measured`: contributions add up to the forecast less this.
        """
        return [[] for _ in self.language_learners]

    def for_fold(self) -> GridModel:
        """A fresh model for part of the grid; may keep what does not depend on any one language or row."""
        return type(self)()


def single_learner(scores: Array) -> tuple[Array, Array]:
    """What `predict_mixes` returns for a model with one base learner that is equally uncertain everywhere."""
    return scores[None], np.ones(scores.shape)
