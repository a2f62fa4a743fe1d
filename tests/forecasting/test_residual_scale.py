"""How unsure a forecast of an unmeasured language is, learnt from languages that were held out."""

from __future__ import annotations

import numpy as np
import pytest
from planted import POOL

from isogloss.forecasting.ensemble import ResidualScale
from isogloss.forecasting.grid import Grid, TrainingMixes

EUROPE = ("dan", "deu", "nld", "nno", "swe")
INDIA = ("ben", "guj", "hin", "mar", "kan")
TARGETS = tuple(sorted((*EUROPE, *INDIA)))


def grid(targets=TARGETS, mixes=("eng:100", "fra:100")) -> Grid:
    scores = np.full((len(mixes), len(targets)), 0.5)
    return Grid(TrainingMixes.read(mixes), tuple(targets), scores, True, 100.0)


def residuals(of: Grid, **sizes: float) -> np.ndarray:
    """The same residual in every mix, by language."""
    return np.tile([sizes.get(target, 0.1) for target in of.targets], (len(of.mixes.texts), 1))


def test_equal_residuals_are_expected_everywhere():
    of = grid()
    scale = ResidualScale(of, of.scores, residuals(of))
    np.testing.assert_allclose(scale.predict(of.mixes, ["isl", "tha"], np.full((2, 2), 0.5)), 0.1, rtol=0.05)
    np.testing.assert_allclose(scale.held_out_, 0.1, rtol=0.05)


def test_neighbours_that_were_hard_make_a_forecast_unsure():
    of = grid(TARGETS[:9])  # too few languages for trees
    scale = ResidualScale(of, of.scores, residuals(of, **dict.fromkeys(INDIA, 0.5)))
    assert not scale.by_trees_
    near_india, near_europe = scale.predict(of.mixes, ["urd", "isl"], np.full((2, 2), 0.5)).T
    assert (near_india > 1.2 * near_europe).all()


def test_what_is_expected_of_a_language_does_not_look_at_its_own_residual():
    of = grid()
    before = ResidualScale(of, of.scores, residuals(of)).held_out_
    hard = ResidualScale(of, of.scores, residuals(of, deu=5.0))
    column = of.targets.index("deu")
    others = hard.mean_ / 0.1  # everybody's mean holds its residual too, and nothing else does
    assert (hard.held_out_[:, column] / before[:, column] <= others).all()


def test_a_mix_that_was_not_measured_takes_each_language_s_mean():
    of = grid(TARGETS[:9])
    found = residuals(of)
    found[0] *= 2
    scale = ResidualScale(of, of.scores, found)
    first, second, new = (
        scale.predict(TrainingMixes.read([text]), ["isl"], np.array([[0.5]])).item()
        for text in ("eng:100", "fra:100", "tur:9")
    )
    assert second < new < first
    assert new == pytest.approx((first + second) / 2)


def test_gaps_are_left_out():
    of = grid(TARGETS[:9])
    found = residuals(of)
    found[:, 3] = np.nan
    scale = ResidualScale(of, of.scores, found)
    assert np.isfinite(scale.predict(of.mixes, ["isl"], np.full((2, 1), 0.5))).all()
    assert scale.mean_ == pytest.approx(0.1)


def test_no_residual_at_all_expects_one_unit_everywhere():
    of = grid(TARGETS[:3])
    scale = ResidualScale(of, of.scores, np.full(of.scores.shape, np.nan))
    np.testing.assert_allclose(scale.predict(of.mixes, ["isl"], np.full((2, 1), 0.5)), 1.0)


def test_trees_are_kept_where_they_know_better_than_neighbours():
    """Forecasts above 0.5 were ten times as far off as those below, whoever the language was."""
    chance = np.random.default_rng(0)
    of = grid(POOL[:60], tuple(f"eng:{100 * size}" for size in range(1, 11)))
    forecasts = chance.uniform(0.2, 0.8, of.scores.shape)
    found = np.abs(chance.normal(size=forecasts.shape)) * np.where(forecasts > 0.5, 0.1, 0.01)
    scale = ResidualScale(of, forecasts, found)
    assert scale.by_trees_
    sure, unsure = scale.predict(TrainingMixes.read(["eng:500"]), ["quy", "grn"], np.array([[0.3, 0.7]])).ravel()
    assert unsure > 3 * sure


def test_with_few_languages_neighbours_are_kept_even_where_trees_seem_better():
    """Which of the two is better is told by luck then: on UDPOS, choosing cost 6 points of coverage."""
    chance = np.random.default_rng(0)
    of = grid(POOL[:40], tuple(f"eng:{100 * size}" for size in range(1, 11)))
    forecasts = chance.uniform(0.2, 0.8, of.scores.shape)
    found = np.abs(chance.normal(size=forecasts.shape)) * np.where(forecasts > 0.5, 0.1, 0.01)
    assert not ResidualScale(of, forecasts, found).by_trees_
