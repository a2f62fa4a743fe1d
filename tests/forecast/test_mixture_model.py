"""How measured languages move with the mixture: what is kept from one question to the next changes no answer."""

from __future__ import annotations

import numpy as np
import pytest
from planted import world

from isogloss.forecast import mixtures
from isogloss.forecast.grid import Array, Grid, Mixtures
from isogloss.forecast.mixtures import MixtureModel

PLANTED = world(5, languages=6, sources=4, mixtures=12)
ASKED = Mixtures.read(PLANTED.mixtures[10:])


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
    return both(MixtureModel().fit(few))


def both(model: MixtureModel) -> Array:
    scores, spread = model.predict(ASKED)
    return np.concatenate([scores, spread[None]])


def test_a_second_answer_is_the_first(few, told):
    model = MixtureModel().fit(few)
    both(model)
    assert np.array_equal(both(model), told)


def test_two_models_asked_in_turn_answer_as_if_each_were_alone(few, many, told):
    model, other = MixtureModel().fit(few), MixtureModel().fit(many)
    both(model), both(other)
    assert np.array_equal(both(model), told)


def test_a_model_fitted_again_forgets_what_it_kept(few, many, told):
    model = MixtureModel().fit(many)
    both(model)
    assert np.array_equal(both(model.fit(few)), told)


def test_what_is_too_large_to_keep_is_computed_anew(few, told, monkeypatch):
    monkeypatch.setattr(mixtures, "MOST_KEPT", 0)
    model = MixtureModel().fit(few)
    both(model)
    assert np.array_equal(both(model), told)
