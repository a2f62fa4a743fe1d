"""The median of all measured scores, as a forecaster."""

from collections.abc import Sequence
from typing import Self

import numpy as np

from isogloss.forecasting import Forecaster
from isogloss.forecasting.grid import Array, Grid, TrainingMixes
from isogloss.forecasting.grid_model import GridModel, single_learner


class MedianModel(GridModel):
    """One number for every cell of a grid."""

    def fit(self, grid: Grid) -> Self:
        """Learn the median."""
        self.grid_, self.median_ = grid, float(np.nanmedian(grid.scores))
        return self

    def predict_mixes(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        """The median under every mix, for every target of the grid."""
        return single_learner(np.full((len(mixes.texts), len(self.grid_.targets)), self.median_))

    def predict_languages(self, mixes: TrainingMixes, targets: Sequence[str], measured: Array) -> tuple[Array, Array]:
        """The median for every other target."""
        return np.full((1, len(mixes.texts), len(targets)), self.median_), np.ones(len(targets))


class Median(Forecaster):
    """Forecast every score by the median of those measured; intervals come from held-out languages and mixes."""

    grid_model = MedianModel
