"""A grid model: base learners that forecast the cells of one grid, and the contributions that forecasts add up."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from isogloss.forecasting.booster import Booster
from isogloss.forecasting.features import MEASURED_LANGUAGES, Feature
from isogloss.forecasting.grid import Array, Grid, TrainingMixes


class GridModel(ABC):
    """Forecasts of a grid's own targets under other mixes, and of other targets.

    A model holds one or several base learners. Cross-validation weighs them; where there is too little evidence for
    that, the first one is used.

    Attributes
    ----------
    mix_learners, language_learners : tuple of str
        Base learners of other mixes, and of unmeasured languages.
    """

    mix_learners: tuple[str, ...] = ("only",)
    language_learners: tuple[str, ...] = ("only",)

    @abstractmethod
    def fit(self, grid: Grid) -> Self:
        """Learn from a grid."""

    @abstractmethod
    def predict_mixes(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        """Scores of the grid's own targets under any mixes.

        Returns
        -------
        scores : array of shape (mix learners, rows, targets)
        spread : array of shape (rows, targets)
            Uncertainty of each, in any unit that is the same for all rows.
        """

    def predict_mixes_of(self, mixes: TrainingMixes, columns: Sequence[int]) -> tuple[Array, Array]:
        """The same scores of all own targets, and the uncertainty of some of them, of shape (rows, columns).

        For models whose uncertainty costs more than their scores.
        """
        scores, spread = self.predict_mixes(mixes)
        return scores, spread[:, columns]

    @abstractmethod
    def predict_languages(self, mixes: TrainingMixes, targets: Sequence[str], measured: Array) -> tuple[Array, Array]:
        """Scores of targets that the grid does not have.

        Parameters
        ----------
        mixes : TrainingMixes
        targets : sequence of str
        measured : array of shape (rows, targets of the grid)
            Scores of the grid's own targets in the same rows, measured or forecast.

        Returns
        -------
        scores : array of shape (language learners, rows, targets)
        spread : array of shape (targets,)
            Uncertainty of the level of each, in any unit that is the same for all.
        """

    def mix_contributions(self, mix: TrainingMixes, column: int, baseline: float) -> list[list[Contribution]]:
        """What the forecasts of one of the grid's targets under one mix add up, for each mix learner.

        A list may lack summands; the rest then has no finer explanation.
        """
        return [[] for _ in self.mix_learners]

    def language_contributions(
        self, mix: TrainingMixes, target: str, measured: Array, baseline: float
    ) -> list[list[Contribution]]:
        """What the forecasts of an unmeasured language under one mix add up, for each language learner.

        Parameters
        ----------
        mix : TrainingMixes
            One row.
        target : str
        measured : array of shape (1, targets of the grid)
            As in `predict_languages`.
        baseline : float
            The mean of `measured`: contributions add up to the forecast less this.
        """
        return [[] for _ in self.language_learners]

    def for_fold(self) -> GridModel:
        """A fresh model for part of the grid; may keep what does not depend on any one language or row."""
        return type(self)()


def single_learner(scores: Array) -> tuple[Array, Array]:
    """What `predict_mixes` returns for a model with one base learner that is equally uncertain everywhere."""
    return scores[None], np.ones(scores.shape)


MEAN_OF_MEASURED, MEAN_OF_LANGUAGE, MEASURED_ITSELF = (
    "mean of the measured languages under this mix",
    "the language's own mean over the measured mixes",
    "measured itself",
)
"""Baselines of a decomposed forecast."""
UNEXPLAINED = "no finer explanation"
MOST_WEIGHT = 10.0
"""Sum of the sizes of weights above which they cancel each other, and no single language can be named."""


@dataclass(frozen=True)
class Contribution:
    """A summand of a forecast.

    Attributes
    ----------
    group, name : str
    value : float
        In the unit of the score.
    language : str or None
        The measured language whose score is carried over.
    weight : float
        Factor of that score; 0 where there is no language.
    """

    group: str
    name: str
    value: float
    language: str | None = None
    weight: float = 0.0

    def times(self, share: float) -> Contribution:
        """As part of a weighted mean."""
        return replace(self, value=share * self.value, weight=share * self.weight)


@dataclass(frozen=True)
class LearnerContributions:
    """A base learner's name, its weight in the forecast, and the summands of its own forecast."""

    learner: str
    weight: float
    contributions: list[Contribution]


@dataclass(frozen=True)
class Decomposition:
    """A forecast as a baseline and the weighted contributions of base learners.

    Attributes
    ----------
    baseline : float
        In the unit of the score.
    baseline_name : str
    learners : list of LearnerContributions
        Each learner's contributions add up to its forecast less the baseline.
    """

    baseline: float
    baseline_name: str
    learners: list[LearnerContributions]

    @property
    def contributions(self) -> list[Contribution]:
        """Of all base learners, times their weights."""
        return [part.times(one.weight) for one in self.learners for part in one.contributions]


def of_features(features: Sequence[Feature], values: Array) -> list[Contribution]:
    """One contribution for each feature."""
    return [
        Contribution(feature.group, feature.name, float(value)) for feature, value in zip(features, values, strict=True)
    ]


def of_trees(booster: Booster, cell: Array, features: Sequence[Feature], scale: float = 1.0) -> list[Contribution]:
    """Contributions to the output of boosted trees for one cell, of shape (1, features)."""
    values = scale * booster.contributions(cell)[0]
    return [
        *of_features(features, values[:-1]),
        Contribution(UNEXPLAINED, "mean of the trees over what they were fitted to", float(values[-1])),
    ]


def of_languages(languages: Sequence[str], weights: Array, values: Array) -> list[Contribution]:
    """One contribution for each measured language, or one for all where their weights cancel each other."""
    if np.abs(weights).sum() > MOST_WEIGHT:
        name = "scores of neighbours, whose weights cancel each other"
        return [Contribution(MEASURED_LANGUAGES, name, float(values.sum()))]
    return [
        Contribution(MEASURED_LANGUAGES, language, float(value), language, float(weight))
        for language, value, weight in zip(languages, values, weights, strict=True)
    ]


def with_rest(contributions: Sequence[Contribution], total: float, name: str) -> list[Contribution]:
    """Contributions that add up to `total`: what they lack of it, if anything, has no finer explanation."""
    rest = total - sum(part.value for part in contributions)
    return [*contributions, Contribution(UNEXPLAINED, name, rest)] if abs(rest) > 1e-12 else list(contributions)
