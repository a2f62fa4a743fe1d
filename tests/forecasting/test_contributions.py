"""Contributions add up to the forecasts of base learners."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from planted import world

from isogloss.forecasting.grid import Grid, TrainingMixes, fill
from isogloss.forecasting.grid_model import UNEXPLAINED, Contribution
from isogloss.forecasting.kernel import KernelModel
from isogloss.forecasting.kriging import RegressionKriging

TARGET = "yor"


@pytest.fixture(scope="module")
def grid() -> Grid:
    return Grid.read(world(0, languages=10, sources=4, mixes=10).evidence(hidden=(TARGET,)).observations)


def total(contributions: list[Contribution]) -> float:
    return sum(part.value for part in contributions)


def test_contributions_to_kriging_and_trees_add_up_to_their_forecasts(grid):
    measured = fill(grid.scores)[:1]
    mix = grid.mixes.take(np.array([0]))
    model = RegressionKriging().fit(grid, fill(grid.scores))
    scores, _ = model.predict([TARGET], mix.sizes, mix.sources, measured)
    by_learner = [total(parts) for parts in model.contributions(mix, TARGET, measured)]
    assert measured.mean() + np.array(by_learner) == pytest.approx(scores[:, 0, 0])


def test_contributions_to_trees_are_named_by_their_features(grid):
    mix = grid.mixes.take(np.array([0]))
    model = RegressionKriging().fit(grid, fill(grid.scores))
    _, kriging, trees = model.contributions(mix, TARGET, fill(grid.scores)[:1])
    for name in ("web text", "own examples", "script distance of the nearest source"):
        assert name in {part.name for part in kriging}
        assert name in {part.name for part in trees}
    assert [part.name for part in trees if part.group == UNEXPLAINED] == [
        "mean of the trees over what they were fitted to"
    ]


@pytest.mark.parametrize("gaps", [False, True])
def test_contributions_to_the_kernel_add_up_to_its_forecast(grid, gaps):
    if gaps:
        grid = replace(grid, scores=np.where(np.eye(*grid.scores.shape), np.nan, grid.scores))
    model = KernelModel().fit(grid)
    mix, measured = TrainingMixes.read(["eng:777"]), fill(grid.scores)[:1]
    (contributions,) = model.language_contributions(mix, TARGET, measured, 0.25)
    forecast, _ = model.predict_languages(mix, [TARGET], measured)
    assert 0.25 + total(contributions) == pytest.approx(forecast[0, 0, 0], abs=1e-6)


def test_one_measured_language_leaves_nothing_to_add_up(grid):
    alone = replace(grid, scores=grid.scores[:, :1], targets=grid.targets[:1])
    model = RegressionKriging().fit(alone, alone.scores)
    assert model.contributions(grid.mixes.take(np.array([0])), TARGET, alone.scores[:1]) == [[], [], []]
