"""A setting whose model was never measured: its forecasts, and intervals from models that were held out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isogloss.forecasting.fitted import Answers
from isogloss.forecasting.grid import Array, Grid, TrainingMixes
from isogloss.forecasting.pooled.newcomers import Newcomers
from isogloss.forecasting.pooled.surroundings import NOWHERE
from isogloss.stats.conformal import grouped_quantile


class FittedNewcomer:
    """Answers for one model about a block that has no score of it.

    Parameters
    ----------
    newcomers : Newcomers
    model : str

    Attributes
    ----------
    grid : Grid
        What the other models have on average.
    """

    def __init__(self, newcomers: Newcomers, model: str):
        self._newcomers, self._model = newcomers, model
        self.grid: Grid = newcomers.grid

    def answer(self, mixes: TrainingMixes, targets: Sequence[str]) -> Answers:
        """Forecast every cell of mixes x targets."""
        mean = self._newcomers.predict(self._model, mixes.texts, targets)
        nowhere = np.full(len(targets), -1, dtype=np.intp)
        measured = np.zeros(mean.shape, dtype=bool)
        note = f"MODEL NEVER MEASURED here: from {len(self._newcomers.models)} other models"
        if self._newcomers.met(self._model):
            note += " and its other tasks"
        return Answers(
            mixes, tuple(targets), self.grid.clip(mean), np.ones(mean.shape), nowhere, measured,
            (NOWHERE,) * len(targets), (note,) * len(targets),
        )  # fmt: skip

    def margin(self, answers: Answers, level: float) -> Array:
        """Half width of the interval around each answer; infinite where too few models were measured."""
        residuals = self._newcomers.residuals(self._newcomers.met(self._model))
        return np.full(answers.mean.shape, grouped_quantile(residuals, level))
