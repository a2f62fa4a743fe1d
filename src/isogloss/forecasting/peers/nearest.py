"""The score of the closest measured language: the baseline that needs no fitting."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isogloss.forecasting.forecaster import Forecaster
from isogloss.forecasting.grid import Array, Grid, TrainingMixes, fill
from isogloss.forecasting.grid_model import GridModel, single_learner
from isogloss.forecasting.space import space


class NearestModel(GridModel):
    """The score of the nearest measured language, by combined distance; ties are shared evenly."""

    def fit(self, grid: Grid) -> NearestModel:
        self.grid_ = grid
        self.levels_ = np.nanmean(fill(grid.scores), axis=0)
        return self

    def predict_mixes(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        # The nearest language to a measured one is itself: its mean over the mixes that were measured.
        return single_learner(np.repeat(self.levels_[None], len(mixes.texts), axis=0))

    def predict_languages(self, mixes: TrainingMixes, targets: Sequence[str], known: Array) -> tuple[Array, Array]:
        distance = space(targets, self.grid_.targets).between("combined", targets, self.grid_.targets)
        nearest = np.isclose(distance, distance.min(1, keepdims=True))
        return (known @ (nearest / nearest.sum(1, keepdims=True)).T)[None], np.ones(len(targets))


class Nearest(Forecaster):
    """The score of the nearest measured language."""

    grid_model = NearestModel
