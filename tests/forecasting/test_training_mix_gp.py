"""How measured languages move with the mix."""

from __future__ import annotations

import numpy as np
import pytest
from planted import world
from scipy.optimize import check_grad

from isogloss.forecasting import training_mix_gp
from isogloss.forecasting.gaussian_process import SOURCE_LENGTH, SourceFeatures
from isogloss.forecasting.grid import Array, Grid, TrainingMixes
from isogloss.forecasting.training_mix_gp import PRIOR, TrainingMixGP, log_likelihoods

PLANTED = world(5, languages=6, sources=4, mixes=12)
ASKED = TrainingMixes.read(PLANTED.mixes[10:])


def grid(rows: slice) -> Grid:
    return Grid.read(PLANTED.evidence(rows=rows).observations)


@pytest.fixture(scope="module")
def few() -> Grid:
    return grid(slice(0, 8))


@pytest.fixture(scope="module")
def many() -> Grid:
    return grid(slice(0, 10))


@pytest.fixture(scope="module")
def told(few) -> Array:
    """Scores and their spread, where nothing is kept."""
    return both(TrainingMixGP().fit(few))


def both(model: TrainingMixGP) -> Array:
    scores, spread = model.predict(ASKED)
    return np.concatenate([scores, spread[None]])


def test_a_second_answer_is_the_first(few, told):
    model = TrainingMixGP().fit(few)
    both(model)
    assert np.array_equal(both(model), told)


def test_two_models_asked_in_turn_answer_as_if_each_were_alone(few, many, told):
    model, other = TrainingMixGP().fit(few), TrainingMixGP().fit(many)
    both(model), both(other)
    assert np.array_equal(both(model), told)


def test_a_model_fitted_again_forgets_what_it_kept(few, many, told):
    model = TrainingMixGP().fit(many)
    both(model)
    assert np.array_equal(both(model.fit(few)), told)


def test_what_is_too_large_to_keep_is_computed_anew(few, told, monkeypatch):
    monkeypatch.setattr(training_mix_gp, "MOST_KEPT", 0)
    model = TrainingMixGP().fit(few)
    both(model)
    assert np.array_equal(both(model), told)


def test_the_slope_of_the_likelihood_is_that_of_its_differences():
    chance = np.random.default_rng(1)
    start = PRIOR.centre + chance.normal(0, 0.2, len(PRIOR))
    rows = chance.normal(size=(12, 5))
    lengths = PRIOR.read(start).lengths
    squares = {name: (rows[:, [place]] - rows[:, place]) ** 2 for place, name in enumerate(lengths)}
    sources = np.exp(-((chance.normal(size=(12, 1)) - chance.normal(size=12)) ** 2))
    own = {"own": squares.pop("own"), "relevant": squares.pop("relevant"), "sources": sources @ sources.T / 12}
    cases = [(own, chance.normal(size=12))]

    def value(parameters):
        return next(log_likelihoods(parameters, squares, cases))[0]

    def slope(parameters):
        return next(log_likelihoods(parameters, squares, cases))[1]

    assert check_grad(value, slope, start) < 1e-3


def test_features_of_sources_multiply_to_a_kernel_that_adds_up_over_sources():
    chance = np.random.default_rng(2)
    doses, weights = chance.choice([0.0, 2.4, 4.6, 6.2], (15, 4)), chance.uniform(size=4)
    features = SourceFeatures(doses)
    asked = chance.uniform(0, 6, (3, 4))
    gaps = asked[:, None] - doses
    direct = (np.exp(-0.5 * gaps**2 / SOURCE_LENGTH**2) * weights).sum(2)
    product = (features.of(asked) * weights[features.sources]) @ features.of(doses).T
    assert product == pytest.approx(direct, abs=1e-6)
