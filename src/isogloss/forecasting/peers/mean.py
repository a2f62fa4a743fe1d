"""The mean of what was measured: what a forecast has to beat to be one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isogloss.forecasting.forecaster import Forecaster
from isogloss.forecasting.grid import Array, Grid, TrainingMixes
from isogloss.forecasting.grid_model import GridModel, single_learner


class MeanModel(GridModel):
    """The mean of all that was measured, for every cell."""

    def fit(self, grid: Grid) -> MeanModel:
        self.grid_, self.mean_ = grid, float(np.nanmean(grid.scores))
        return self

    def predict_mixes(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        return single_learner(np.full((len(mixes.texts), len(self.grid_.targets)), self.mean_))

    def predict_languages(self, mixes: TrainingMixes, targets: Sequence[str], known: Array) -> tuple[Array, Array]:
        return np.full((1, len(mixes.texts), len(targets)), self.mean_), np.ones(len(targets))


class Mean(Forecaster):
    """The mean of what was measured in the same setting."""

    grid_model = MeanModel
