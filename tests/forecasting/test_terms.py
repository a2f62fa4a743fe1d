"""What models say that their forecasts add up, adds up to their forecasts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from planted import world

from isogloss.forecasting.grid import Grid, TrainingMixes, fill
from isogloss.forecasting.kernel import KernelModel
from isogloss.forecasting.regression_kriging import RegressionKriging

ASKED = "yor"


@pytest.fixture(scope="module")
def grid() -> Grid:
    return Grid.read(world(0, languages=10, sources=4, mixes=10).evidence(hidden=(ASKED,)).observations)


def test_terms_of_kriging_and_trees_add_up_to_their_forecasts(grid):
    known = fill(grid.scores)[:1]
    model = RegressionKriging().fit(grid, fill(grid.scores))
    sizes, sources = grid.mixes.sizes[:1], grid.mixes.sources
    (_, kriging, trees), _ = model.predict([ASKED], sizes, sources, known)
    terms = model.terms(ASKED, sizes, sources, known)
    start = known.mean()
    of_level = terms.level.sum() + terms.carried @ model.levels_
    assert start + of_level + terms.shape.sum() + terms.neighbours @ terms.rest == pytest.approx(kriging[0, 0])
    assert start + terms.trees.sum() + terms.neighbours @ terms.rest_of_trees == pytest.approx(trees[0, 0])


@pytest.mark.parametrize("gaps", [False, True])
def test_terms_of_the_kernel_add_up_to_its_forecast(grid, gaps):
    if gaps:
        grid = replace(grid, scores=np.where(np.eye(*grid.scores.shape), np.nan, grid.scores))
    model = KernelModel().fit(grid)
    asked = TrainingMixes.read(["eng:777"])
    terms = model.terms(asked, ASKED)
    forecast, _ = model.predict_languages(asked, [ASKED], grid.scores[:1])
    total = terms.centre + terms.mean.sum() + (terms.weights * terms.rest).sum()
    assert total == pytest.approx(forecast[0, 0, 0], abs=1e-6)
    assert (terms.weights[np.isnan(grid.scores)] == 0).all()


def test_one_measured_language_has_nothing_to_add_up(grid):
    alone = replace(grid, scores=grid.scores[:, :1], targets=grid.targets[:1])
    model = RegressionKriging().fit(alone, alone.scores)
    with pytest.raises(ValueError, match="one measured language"):
        model.terms(ASKED, grid.mixes.sizes[:1], grid.mixes.sources, alone.scores[:1])
