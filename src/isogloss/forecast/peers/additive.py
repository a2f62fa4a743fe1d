"""Mixture effect plus language effect: the two-way analysis, as far as forecasts get without interactions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isogloss.forecast.forecaster import Forecaster
from isogloss.forecast.grid import Array, Grid, Mixtures, two_way
from isogloss.forecast.model import GridModel, only_opinion


class AdditiveModel(GridModel):
    """Mean + mixture effect + language effect; what was never measured has no effect."""

    def fit(self, grid: Grid) -> AdditiveModel:
        self.grid_ = grid
        self.mean_, rows, self.columns_ = two_way(grid.scores)
        self.rows_ = dict(zip(grid.mixtures.texts, rows, strict=True))
        return self

    def known(self, mixtures: Mixtures) -> tuple[Array, Array]:
        return only_opinion(self._rows(mixtures) + self.columns_)

    def unseen(self, mixtures: Mixtures, targets: Sequence[str], known: Array) -> tuple[Array, Array]:
        return np.repeat(self._rows(mixtures), len(targets), axis=1)[None], np.ones(len(targets))

    def _rows(self, mixtures: Mixtures) -> Array:
        return self.mean_ + np.array([self.rows_.get(text, 0.0) for text in mixtures.texts])[:, None]


class Additive(Forecaster):
    """Mean + effect of the mixture + effect of the language (two-way analysis)."""

    grid_model = AdditiveModel
