"""The forecasts that need no learning, which every other has to beat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isogloss.forecast.grid import Array, Grid, Mixtures, fill, two_way
from isogloss.forecast.model import GridModel
from isogloss.forecast.space import space


class MeanModel(GridModel):
    """The mean of all that was measured, for every cell."""

    def fit(self, grid: Grid) -> MeanModel:
        self.grid_, self.mean_ = grid, float(np.nanmean(grid.scores))
        return self

    def known(self, mixtures: Mixtures) -> tuple[Array, Array]:
        return _alone(np.full((len(mixtures.texts), len(self.grid_.targets)), self.mean_))

    def unseen(self, mixtures: Mixtures, targets: Sequence[str], known: Array) -> tuple[Array, Array]:
        return np.full((1, len(mixtures.texts), len(targets)), self.mean_), np.ones(len(targets))


class AdditiveModel(GridModel):
    """Mean + mixture effect + language effect; what was never measured has no effect."""

    def fit(self, grid: Grid) -> AdditiveModel:
        self.grid_ = grid
        self.mean_, rows, self.columns_ = two_way(grid.scores)
        self.rows_ = dict(zip(grid.mixtures.texts, rows, strict=True))
        return self

    def known(self, mixtures: Mixtures) -> tuple[Array, Array]:
        return _alone(self._rows(mixtures) + self.columns_)

    def unseen(self, mixtures: Mixtures, targets: Sequence[str], known: Array) -> tuple[Array, Array]:
        return np.repeat(self._rows(mixtures), len(targets), axis=1)[None], np.ones(len(targets))

    def _rows(self, mixtures: Mixtures) -> Array:
        return self.mean_ + np.array([self.rows_.get(text, 0.0) for text in mixtures.texts])[:, None]


class NearestModel(GridModel):
    """The score of the nearest measured language, by combined distance; ties are shared evenly."""

    def fit(self, grid: Grid) -> NearestModel:
        self.grid_ = grid
        self.levels_ = np.nanmean(fill(grid.scores), axis=0)
        return self

    def known(self, mixtures: Mixtures) -> tuple[Array, Array]:
        # The nearest language to a measured one is itself: its mean over the mixtures that were measured.
        return _alone(np.repeat(self.levels_[None], len(mixtures.texts), axis=0))

    def unseen(self, mixtures: Mixtures, targets: Sequence[str], known: Array) -> tuple[Array, Array]:
        distance = space(targets, self.grid_.targets).between("combined", targets, self.grid_.targets)
        nearest = np.isclose(distance, distance.min(1, keepdims=True))
        return (known @ (nearest / nearest.sum(1, keepdims=True)).T)[None], np.ones(len(targets))


def _alone(scores: Array) -> tuple[Array, Array]:
    """A single opinion, equally unsure everywhere."""
    return scores[None], np.ones(scores.shape)
