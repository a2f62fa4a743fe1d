"""Parameters of a covariance, learnt by marginal likelihood with a log-normal prior."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import LinAlgError
from scipy.optimize import check_grad
from scipy.stats import multivariate_normal

from isogloss.forecasting.gaussian_process import (
    Prior,
    laplace_deviations,
    log_likelihood,
    log_likelihood_slope,
    maximise,
)

PLACES = np.linspace(0, 4, 15)
PRIOR = Prior(width=1.0, weights={"smooth": 1.0}, lengths={"smooth": 2.0}, noise=0.1)


def covariance(parameters: np.ndarray) -> np.ndarray:
    values = PRIOR.read(parameters)
    smooth = np.exp(-0.5 * (PLACES[:, None] - PLACES) ** 2 / values.lengths["smooth"] ** 2)
    return values.weights["smooth"] * smooth + values.noise * np.eye(len(PLACES))


def test_a_prior_names_its_parameters_and_gives_slopes_back_in_their_order():
    values = PRIOR.read(PRIOR.centre)
    assert (values.weights["smooth"], values.lengths["smooth"], values.noise) == pytest.approx((1.0, 2.0, 0.1))
    assert PRIOR.flat(noise=3.0, lengths={"smooth": 2.0}, weights={"smooth": 1.0}).tolist() == [1.0, 2.0, 3.0]


def test_the_likelihood_is_that_of_a_multivariate_normal_but_for_its_constant():
    response = np.sin(PLACES)
    whole = multivariate_normal(cov=covariance(PRIOR.centre)).logpdf(response)
    constant = -0.5 * len(PLACES) * np.log(2 * np.pi)
    assert log_likelihood(covariance(PRIOR.centre), response) == pytest.approx(whole - constant)


@pytest.mark.parametrize("solve", [False, True])
def test_the_slope_of_the_likelihood_is_that_of_its_differences_in_each_cell(solve):
    response, start = np.sin(PLACES), covariance(PRIOR.centre)

    def value(change: np.ndarray) -> float:
        moved = change.reshape(start.shape)
        return log_likelihood_slope(start + (moved + moved.T) / 2, response, solve=solve)[0]

    def slope(change: np.ndarray) -> np.ndarray:
        return log_likelihood_slope(start, response, solve=solve)[1].ravel()

    assert check_grad(value, slope, np.zeros(start.size), epsilon=1e-7) < 1e-3


@pytest.mark.parametrize("broken", [np.array([[1.0, 2.0], [2.0, 1.0]]), np.full((2, 2), np.nan)])
def test_what_is_no_covariance_is_refused(broken):
    with pytest.raises(LinAlgError):
        log_likelihood(broken, np.ones(2))


def of_noise(parameters: np.ndarray) -> list[tuple[float, float]]:
    """Of responses of variance 4 without any covariance, which only the noise can explain."""
    noise = PRIOR.read(parameters).noise
    return [(-0.5 * 1000 * (4 / noise + np.log(noise)), 0.0)]


def test_enough_evidence_overrules_the_prior_and_none_leaves_it():
    learnt = maximise(of_noise, PRIOR, steps=50, by_differences=True)
    assert PRIOR.read(learnt).noise == pytest.approx(4.0, rel=0.02)
    assert learnt[:2] == pytest.approx(PRIOR.centre[:2], abs=1e-3)


def test_bounds_hold_the_parameters():
    learnt = maximise(of_noise, PRIOR, steps=50, bounds=(-5.0, np.log(2.0)), by_differences=True)
    assert PRIOR.read(learnt).noise == pytest.approx(2.0)


def test_parameters_that_the_evidence_says_nothing_of_are_as_unsure_as_their_prior():
    nothing = lambda parameters: [(0.0, np.zeros(3))]  # noqa: E731 - three lines would say no more
    assert laplace_deviations(nothing, PRIOR, PRIOR.centre) == pytest.approx([1.0, 1.0, 1.0])
