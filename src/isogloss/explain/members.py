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

from isogloss.explain.factors import ADAPTATION, DATA, LEXICAL, LINGUISTIC
from isogloss.forecast.features import NEAREST_KINDS, PAIR_KINDS, pair_features, target_factors
from isogloss.forecast.grid import Array, Mixtures
from isogloss.forecast.peers.covariances import Apart, Tongues, mean_terms
from isogloss.forecast.peers.kernel import KernelModel
from isogloss.forecast.space import space
from isogloss.forecast.transfer import TransferModel

NEIGHBOURS, ELSEWHERE, UNEXPLAINED = "measured languages", "same language elsewhere", "no finer explanation"

MOST_WEIGHT = 10.0
"""Sum of the sizes of weights above which they say nothing about which language matters."""
KIND_GROUPS = {"script": LEXICAL}
PAIR_FEATURES = (
    ("all examples", ADAPTATION),
    ("number of sources", ADAPTATION),
    ("own examples", ADAPTATION),
    ("examples of kin", ADAPTATION),
    *((f"{kind} distance of the sources", KIND_GROUPS.get(kind, LINGUISTIC)) for kind in PAIR_KINDS),
    *((f"{kind} distance of the nearest source", KIND_GROUPS.get(kind, LINGUISTIC)) for kind in NEAREST_KINDS),
)
"""What `isogloss.forecast.features.pair_features` gives, and the group of each."""
TARGET_FACTORS = (
    ("web text", DATA),
    ("script without spaces", LEXICAL),
    ("combined closeness to the sources", LINGUISTIC),
    ("same script as the sources", LEXICAL),
    ("syntactic closeness to the sources", LINGUISTIC),
    ("combined distance of the three nearest sources", LINGUISTIC),
    ("genetic distance of the three nearest sources", LINGUISTIC),
)
"""What `isogloss.forecast.features.target_factors` gives, and the group of each."""


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


def transfer_parts(model: TransferModel, target: str, mixture: Mixtures, known: Array) -> list[list[Part]]:
    """Parts of the members of `isogloss.forecast.transfer`, for one mixture; the mean of `known` is their baseline.

    Parameters
    ----------
    model : TransferModel
    target : str
        A language that was not measured.
    mixture : Mixtures
        One row.
    known : array of shape (1, measured languages)
    """
    measured = model.grid_.targets
    if len(measured) < 2:
        return [[], [], []]
    trained, sources, sizes = model.grid_.mixtures, mixture.sources, mixture.sizes
    every = space(sources, trained.sources, [target], measured)
    factors = model._standardise(target_factors(every, [target], trained.sources, trained.sizes))
    towards = every.between("combined", [target], measured)
    own, others = (pair_features(every, sizes, sources, names) for names in ([target], measured))
    row_mean = known.mean(1)
    neighbours = model._neighbours(towards)[:, 0]

    anchor = pair_features(every, trained.sizes, trained.sources, [target]).mean(0, keepdims=True)
    offered = (own - anchor)[0, 0] / model._shape_spread * model._shape_slopes
    rest = known - row_mean[:, None] - model.levels_ - model._shape(others, model._shape_means)
    kriging = [
        *_level_parts(model, model._held(factors)[0], towards[0]),
        *_named(PAIR_FEATURES, offered),
        *_carried(measured, neighbours, rest[0]),
    ]
    contributions = _tree_values(model._booster.booster_, _one_cell(own, row_mean, factors))
    rest = known - row_mean[:, None] - model._trees(others, row_mean, model._factors)
    trees = [
        *_named((*PAIR_FEATURES, ("mean of the measured languages", NEIGHBOURS), *TARGET_FACTORS), contributions[:-1]),
        Part(UNEXPLAINED, "mean of what the trees learnt from", float(contributions[-1])),
        *_carried(measured, neighbours, rest[0]),
    ]
    return [[], kriging, trees]


def _level_parts(model: TransferModel, held: Array, towards: Array) -> list[Part]:
    """The level of a language, from its factors and from the levels of its neighbours."""
    linear, neighbour, reach, _ = np.exp(model.parameters_)
    slopes = model._level_scale * linear / len(held) * (model._factors.T @ model._level_weights)
    weights = neighbour * np.exp(-towards / reach) @ model._precision
    return [*_named(TARGET_FACTORS, held * slopes), *_carried(model.grid_.targets, weights, model.levels_)]


def kernel_parts(model: KernelModel, target: str, mixture: Mixtures, baseline: float) -> list[Part]:
    """Parts of a forecast of `isogloss.forecast.peers.kernel`, for one mixture.

    A Gaussian process is a weighted sum of the scores it was told, less its mean terms: K* (K + s I)^-1. The weight
    of a language is that of its scores under all mixtures.
    """
    kernels, process, grid = model.kernels_, model._process, model.grid_
    across = kernels.of_mixtures(Apart.between(mixture, grid.mixtures))  # (1, mixtures)
    alike = kernels.of_languages(Tongues.of([target], grid.mixtures), model._tongues)  # (1, languages)
    rows, columns = process.covariance.rows, process.covariance.columns
    # As when forecasting: what the decompositions hold at zero says nothing.
    towards = (rows.rotate(across) @ rows.vectors.T).T * (columns.rotate(alike) @ columns.vectors.T)
    there = ~np.isnan(grid.scores)
    weights = process.covariance.solve_measured(np.where(there, towards, 0.0), there)
    terms = kernels.scale * process.coefficients * mean_terms(mixture, [target])[:, 0, 0]
    expected = np.tensordot(process.coefficients, mean_terms(grid.mixtures, grid.targets), 1)
    rest = np.where(there, model._scores - expected, 0.0)  # (mixtures, languages)
    return [
        Part(NEIGHBOURS, "mean of the measured languages, as the kernel has it", kernels.centre + terms[0] - baseline),
        Part(ADAPTATION, "own examples", float(terms[1])),
        Part(ADAPTATION, "examples of kin", float(terms[2])),
        *_pulls(grid.targets, weights.sum(0), kernels.scale * (weights * rest).sum(0)),
    ]


def mixture_parts(levels: Array, scores: Array) -> list[list[Part]]:
    """Parts of the members of `isogloss.forecast.mixtures` for one cell: all of them are about the mixture.

    Parameters
    ----------
    levels : float
        The language's own mean, the baseline.
    scores : array of shape (members,)
        What level, shape and kernel say.
    """
    names = ("level", "what the mixture offers, linear", "kernel over mixtures")
    return [
        [] if abs(score - levels) < 1e-12 else [Part(ADAPTATION, name, float(score - levels))]
        for name, score in zip(names, scores, strict=True)
    ]


def elsewhere_parts(
    booster: Any, cells: Array, scale: float, effect: float, names: Sequence[tuple[str, str]], baseline: float
) -> list[Part]:
    """Parts of a forecast from what other settings know of the language.

    Parameters
    ----------
    booster : lightgbm.Booster
    cells : array of shape (1, features)
    scale : float
        Of what the trees say.
    effect : float
        What the row has for an average language of the task.
    names : sequence of (str, str)
        Name and group of every feature.
    baseline : float
    """
    contributions = scale * _tree_values(booster, cells)
    return [
        Part(NEIGHBOURS, "mean over all languages of the task", effect - baseline),
        *_named(names, contributions[:-1]),
        Part(UNEXPLAINED, "mean of what the trees learnt from", float(contributions[-1])),
    ]


def _tree_values(booster: Any, cells: Array) -> Array:
    """TreeSHAP values of one cell, (features + 1,), the expected value last."""
    values: Array = np.asarray(booster.predict(cells, pred_contrib=True, validate_features=False), dtype=np.float64)
    return values.reshape(-1)


def _one_cell(features: Array, row_mean: Array, factors: Array) -> Array:
    return np.concatenate([features[0, 0], row_mean, factors[0]])[None]


def _carried(languages: Sequence[str], weights: Array, values: Array) -> list[Part]:
    return _pulls(languages, weights, weights * values)


def _pulls(languages: Sequence[str], weights: Array, values: Array) -> list[Part]:
    """A part for each language, unless weights far above one cancel each other: then none can be named."""
    if np.abs(weights).sum() > MOST_WEIGHT:
        return [Part(NEIGHBOURS, "scores of neighbours, whose weights cancel each other", float(values.sum()))]
    return [
        Part(NEIGHBOURS, language, float(value), language, float(weight))
        for language, value, weight in zip(languages, values, weights, strict=True)
    ]


def _named(names: Sequence[tuple[str, str]], values: Array) -> list[Part]:
    return [Part(group, name, float(value)) for (name, group), value in zip(names, values, strict=True)]
