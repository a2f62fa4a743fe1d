"""Joining: what a user's own tables of other tasks add to what a background knows of languages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isogloss.forecasting.background.factor_learning import (
    INTERCEPT_VARIANCE,
    LOADING_MEAN,
    LOADING_VARIANCE,
    NOISE_PRIOR,
    NOISE_PRIOR_CELLS,
)
from isogloss.forecasting.background.factors import LanguageFactors
from isogloss.forecasting.background.profiles import read_profiles
from isogloss.forecasting.background.tables import ScoreTable
from isogloss.forecasting.grid import Array

PASSES = 5


def join_tables(factors: LanguageFactors, tables: Sequence[ScoreTable]) -> LanguageFactors:
    """Factors given some more tables: each language's own posterior, the background's being the prior.

    Profiles of the tables and priors of their loadings are as in `learn_factors`; slopes and quantiles stay.

    Parameters
    ----------
    factors : LanguageFactors
    tables : sequence of ScoreTable
        Of other test texts than those that will be forecast.
    """
    if not tables:
        return factors
    profiles = read_profiles(tables)
    known = factors.of(profiles.languages)
    mean, covariance = known.mean, known.covariance
    prior = np.linalg.inv(known.covariance)
    start = np.einsum("jkl,jl->jk", prior, known.mean)
    for _ in range(PASSES):
        precision, right = prior.copy(), start.copy()
        for values, weight in zip(profiles.values, profiles.weights, strict=True):
            cells = ~np.isnan(values)
            intercept, loadings, noise = _fit(values[cells], mean[cells], covariance[cells])
            precision[cells] += weight / noise * np.outer(loadings, loadings)
            right[cells] += weight / noise * np.outer(values[cells] - intercept, loadings)
        covariance = np.linalg.inv(precision)
        mean = np.einsum("jkl,jl->jk", covariance, right)
    rest = [language for language in factors.languages if language not in set(profiles.languages)]
    rows = [factors.place[language] for language in rest]
    return LanguageFactors(
        (*profiles.languages, *rest),
        np.concatenate([mean, factors.mean[rows]]),
        np.concatenate([covariance, factors.covariance[rows]]),
        factors.side_weights,
    )


def _fit(values: Array, mean: Array, covariance: Array) -> tuple[float, Array, float]:
    """Intercept, loadings and noise variance of one profile, given factors of its languages."""
    design = np.column_stack([np.ones(len(values)), mean])
    moments = design.T @ design
    moments[1:, 1:] += covariance.sum(0)
    prior = np.diag([1 / INTERCEPT_VARIANCE, *[1 / LOADING_VARIANCE] * len(LOADING_MEAN)])
    target = prior @ np.array([0.0, *LOADING_MEAN])
    noise = NOISE_PRIOR
    for _ in range(2):
        weights = np.linalg.solve(moments / noise + prior, design.T @ values / noise + target)
        squares = np.sum((values - design @ weights) ** 2)
        squares += np.einsum("jkl,k,l->", covariance, weights[1:], weights[1:])
        noise = (squares + NOISE_PRIOR * NOISE_PRIOR_CELLS) / (len(values) + NOISE_PRIOR_CELLS)
    return float(weights[0]), weights[1:], float(noise)
