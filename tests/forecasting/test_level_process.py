"""Levels of languages: a Gaussian process over languages, also where distances are no metric."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import check_grad

from isogloss.forecasting.gaussian_process import negative_log_posterior
from isogloss.forecasting.level_process import PRIOR, LevelCovariance, LevelProcess

LANGUAGES, FACTORS = 12, 3


def languages(seed: int, metric: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Levels, factors and distances; those that are no metric were drawn each by itself."""
    chance = np.random.default_rng(seed)
    factors, places = chance.normal(size=(LANGUAGES, FACTORS)), chance.uniform(size=(LANGUAGES, 2))
    between = np.sqrt(((places[:, None] - places) ** 2).sum(2))
    if not metric:
        between = np.triu(chance.uniform(0.05, 0.6, between.shape), 1)
        between = between + between.T
    return chance.normal(size=LANGUAGES), factors, between


@given(seed=st.integers(0, 2**32 - 1), metric=st.booleans())
@settings(max_examples=20, deadline=None)
def test_the_slope_of_the_likelihood_is_that_of_its_differences(seed, metric):
    levels, factors, between = languages(seed, metric)
    covariance = LevelCovariance(factors, between)
    start = PRIOR.centre + np.random.default_rng(seed).normal(0, 0.3, len(PRIOR))

    def value(parameters):
        return covariance.log_likelihood(parameters, levels)[0]

    def slope(parameters):
        return covariance.log_likelihood(parameters, levels)[1]

    assert check_grad(value, slope, start, epsilon=1e-6) < 1e-3


@given(seed=st.integers(0, 2**32 - 1), metric=st.booleans())
@settings(max_examples=20, deadline=None)
def test_the_covariance_of_any_distances_has_no_eigenvalue_below_the_noise(seed, metric):
    _, factors, between = languages(seed, metric)
    covariance, _, _ = LevelCovariance(factors, between).with_noise(PRIOR.centre)
    noise = PRIOR.read(PRIOR.centre).noise
    assert np.linalg.eigvalsh(covariance).min() >= noise - 1e-9


@pytest.mark.parametrize("metric", [True, False])
def test_a_search_that_starts_from_other_languages_ends_as_one_from_the_prior(metric):
    levels, factors, between = languages(1, metric)
    rest = np.arange(LANGUAGES - 2)
    cells = np.ix_(rest, rest)
    whole = LevelProcess().fit(levels, factors, between)
    cold, warm = (
        LevelProcess().fit(levels[rest], factors[rest], between[cells], start) for start in (None, whole.parameters_)
    )
    covariance = LevelCovariance(factors[rest], between[cells])
    standardised = levels[rest] / cold.scale_
    losses = [
        negative_log_posterior(lambda at: [covariance.log_likelihood(at, standardised)], PRIOR, one.parameters_)[0]
        for one in (cold, warm)
    ]
    assert losses[1] == pytest.approx(losses[0], abs=1e-3)


def test_a_language_far_from_the_measured_ones_is_less_certain_than_they_are():
    levels, factors, between = languages(2, metric=True)
    process = LevelProcess().fit(levels, factors, between)
    forecast, deviations = process.predict(factors, between)
    far, wide = process.predict(np.full((1, FACTORS), 9.0), np.full((1, LANGUAGES), 9.0))
    assert np.corrcoef(forecast, levels)[0, 1] > 0.5
    assert wide[0] > deviations.max()
    assert np.isfinite(far).all()
