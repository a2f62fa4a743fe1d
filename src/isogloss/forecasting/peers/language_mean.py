"""The mean of each language over mixes: hard to beat where mixes matter little."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isogloss.forecasting.forecaster import Forecaster
from isogloss.forecasting.grid import Array, Grid, TrainingMixes
from isogloss.forecasting.grid_model import GridModel, single_learner


class LanguageMeanModel(GridModel):
    """A known language's mean over the mixes it was measured under, whatever the mix asked about."""

    def fit(self, grid: Grid) -> LanguageMeanModel:
        self.grid_, self.mean_ = grid, float(np.nanmean(grid.scores))
        self.levels_ = np.nanmean(grid.scores, axis=0)
        return self

    def predict_mixes(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        return single_learner(np.repeat(self.levels_[None], len(mixes.texts), axis=0))

    def predict_languages(self, mixes: TrainingMixes, targets: Sequence[str], known: Array) -> tuple[Array, Array]:
        return np.full((1, len(mixes.texts), len(targets)), self.mean_), np.ones(len(targets))


class LanguageMean(Forecaster):
    """The mean of the language over all mixes; for a language never measured, the mean of all scores."""

    grid_model = LanguageMeanModel
