"""Kriging: scores of unmeasured languages from those of measured ones, and from features of both.

Ordinary kriging is a weighted mean of the measured scores with a fixed covariance, so that it has nothing to learn.
Regression kriging forecasts by features, linearly or by boosted trees, and kriges the residuals.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from isogloss.forecasting.boosting import fit_trees, predict_trees
from isogloss.forecasting.features import (
    LANGUAGE_FEATURES,
    MEASURED_LANGUAGES,
    PAIR_FEATURES,
    Feature,
    language_features,
    pair_features,
    space,
)
from isogloss.forecasting.grid import Array, Grid, TrainingMixes
from isogloss.forecasting.grid_model import Contribution, of_features, of_languages, of_trees
from isogloss.forecasting.level_process import LevelProcess, held

VARIANCES = {"resources": 1.0, "near": 1.0, "spaces": 0.5, "script": 0.5, "family": 0.3, "own": 0.2}
"""Of the terms of the covariance of languages in ordinary kriging, before they are scaled to one together.

Fixed, for where a dozen languages were measured nothing can be learnt about them."""
REACH = 0.3
"""Combined distance over which covariance falls by a factor e."""
NOISE = 0.05
"""Variance of a score about its language's level."""

LEARNERS = ("additive", "regression-kriging", "trees")

SHAPE_PENALTY = 100.0
TREE_CELLS = 6000
"""Cells that the trees learn from; of more, a sample."""
TREE_FEATURES = (
    *PAIR_FEATURES,
    Feature("mean of the measured languages", MEASURED_LANGUAGES, "mean score of the row"),
    *LANGUAGE_FEATURES,
)
"""What the trees see, in their order."""
SAME = 1e-6
"""Standard deviation up to which a factor counts as the same in all measured languages."""


def language_covariance(rows: Sequence[str], columns: Sequence[str]) -> Array:
    """Covariance of the levels of languages, 1 with themselves; of shape (rows, columns)."""
    parts = covariance_terms(rows, columns)
    whole = sum(variance * parts[name] for name, variance in VARIANCES.items())
    return np.asarray(whole / sum(VARIANCES.values()))


def near(rows: Sequence[str], columns: Sequence[str]) -> Array:
    """Covariance of languages by their combined distance, 1 with themselves; of shape (rows, columns)."""
    return np.asarray(np.exp(-space(rows, columns).between("combined", rows, columns) / REACH))


def covariance_terms(rows: Sequence[str], columns: Sequence[str]) -> dict[str, Array]:
    """Terms of the covariance of languages by the names of `VARIANCES`, each of shape (rows, columns)."""
    known = space(rows, columns)
    text, unspaced = ([values[known.at(names)] for names in (rows, columns)]
                      for values in (known.web_text, known.unspaced))  # fmt: skip
    return {
        "resources": np.exp(-0.5 * np.subtract.outer(*text) ** 2),
        "near": near(rows, columns),
        "spaces": np.equal.outer(*unspaced).astype(float),
        "script": 1 - known.between("script", rows, columns),
        "family": 1 - known.between("genetic", rows, columns),
        "own": np.equal.outer(np.array(rows, dtype=object), np.array(columns, dtype=object)).astype(float),
    }


def kriging_weights(targets: Sequence[str], measured: Sequence[str]) -> Array:
    """Weights of the measured languages for each target: rows that sum to one, of shape (targets, measured).

    Notes
    -----
    Ordinary kriging: the mean is unknown, and estimated by generalised least squares (Cressie 1993, section 3.2).
    """
    covariance = language_covariance(measured, measured) + NOISE * np.eye(len(measured))
    towards, ones = language_covariance(targets, measured), np.ones((len(measured), 1))
    solved = np.linalg.solve(covariance, np.hstack([towards.T, ones]))
    simple, of_mean = solved[:, :-1], solved[:, -1:]
    return np.asarray((simple + of_mean * (1 - simple.sum(0)) / of_mean.sum()).T)


def krige(scores: Array, measured: Sequence[str], targets: Sequence[str]) -> Array:
    """Scores of unmeasured languages by ordinary kriging.

    Parameters
    ----------
    scores : array of shape (rows, measured)
        NaN where there is no score.

    Returns
    -------
    array of shape (rows, targets)
        NaN in rows without any score.
    """
    forecasts = np.full((len(scores), len(targets)), np.nan)
    patterns, pattern_of = np.unique(~np.isnan(scores), axis=0, return_inverse=True)
    for number, there in enumerate(patterns):
        if there.any():
            rows = np.flatnonzero(pattern_of.ravel() == number)
            names = [name for name, one in zip(measured, there, strict=True) if one]
            forecasts[rows] = scores[np.ix_(rows, there)] @ kriging_weights(targets, names).T
    return forecasts


def kriging_contributions(scores: Array, measured: Sequence[str], target: str, baseline: float) -> list[Contribution]:
    """Contributions of the measured languages to a forecast of `krige`, less a baseline.

    Parameters
    ----------
    scores : array of shape (measured,)
        NaN where there is no score.
    """
    there = ~np.isnan(scores)
    names = [name for name, one in zip(measured, there, strict=True) if one]
    weights = kriging_weights([target], names)[0]
    return of_languages(names, weights, weights * (scores[there] - baseline))


class RegressionKriging:
    """Scores of unmeasured languages, row by row of a completed grid.

    Parameters
    ----------
    like : RegressionKriging, optional
        One fitted to more of the same grid, from whose parameters the search for these starts.

    Attributes
    ----------
    levels_ : array of shape (targets,)
        Level of each measured language against the mean of all.
    level_process_ : LevelProcess
        How levels follow from factors and neighbours.
    """

    def __init__(self, like: RegressionKriging | None = None):
        self._like = like

    def fit(self, grid: Grid, completed: Array) -> Self:
        """Learn from measured languages.

        Parameters
        ----------
        completed : array of shape (rows, targets)
            Its scores with the gaps filled.
        """
        self.grid_ = grid
        if len(grid.targets) < 2:
            return self  # one language does not tell how languages differ
        sources, sizes = grid.mixes.sources, grid.mixes.sizes
        self._space = space(sources, grid.targets)
        factors = language_features(self._space, grid.targets, sources, sizes)
        self._factor_mean, spread = factors.mean(0), factors.std(0)
        # What is the same in all measured languages has no scale of its own.
        self._factor_spread = np.where(spread > SAME, spread, 1.0)
        self._factors = held(self._standardise(factors))
        row_means = completed.mean(1)
        deviations = completed - row_means[:, None]
        self.levels_ = deviations.mean(0)
        self._between = self._space.between("combined", grid.targets, grid.targets)
        like = getattr(self._like, "level_process_", None)
        self.level_process_ = LevelProcess().fit(
            self.levels_, self._standardise(factors), self._between, None if like is None else like.parameters_
        )
        features = pair_features(self._space, sizes, sources, grid.targets)
        self._learn_shape(features, deviations - self.levels_)
        self._learn_trees(features, row_means, deviations, ~np.isnan(grid.scores))
        return self

    def predict(
        self, targets: Sequence[str], sizes: Array, sources: Sequence[str], known: Array
    ) -> tuple[Array, Array]:
        """Scores of every base learner.

        Parameters
        ----------
        targets : sequence of str
            Languages that were not measured.
        sizes : array of shape (rows, sources)
        known : array of shape (rows, measured targets)
            Scores of the measured languages in the same rows.

        Returns
        -------
        scores : array of shape (base learners, rows, targets)
        spread : array of shape (targets,)
            Standard deviation of the level, larger the further from what was measured.
        """
        measured = self.grid_.targets
        every = space(sources, self.grid_.mixes.sources, targets, measured)
        row_means = known.mean(1)
        additive = np.repeat(row_means[:, None], len(targets), axis=1)
        if len(measured) < 2:
            return np.stack([additive] * len(LEARNERS)), np.ones(len(targets))
        trained = self.grid_.mixes
        factors = self._standardise(language_features(every, targets, trained.sources, trained.sizes))
        towards = every.between("combined", targets, measured)
        levels, spread = self.level_process_.predict(factors, towards)
        factors = held(factors)
        neighbours = self._neighbours(towards)
        features = pair_features(every, sizes, sources, targets)
        features_known = pair_features(every, sizes, sources, measured)

        deviations = known - row_means[:, None] - self.levels_
        rest = deviations - self._shape(features_known, self._shape_means)
        anchor = pair_features(every, trained.sizes, trained.sources, targets).mean(0, keepdims=True)
        kriging = additive + levels + self._shape(features, anchor) + rest @ neighbours

        rest = known - row_means[:, None] - self._trees(features_known, row_means, self._factors)
        trees = additive + self._trees(features, row_means, factors) + rest @ neighbours
        return np.stack([additive, kriging, trees]), spread

    def contributions(self, mix: TrainingMixes, target: str, measured: Array) -> list[list[Contribution]]:
        """What `predict` adds up for one language, less the mean of the measured ones, for each base learner.

        Parameters
        ----------
        mix : TrainingMixes
            One row.
        measured : array of shape (1, measured targets)
        """
        languages, trained = self.grid_.targets, self.grid_.mixes
        if len(languages) < 2:
            return [[], [], []]
        every = space(mix.sources, trained.sources, [target], languages)
        factors = held(self._standardise(language_features(every, [target], trained.sources, trained.sizes)))
        towards = every.between("combined", [target], languages)
        own, others = (pair_features(every, mix.sizes, mix.sources, names) for names in ([target], languages))
        deviations = measured[0] - measured.mean()
        anchor = pair_features(every, trained.sizes, trained.sources, [target]).mean(0, keepdims=True)
        shape = (own - anchor)[0, 0] / self._shape_spread * self._shape_slopes
        carried = self.level_process_.neighbour_weights(towards)[0]
        weights = self._neighbours(towards)[:, 0]
        rest = deviations - self.levels_ - self._shape(others, self._shape_means)[0]
        rest_of_trees = deviations - self._trees(others, measured.mean(1), self._factors)[0]
        return [
            [],
            [
                *of_features(LANGUAGE_FEATURES, factors[0] * self.level_process_.slopes),
                *of_languages(languages, carried, carried * self.levels_),
                *of_features(PAIR_FEATURES, shape),
                *of_languages(languages, weights, weights * rest),
            ],
            [
                *of_trees(self._booster, _cells(own, measured.mean(1), factors), TREE_FEATURES),
                *of_languages(languages, weights, weights * rest_of_trees),
            ],
        ]

    def _standardise(self, factors: Array) -> Array:
        return (factors - self._factor_mean) / self._factor_spread

    def _neighbours(self, towards: Array) -> Array:
        """Kriging weights of the measured languages, of shape (measured, targets)."""
        reach = self.level_process_.reach
        gram = np.exp(-self._between / reach) + np.eye(len(self._between))
        return np.asarray(np.linalg.solve(gram, np.exp(-towards / reach).T))

    def _learn_shape(self, features: Array, deviations: Array) -> None:
        """Ridge regression within languages: what a better mix is worth, whatever the level."""
        self._shape_means = features.mean(0, keepdims=True)
        centred = (features - self._shape_means).reshape(-1, features.shape[2])
        self._shape_spread = centred.std(0) + 1e-6
        design = centred / self._shape_spread
        penalty = SHAPE_PENALTY * np.eye(design.shape[1])
        self._shape_slopes = np.linalg.solve(design.T @ design + penalty, design.T @ deviations.ravel())

    def _shape(self, features: Array, anchor: Array) -> Array:
        return (features - anchor) / self._shape_spread @ self._shape_slopes

    def _learn_trees(self, features: Array, row_means: Array, deviations: Array, measured: Array) -> None:
        design = _cells(features, row_means, self._factors)[measured.ravel()]
        response = deviations[measured]
        self._booster = fit_trees(
            design, response, TREE_CELLS,
            n_estimators=75, learning_rate=0.1, num_leaves=7,
            min_child_samples=max(2, min(40, min(len(design), TREE_CELLS) // 10)),
            colsample_bytree=0.5, subsample=0.8, subsample_freq=1, reg_lambda=5,
        )  # fmt: skip

    def _trees(self, features: Array, row_means: Array, factors: Array) -> Array:
        return predict_trees(self._booster, _cells(features, row_means, factors)).reshape(features.shape[:2])


def _cells(features: Array, row_means: Array, factors: Array) -> Array:
    """One line per cell: pair features, row mean and the target's factors."""
    rows, width, _ = features.shape
    means = np.broadcast_to(row_means[:, None, None], (rows, width, 1))
    every = np.broadcast_to(factors[None], (rows, width, factors.shape[1]))
    return np.concatenate([features, means, every], axis=2).reshape(rows * width, -1)
