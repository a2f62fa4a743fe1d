"""Baselines without anything to tune: means, effects, and the nearest measured language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from isogloss.forecasting.capabilities import Capability
from isogloss.forecasting.features import space
from isogloss.forecasting.forecaster import Forecaster
from isogloss.forecasting.grid import Array, Grid, TrainingMixes, fill, two_way
from isogloss.forecasting.grid_model import GridModel, single_learner


class MeanModel(GridModel):
    """The mean of all that was measured, for every cell."""

    def fit(self, grid: Grid) -> Self:
        self.grid_, self.mean_ = grid, float(np.nanmean(grid.scores))
        return self

    def predict_mixes(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        return single_learner(np.full((len(mixes.texts), len(self.grid_.targets)), self.mean_))

    def predict_languages(self, mixes: TrainingMixes, targets: Sequence[str], measured: Array) -> tuple[Array, Array]:
        return np.full((1, len(mixes.texts), len(targets)), self.mean_), np.ones(len(targets))


class Mean(Forecaster):
    """The mean of what was measured in the same setting."""

    grid_model = MeanModel


class LanguageMeanModel(MeanModel):
    """A measured language's mean over mixes, whatever the mix; for other languages the mean of all scores."""

    def predict_mixes(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        return single_learner(np.repeat(np.nanmean(self.grid_.scores, axis=0)[None], len(mixes.texts), axis=0))


class LanguageMean(Forecaster):
    """The mean of the language over all mixes; for a language never measured, the mean of all scores."""

    grid_model = LanguageMeanModel


class AdditiveModel(GridModel):
    """Mean + mix effect + language effect; what was never measured has no effect."""

    def fit(self, grid: Grid) -> Self:
        self.mean_, rows, self.columns_ = two_way(grid.scores)
        self.rows_ = dict(zip(grid.mixes.texts, rows, strict=True))
        return self

    def predict_mixes(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        return single_learner(self._rows(mixes) + self.columns_)

    def predict_languages(self, mixes: TrainingMixes, targets: Sequence[str], measured: Array) -> tuple[Array, Array]:
        return np.repeat(self._rows(mixes), len(targets), axis=1)[None], np.ones(len(targets))

    def _rows(self, mixes: TrainingMixes) -> Array:
        return self.mean_ + np.array([self.rows_.get(text, 0.0) for text in mixes.texts])[:, None]


class Additive(Forecaster):
    """Mean + effect of the mix + effect of the language (two-way analysis)."""

    grid_model = AdditiveModel


class NearestModel(GridModel):
    """The score of the nearest measured language, by combined distance; ties are shared evenly.

    The nearest language to a measured one is itself: its mean over the mixes that were measured.
    """

    def fit(self, grid: Grid) -> Self:
        self.grid_, self.levels_ = grid, np.nanmean(fill(grid.scores), axis=0)
        return self

    def predict_mixes(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        return single_learner(np.repeat(self.levels_[None], len(mixes.texts), axis=0))

    def predict_languages(self, mixes: TrainingMixes, targets: Sequence[str], measured: Array) -> tuple[Array, Array]:
        distance = space(targets, self.grid_.targets).between("combined", targets, self.grid_.targets)
        nearest = np.isclose(distance, distance.min(1, keepdims=True))
        return (measured @ (nearest / nearest.sum(1, keepdims=True)).T)[None], np.ones(len(targets))


class Nearest(Forecaster):
    """The score of the nearest measured language."""

    grid_model = NearestModel
    capabilities = frozenset({Capability.LANGUAGES})
