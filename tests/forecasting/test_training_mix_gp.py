"""How measured languages move with the mix."""

from __future__ import annotations

import gc
from copy import deepcopy
from weakref import ref

import numpy as np
import pytest
from planted import world

from isogloss.forecasting import training_mix_gp
from isogloss.forecasting.gaussian_process import StudentProcess
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


def test_a_copy_answers_from_what_was_learnt(few, told, monkeypatch):
    model = TrainingMixGP().fit(few)
    both(model)
    monkeypatch.setattr(StudentProcess, "fit", None)
    np.testing.assert_allclose(both(deepcopy(model)), told, rtol=0, atol=1e-12)


@pytest.mark.parametrize("columns", [(), [3], [4, 0]])
def test_the_spread_of_some_targets_is_that_of_all_of_them(few, told, columns):
    scores, spread = deepcopy(TrainingMixGP().fit(few)).predict(ASKED, columns)
    assert np.array_equal(scores, told[:-1])
    assert np.array_equal(spread, told[-1][:, columns])


def test_no_more_processes_are_kept_than_there_is_room_for(few, told, monkeypatch):
    models = [TrainingMixGP().fit(few) for _ in range(3)]
    monkeypatch.setattr(training_mix_gp, "MOST_KEPT", 2 * models[0]._bytes())
    for model in models:
        assert np.array_equal(both(model), told)
    assert [model in training_mix_gp._KEPT for model in models] == [False, True, True]


def test_a_model_that_nobody_holds_any_longer_is_forgotten(few):
    model = TrainingMixGP().fit(few)
    both(model), both(copy := deepcopy(model))
    forgotten = [ref(model), ref(copy)]
    del model, copy
    gc.collect()
    assert [one() for one in forgotten] == [None, None]


def test_a_model_fitted_again_forgets_what_it_kept(few, many, told):
    model = TrainingMixGP().fit(many)
    both(model)
    assert np.array_equal(both(model.fit(few)), told)


def test_what_is_too_large_to_keep_is_computed_anew(few, told, monkeypatch):
    monkeypatch.setattr(training_mix_gp, "MOST_KEPT", 0)
    model = TrainingMixGP().fit(few)
    both(model)
    assert np.array_equal(both(model), told)
