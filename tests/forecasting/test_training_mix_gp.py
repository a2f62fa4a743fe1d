"""How measured languages move with the mix."""

from __future__ import annotations

import numpy as np
import pytest
from planted import world

from isogloss.forecasting import training_mix_gp
from isogloss.forecasting.grid import Array, Grid, TrainingMixes
from isogloss.forecasting.training_mix_gp import TrainingMixGP

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
