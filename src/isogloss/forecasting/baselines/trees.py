"""Boosted trees with the shape that theory gives them: robust to broken runs, and not worse for more examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from isogloss.forecasting.boosting import BoostedTrees
from isogloss.forecasting.capabilities import Capability
from isogloss.forecasting.features import language_features, pair_features, space
from isogloss.forecasting.forecaster import Forecaster
from isogloss.forecasting.grid import Array, Grid, TrainingMixes, fill
from isogloss.forecasting.grid_model import GridModel, single_learner

TOTAL, OWN = 0, 2
"""Columns of the pair features in which more examples cannot hurt: of all languages, and of the target."""
HUBER = 1.35
"""Standard deviations beyond which a residual counts by its size instead of its square (Huber 1964)."""
SMALLEST_LEAF = 20


class TreesModel(GridModel):
    """Two sets of trees: how a known language moves with the mix, and how an unseen one differs from the known.

    Attributes
    ----------
    levels_ : array of shape (targets,)
        Mean of each known language.
    moves_, differences_ : BoostedTrees
    """

    def fit(self, grid: Grid) -> Self:
        self.grid_ = grid
        filled = fill(grid.scores)
        self.levels_ = filled.mean(0)
        there = ~np.isnan(grid.scores)
        pairs, factors = self._pairs(grid.mixes, grid.targets), self._factors(grid.targets)
        self.moves_ = _fit(_cells(pairs, factors), filled - self.levels_, there, (TOTAL, OWN))
        means = filled.mean(1)
        # Against the row's mean, which has risen with the total already, only the target's own examples must help.
        self.differences_ = _fit(_cells(pairs, factors, means), filled - means[:, None], there, (OWN,))
        return self

    def predict_mixes(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        targets = self.grid_.targets
        cells = _cells(self._pairs(mixes, targets), self._factors(targets))
        return single_learner(self.levels_ + self.moves_.predict(cells).reshape(-1, len(targets)))

    def predict_languages(self, mixes: TrainingMixes, targets: Sequence[str], measured: Array) -> tuple[Array, Array]:
        means = measured.mean(1)
        cells = _cells(self._pairs(mixes, targets), self._factors(targets), means)
        scores = means[:, None] + self.differences_.predict(cells).reshape(-1, len(targets))
        return scores[None], np.ones(len(targets))

    def _pairs(self, mixes: TrainingMixes, targets: Sequence[str]) -> Array:
        return pair_features(space(mixes.sources, targets), mixes.sizes, mixes.sources, targets)

    def _factors(self, targets: Sequence[str]) -> Array:
        trained = self.grid_.mixes
        return language_features(space(trained.sources, targets), targets, trained.sources, trained.sizes)


class Trees(Forecaster):
    """Boosted trees (LightGBM, 300 of 15 leaves, rate 0.05) on pair features, the target's factors and the row's mean.

    The loss is Huber's, so that a run that collapsed does not bend the rest. All else alike, a forecast for a known
    language never falls when the total dose or that of its own examples grows, nor one for another language when
    that of its own examples does.

    Notes
    -----
    A known language is its mean plus what trees say of the mix, another one the mean of the known languages in
    the same row plus what they say of the pair. Beyond the sizes and distances that were measured, trees stay at
    the edge of them.
    """

    grid_model = TreesModel
    capabilities = frozenset({Capability.LANGUAGES, Capability.MIXES})


def _fit(design: Array, response: Array, measured: np.ndarray, rising: tuple[int, ...]) -> BoostedTrees:
    chosen = response[measured]
    spread = 1.4826 * float(np.median(np.abs(chosen - np.median(chosen)))) or float(chosen.std()) or 1.0
    return BoostedTrees().fit(
        design[measured.ravel()], chosen,
        objective="huber", alpha=HUBER * spread, n_estimators=300, learning_rate=0.05, num_leaves=15,
        min_child_samples=max(2, min(SMALLEST_LEAF, len(chosen) // 10)), reg_lambda=1.0,
        monotone_constraints=[int(column in rising) for column in range(design.shape[1])],
    )  # fmt: skip


def _cells(pairs: Array, factors: Array, means: Array | None = None) -> Array:
    """One line per cell, row after row: pair features, the target's factors and, if given, the row's mean."""
    shape = pairs.shape[:2]
    parts = [pairs, np.broadcast_to(factors, (*shape, factors.shape[1]))]
    if means is not None:
        parts.append(np.broadcast_to(means[:, None, None], (*shape, 1)))
    return np.concatenate(parts, axis=2).reshape(shape[0] * shape[1], -1)
