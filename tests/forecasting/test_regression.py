"""The process that foretells one language's scores from its runs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isogloss.forecasting import gaussian_process
from isogloss.forecasting.gaussian_process import StudentProcess, likely_noise

PLACES = np.linspace(0, 6, 40)
COVARIANCE = np.exp(-0.5 * (PLACES[:, None] - PLACES) ** 2)
NOISE = 0.01


def smooth() -> np.ndarray:
    return np.sin(PLACES) + np.random.default_rng(0).normal(0, 0.1, len(PLACES))


def test_a_run_that_collapsed_moves_its_neighbours_less_than_least_squares_would():
    response = smooth()
    response[20] -= 5
    around = [18, 19, 21, 22]
    mean = StudentProcess.fit(COVARIANCE, response, NOISE).mean(COVARIANCE[around])
    plain = COVARIANCE[around] @ np.linalg.solve(COVARIANCE + NOISE * np.eye(len(PLACES)), response)
    truth = np.sin(PLACES[around])
    assert np.abs(mean - truth).max() < 0.2
    assert np.abs(plain - truth).min() > 0.5


def test_without_a_strange_run_it_is_nearly_least_squares():
    response = smooth()
    mean = StudentProcess.fit(COVARIANCE, response, NOISE).mean(COVARIANCE)
    plain = COVARIANCE @ np.linalg.solve(COVARIANCE + NOISE * np.eye(len(PLACES)), response)
    assert mean == pytest.approx(plain, abs=0.06)


@pytest.mark.parametrize("noise", [0.003, 0.05, 1.0])
def test_a_search_for_the_noise_of_many_runs_ends_where_a_decomposition_does(noise, monkeypatch):
    places = np.linspace(0, 20, 200)
    covariance = np.exp(-0.5 * (places[:, None] - places) ** 2)
    response = np.sin(places) + np.random.default_rng(1).normal(0, np.sqrt(noise), 200)
    searched = likely_noise(covariance, response, 0.1, 0.1)
    monkeypatch.setattr(gaussian_process, "FEW_ROWS", 200)
    assert searched == likely_noise(covariance, response, 0.1, 0.1)


@given(seed=st.integers(0, 2**32 - 1), rows=st.sampled_from([12, 160]))
@settings(max_examples=20, deadline=None)
def test_the_noise_outweighs_what_distances_lack_to_a_metric(seed, rows):
    chance = np.random.default_rng(seed)
    between = np.triu(chance.uniform(0.05, 0.6, (rows, rows)), 1)
    covariance = np.exp(-(between + between.T))
    assert np.linalg.eigvalsh(covariance)[0] < 0
    response = chance.normal(size=rows)
    process = StudentProcess.fit(covariance, response, likely_noise(covariance, response, 0.01, 0.01))
    assert np.isfinite(process.weights).all()
