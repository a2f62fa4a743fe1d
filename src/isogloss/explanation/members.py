"""What each member of the default forecaster adds up, part by part: exactly, as far as its formula is a sum.

A member's forecast is a baseline and its parts. Linear terms are split by factor; kernels by the language whose
score they carry over, with its weight; trees by feature, with the values that TreeSHAP gives (Lundberg et al. 2020),
which add up to what the trees say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from isogloss.forecasting.features import (
    ADAPTATION,
    LANGUAGE_FEATURES,
    MEASURED_LANGUAGES,
    PAIR_FEATURES,
    Feature,
)
from isogloss.forecasting.grid import Array, TrainingMixes
from isogloss.forecasting.kernel import KernelModel
from isogloss.forecasting.ordinary_kriging import kriging_weights
from isogloss.forecasting.regression_kriging import TREE_FEATURES, RegressionKriging

UNEXPLAINED = "no finer explanation"

MOST_WEIGHT = 10.0
"""Sum of the sizes of weights above which they say nothing about which language matters."""


@dataclass(frozen=True)
class Part:
    """Something that a forecast adds up.

    Attributes
    ----------
    group, name : str
    value : float
        In the unit of the score.
    language : str or None
        The measured language whose score is carried over.
    weight : float
        By which it is multiplied; 0 where no language is.
    """

    group: str
    name: str
    value: float
    language: str | None = None
    weight: float = 0.0

    def times(self, share: float) -> Part:
        """As part of a weighted mean."""
        return replace(self, value=share * self.value, weight=share * self.weight)


def rest_of(parts: Sequence[Part], total: float, why: str) -> list[Part]:
    """`parts` and what they lack of `total`, if anything."""
    lacking = total - sum(part.value for part in parts)
    return [*parts, Part(UNEXPLAINED, why, lacking)] if abs(lacking) > 1e-12 else list(parts)


def regression_kriging_parts(
    model: RegressionKriging, target: str, mix: TrainingMixes, known: Array
) -> list[list[Part]]:
    """Parts of the base learners of `RegressionKriging`, for one mix; the mean of `known` is their baseline.

    Parameters
    ----------
    model : RegressionKriging
    target : str
        A language that was not measured.
    mix : TrainingMixes
        One row.
    known : array of shape (1, measured languages)
    """
    measured = model.grid_.targets
    if len(measured) < 2:
        return [[], [], []]
    terms = model.terms(target, mix.sizes, mix.sources, known)
    kriging = [
        *_named(LANGUAGE_FEATURES, terms.level),
        *_pulls(measured, terms.carried, terms.carried * model.levels_),
        *_named(PAIR_FEATURES, terms.shape),
        *_pulls(measured, terms.neighbours, terms.neighbours * terms.rest),
    ]
    trees = [
        *_of_trees(TREE_FEATURES, terms.trees),
        *_pulls(measured, terms.neighbours, terms.neighbours * terms.rest_of_trees),
    ]
    return [[], kriging, trees]


def kernel_parts(model: KernelModel, target: str, mix: TrainingMixes, baseline: float) -> list[Part]:
    """Parts of a forecast of `isogloss.forecasting.kernel`, for one mix.

    The weight of a language is that of its scores under all mixes.
    """
    centre, mean, weights, rest = model.terms(mix, target)
    return [
        Part(
            MEASURED_LANGUAGES,
            "mean of the measured languages, by the kernel",
            centre + float(mean[0]) - baseline,
        ),
        Part(ADAPTATION, "own examples", float(mean[1])),
        Part(ADAPTATION, "examples of kin", float(mean[2])),
        *_pulls(model.grid_.targets, weights.sum(0), (weights * rest).sum(0)),
    ]


def kriging_parts(known: Array, measured: Sequence[str], target: str, baseline: float) -> list[Part]:
    """Parts of a forecast of `isogloss.forecasting.ordinary_kriging`, for one mix: a weighted mean of the scores.

    Parameters
    ----------
    known : array of shape (measured,)
        NaN where there is no score.
    measured : sequence of str
    target : str
    baseline : float
    """
    there = ~np.isnan(known)
    names = [name for name, one in zip(measured, there, strict=True) if one]
    weights = kriging_weights([target], names)[0]
    return _pulls(names, weights, weights * (known[there] - baseline))


def mix_parts(level: float, scores: Array) -> list[list[Part]]:
    """Parts of the members of `isogloss.forecasting.training_mix_gp` for one cell: all of them are about the mix.

    Parameters
    ----------
    level : float
        The language's own mean, the baseline.
    scores : array of shape (members,)
        What level, shape and kernel say.
    """
    names = ("level", "what the mix offers, linear", "kernel over mixes")
    return [
        [] if abs(score - level) < 1e-12 else [Part(ADAPTATION, name, float(score - level))]
        for name, score in zip(names, scores, strict=True)
    ]


def pooled_parts(
    booster: Any, cells: Array, scale: float, effect: float, features: Sequence[Feature], baseline: float
) -> list[Part]:
    """Parts of a forecast by the trees of the pooled model.

    Parameters
    ----------
    booster : lightgbm.Booster
    cells : array of shape (1, features)
    scale : float
        Of what the trees say.
    effect : float
        What the row has for an average language of the task.
    features : sequence of Feature
    baseline : float
    """
    values = np.asarray(booster.predict(cells, pred_contrib=True, validate_features=False), dtype=np.float64)
    return [
        Part(MEASURED_LANGUAGES, "mean over all languages of the task", effect - baseline),
        *_of_trees(features, scale * values.reshape(-1)),
    ]


def _of_trees(features: Sequence[Feature], values: Array) -> list[Part]:
    """TreeSHAP values by feature, the expected value last."""
    return [
        *_named(features, values[:-1]),
        Part(UNEXPLAINED, "mean of what the trees learnt from", float(values[-1])),
    ]


def _pulls(languages: Sequence[str], weights: Array, values: Array) -> list[Part]:
    """A part for each language, unless weights far above one cancel each other: then none can be named."""
    if np.abs(weights).sum() > MOST_WEIGHT:
        return [Part(MEASURED_LANGUAGES, "scores of neighbours, whose weights cancel each other", float(values.sum()))]
    return [
        Part(MEASURED_LANGUAGES, language, float(value), language, float(weight))
        for language, value, weight in zip(languages, values, weights, strict=True)
    ]


def _named(features: Sequence[Feature], values: Array) -> list[Part]:
    return [Part(feature.group, feature.name, float(value)) for feature, value in zip(features, values, strict=True)]
