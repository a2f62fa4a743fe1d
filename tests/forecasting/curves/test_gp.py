"""Curves of all languages as one Gaussian process."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from planted_curves import planted
from scipy.optimize import approx_fprime

from isogloss.forecasting.curves import CurveGP, Points
from isogloss.forecasting.curves.gp import JITTER, PRIOR, curve_covariance, curve_likelihood


@pytest.fixture(scope="module")
def points() -> Points:
    return Points.read(planted(languages=["deu", "fra", "spa", "tur"]).observations)


@pytest.fixture(scope="module")
def fitted(points) -> CurveGP:
    return CurveGP().fit(points)


def test_the_slope_of_the_likelihood_is_that_of_its_differences(points):
    same = points.language[:, None] == points.language
    response = (points.scores - points.scores.mean()) / points.scores.std()
    given = (points.features, same, response, 1 / points.runs, np.zeros(len(points)))
    at = PRIOR.centre + 0.2 * np.random.default_rng(0).standard_normal(len(PRIOR))
    slope = approx_fprime(at, lambda parameters: curve_likelihood(parameters, *given)[0], 1e-6)
    assert curve_likelihood(at, *given)[1] == pytest.approx(slope, abs=1e-3)


def test_what_the_others_say_of_a_group_is_regression_on_the_others(points, fitted):
    group = np.flatnonzero(points.of("fra"))[2:5]
    rest = np.setdiff1d(np.arange(len(points)), group)
    same = points.language[:, None] == points.language
    covariance = curve_covariance(fitted.parameters_, points.features, points.features, same)
    noise = np.diag(fitted.noise_[points.language] + JITTER)
    response = points.scores - points.scores.mean()
    weights = np.linalg.solve((covariance + noise)[np.ix_(rest, rest)], response[rest])
    expected = points.scores.mean() + covariance[np.ix_(group, rest)] @ weights
    mean, spread = fitted.held_out([group])
    assert mean[group] == pytest.approx(expected, abs=1e-8)
    assert np.isnan(np.delete(mean, group)).all()
    assert (spread[group] > 0).all()


def test_the_order_of_points_does_not_matter(points, fitted):
    shuffled = points.take(np.random.default_rng(0).permutation(len(points)))
    other = CurveGP(fitted.parameters_).fit(shuffled)
    same = CurveGP(fitted.parameters_).fit(points)
    for language in ("deu", "swa"):
        assert other.predict(points.features, language)[0] == pytest.approx(same.predict(points.features, language)[0])


def test_the_same_points_give_the_same_process(points, fitted):
    again = CurveGP().fit(points)
    assert (again.parameters_ == fitted.parameters_).all()


def test_a_language_never_seen_follows_the_others_less_surely(points, fitted):
    features = points.features[points.of("deu")]
    mean, unsure = fitted.predict(features, "swa")
    _, sure = fitted.predict(features, "deu")
    assert (unsure > 2 * sure).all()
    assert points.scores.min() < mean.min() < mean.max() < points.scores.max()


def test_a_forecast_as_unsure_as_can_be_says_nothing(points, fitted):
    asked = points.features[points.of("deu")]
    nothing = points.with_forecast("swa", asked[:1], 0.9, 1e9, "eng:1000")
    told = CurveGP(fitted.parameters_).fit(nothing).predict(asked, "swa")[0]
    # The mean of all scores, from which the process starts, moves with the one that was added.
    assert told == pytest.approx(CurveGP(fitted.parameters_).fit(points).predict(asked, "swa")[0], abs=0.01)


def test_a_language_that_scatters_gets_noise_of_its_own(points):
    wild = points.of("tur")
    scatter = 0.05 * np.random.default_rng(1).standard_normal(len(points)) * wild
    noise = CurveGP().fit(replace(points, scores=points.scores + scatter)).noise_
    assert noise[points.position("tur")] > 2 * np.delete(noise, points.position("tur")).max()


def test_sizes_nobody_measured_leave_the_bend_unsure():
    few = CurveGP().fit(Points.read(planted(sizes=(0, 100, 1000)).observations))
    many = CurveGP().fit(Points.read(planted().observations))
    assert few.doubt_[0] > 1.5 * many.doubt_[0]


def test_given_parameters_are_not_learnt_again(points, fitted):
    taken = CurveGP(fitted.parameters_).fit(points)
    assert (taken.parameters_ == fitted.parameters_).all()
    assert (taken.doubt_ == 0).all()
