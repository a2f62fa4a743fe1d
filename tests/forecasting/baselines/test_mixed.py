"""Partial pooling: languages and mixes keep their own means as far as the evidence goes."""

from __future__ import annotations

import numpy as np
import pytest
from planted import POOL, world

from isogloss.forecasting import Mixed, ask
from isogloss.forecasting.baselines.mixed import MixedModel
from isogloss.forecasting.features import language_features, own_dose, space, total_dose
from isogloss.forecasting.grid import Grid, TrainingMixes

TWELVE = POOL[:12]


def test_mixed_draws_a_language_that_was_measured_once_to_the_others(measured):
    """Eleven languages at .5 under nine mixes, one at .9 under one of them."""
    chance = np.random.default_rng(0)
    cells = [
        (target, f"{source}:100", 0.5 + 0.02 * chance.standard_normal())
        for target in TWELVE[1:]
        for source in TWELVE[1:10]
    ]
    seldom, often = (
        forecast(measured([*cells, *extra]))
        for extra in (
            [(TWELVE[0], f"{TWELVE[2]}:100", 0.9)],
            [(TWELVE[0], f"{source}:100", 0.9) for source in TWELVE[2:10]],
        )
    )
    assert 0.5 < seldom < often < 0.9


def test_mixed_recovers_planted_variances():
    """Languages of sd .1, mixes of .04, noise of .02, covariates without meaning; 40 x 40."""
    chance = np.random.default_rng(1)
    scores = 0.5 + 0.1 * chance.standard_normal(40) + 0.04 * chance.standard_normal((40, 1))
    scores += 0.02 * chance.standard_normal((40, 40))
    texts = [f"{source}:100" for source in sorted(POOL[20:60])]
    grid = Grid(TrainingMixes.read(texts), tuple(sorted(POOL[:40])), scores, True, 1000.0)
    model = MixedModel().fit(grid)
    of_languages, of_mixes = model.noise_ * np.exp(model.variances_[1:] / 2)
    assert model.noise_ == pytest.approx(0.02, rel=0.1)
    assert of_languages == pytest.approx(0.1, rel=0.25)
    assert of_mixes == pytest.approx(0.04, rel=0.25)


def test_answers_are_the_best_linear_unbiased_predictions_from_the_covariance_of_all_cells():
    """Mixes are eliminated from the equations, which changes no answer."""
    grid = Grid.read(world(3, languages=16, sources=6, mixes=20).evidence().observations)
    model = MixedModel().fit(grid)
    rows, columns = (at.ravel() for at in np.indices(grid.scores.shape))
    sizes, sources = grid.mixes.sizes, grid.mixes.sources
    doses = np.stack([total_dose(sizes)[rows], own_dose(sizes, sources, grid.targets)[rows, columns]], axis=1)
    factors = language_features(space(sources, grid.targets), grid.targets, sources, sizes)
    factors = np.clip((factors - factors.mean(0)) / np.where(factors.std(0) > 1e-6, factors.std(0), np.inf), -2.5, 2.5)
    slopes, languages, mixes = np.exp(model.variances_)
    fixed = np.column_stack([np.ones(len(rows)), (doses - doses.mean(0)) / doses.std(0)])
    covariance = slopes * factors[columns] @ factors[columns].T
    covariance += languages * (columns[:, None] == columns) + mixes * (rows[:, None] == rows)
    inverse = np.linalg.inv(covariance + np.eye(len(rows)))
    scores = grid.scores.ravel()
    coefficients = np.linalg.solve(fixed.T @ inverse @ fixed, fixed.T @ inverse @ scores)
    expected = fixed @ coefficients + covariance @ inverse @ (scores - fixed @ coefficients)
    np.testing.assert_allclose(model.predict_mixes(grid.mixes)[0][0].ravel(), expected, atol=1e-6)


def forecast(evidence) -> float:
    """Of the first language under the second's mix."""
    queries = ask(task="t", model="m", train=f"{TWELVE[1]}:100", targets=[TWELVE[0]])
    return Mixed().fit(evidence).predict(queries)["mean"].item()
