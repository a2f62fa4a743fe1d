"""Contributions: what the forecast of a base learner adds up, exactly, as far as its formula is a sum.

Linear terms are split by feature; kernels by the language whose score they carry over, with its weight; boosted trees
by feature, with TreeSHAP values (Lundberg et al. 2020), which add up to the output of the trees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from isogloss.forecasting.features import MEASURED_LANGUAGES, Feature
from isogloss.forecasting.grid import Array

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


def of_trees(booster: Any, cell: Array, features: Sequence[Feature], scale: float = 1.0) -> list[Contribution]:
    """Contributions to the output of boosted trees for one cell, of shape (1, features)."""
    shap = np.asarray(booster.predict(cell, pred_contrib=True, validate_features=False), dtype=np.float64)
    values = scale * shap.reshape(-1)
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
