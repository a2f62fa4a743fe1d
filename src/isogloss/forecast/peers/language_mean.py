"""The mean of each language over mixtures: hard to beat where mixtures matter little."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isogloss.forecast.forecaster import Forecaster
from isogloss.forecast.grid import Array, Grid, Mixtures
from isogloss.forecast.model import GridModel, only_opinion


class LanguageMeanModel(GridModel):
    """A known language's mean over the mixtures it was measured under, whatever the mixture asked about."""

    def fit(self, grid: Grid) -> LanguageMeanModel:
        self.grid_, self.mean_ = grid, float(np.nanmean(grid.scores))
        self.levels_ = np.nanmean(grid.scores, axis=0)
        return self

    def known(self, mixtures: Mixtures) -> tuple[Array, Array]:
        return only_opinion(np.repeat(self.levels_[None], len(mixtures.texts), axis=0))

    def unseen(self, mixtures: Mixtures, targets: Sequence[str], known: Array) -> tuple[Array, Array]:
        return np.full((1, len(mixtures.texts), len(targets)), self.mean_), np.ones(len(targets))


class LanguageMean(Forecaster):
    """The mean of the language over all mixtures; for a language never measured, the mean of all scores."""

    grid_model = LanguageMeanModel
