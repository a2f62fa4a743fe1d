"""Mix effect plus language effect: the two-way analysis, as far as forecasts get without interactions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isogloss.forecasting.forecaster import Forecaster
from isogloss.forecasting.grid import Array, Grid, TrainingMixes, two_way
from isogloss.forecasting.grid_model import GridModel, single_learner


class AdditiveModel(GridModel):
    """Mean + mix effect + language effect; what was never measured has no effect."""

    def fit(self, grid: Grid) -> AdditiveModel:
        self.grid_ = grid
        self.mean_, rows, self.columns_ = two_way(grid.scores)
        self.rows_ = dict(zip(grid.mixes.texts, rows, strict=True))
        return self

    def predict_mixes(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        return single_learner(self._rows(mixes) + self.columns_)

    def predict_languages(self, mixes: TrainingMixes, targets: Sequence[str], known: Array) -> tuple[Array, Array]:
        return np.repeat(self._rows(mixes), len(targets), axis=1)[None], np.ones(len(targets))

    def _rows(self, mixes: TrainingMixes) -> Array:
        return self.mean_ + np.array([self.rows_.get(text, 0.0) for text in mixes.texts])[:, None]


class Additive(Forecaster):
    """Mean + effect of the mix + effect of the language (two-way analysis)."""

    grid_model = AdditiveModel
