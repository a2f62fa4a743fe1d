"""The process that foretells one language's scores from its runs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import check_grad

from isogloss.forecasting.features import SOURCE_LENGTH, SourceFeatures
from isogloss.forecasting.process import Process
from isogloss.forecasting.training_mix_gp import LENGTHS, PRIOR, WEIGHTS, _evidence_loss

PLACES = np.linspace(0, 6, 40)
COVARIANCE = np.exp(-0.5 * (PLACES[:, None] - PLACES) ** 2)
NOISE = 0.01


def smooth() -> np.ndarray:
    return np.sin(PLACES) + np.random.default_rng(0).normal(0, 0.1, len(PLACES))


def test_a_run_that_collapsed_moves_its_neighbours_less_than_least_squares_would():
    response = smooth()
    response[20] -= 5
    around = [18, 19, 21, 22]
    mean, _ = Process(COVARIANCE, response, NOISE).predict(COVARIANCE[around], 1.0)
    plain = COVARIANCE[around] @ np.linalg.solve(COVARIANCE + NOISE * np.eye(len(PLACES)), response)
    truth = np.sin(PLACES[around])
    assert np.abs(mean - truth).max() < 0.2
    assert np.abs(plain - truth).min() > 0.5


def test_without_a_strange_run_it_is_nearly_least_squares():
    response = smooth()
    mean, _ = Process(COVARIANCE, response, NOISE).predict(COVARIANCE, 1.0)
    plain = COVARIANCE @ np.linalg.solve(COVARIANCE + NOISE * np.eye(len(PLACES)), response)
    assert mean == pytest.approx(plain, abs=0.06)


def test_the_slope_of_the_evidence_is_that_of_its_differences():
    chance = np.random.default_rng(1)
    rows = chance.normal(size=(12, 5))
    squares = {name: (rows[:, [place]] - rows[:, place]) ** 2 for place, name in enumerate(LENGTHS)}
    sources = np.exp(-((chance.normal(size=(12, 1)) - chance.normal(size=12)) ** 2))
    own = {"own": squares.pop("own"), "relevant": squares.pop("relevant"), "sources": sources @ sources.T / 12}
    cases = [(own, chance.normal(size=12))]
    start = PRIOR + chance.normal(0, 0.2, len(PRIOR))
    assert len(PRIOR) == len(WEIGHTS) + len(LENGTHS) + 1
    loss = lambda at: _evidence_loss(at, squares, cases)[0]  # noqa: E731 - scipy asks for two functions
    slope = lambda at: _evidence_loss(at, squares, cases)[1]  # noqa: E731 - likewise
    assert check_grad(loss, slope, start) < 1e-3


def test_features_of_sources_multiply_to_a_kernel_that_adds_up_over_sources():
    chance = np.random.default_rng(2)
    doses, weights = chance.choice([0.0, 2.4, 4.6, 6.2], (15, 4)), chance.uniform(size=4)
    features = SourceFeatures(doses)
    asked = chance.uniform(0, 6, (3, 4))
    gaps = asked[:, None] - doses
    direct = (np.exp(-0.5 * gaps**2 / SOURCE_LENGTH**2) * weights).sum(2)
    product = (features.of(asked) * weights[features.sources]) @ features.of(doses).T
    assert product == pytest.approx(direct, abs=1e-6)
