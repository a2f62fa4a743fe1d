"""The kernel: a Gaussian process over mixes and languages."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from planted import single_source_world, world

from isogloss.forecasting import cross_validation
from isogloss.forecasting.baselines.simple import AdditiveModel, LanguageMeanModel, MeanModel
from isogloss.forecasting.cross_validation import HeldOutPredictions, hold_out_languages, hold_out_mixes
from isogloss.forecasting.grid import Grid, TrainingMixes
from isogloss.forecasting.kernel import KernelModel


def grid_of(evidence) -> Grid:
    return Grid.read(evidence.observations)


@pytest.fixture(scope="module")
def planted() -> Grid:
    """A complete grid of mixes x languages."""
    return grid_of(world(3, languages=16, sources=6, mixes=20).evidence())


def test_kernel_leaves_languages_out_as_if_it_had_been_fitted_without_them(planted):
    """The closed form against refits with the same parameters, as target only and as source too."""
    model = KernelModel().fit(planted)
    for as_sources in (False, True):
        found, deviations = model.leave_languages_out(as_sources=as_sources)
        for column, target in enumerate(planted.targets):
            others = np.array([name != target for name in planted.targets])
            rest = planted.without_languages([target]) if as_sources else planted.with_targets(others)
            expected, _ = model.for_fold().fit(rest).predict_languages(rest.mixes, [target], rest.scores)
            rows = [planted.mixes.texts.index(text) for text in rest.mixes.texts]
            np.testing.assert_allclose(found[rows, column], expected[0][:, 0], atol=1e-8)
            assert (deviations[rows, column] > 0).all()


def test_kernel_leaves_no_languages_out_in_closed_form_where_there_are_gaps(measured):
    grid = grid_of(measured([("deu", "eng:1", 0.5), ("fra", "hin:1", 0.5)]))
    with pytest.raises(ValueError, match="gaps"):
        KernelModel().fit(grid).leave_languages_out()


@pytest.fixture(scope="module")
def worlds() -> list[Grid]:
    """Four worlds whose scores are smooth over languages and mixes by construction."""
    return [grid_of(single_source_world(seed, languages=24).evidence()) for seed in range(4, 8)]


def error(opinions: HeldOutPredictions) -> float:
    return float(np.nanmean(np.abs(opinions.scores[0] - opinions.truth)))


def test_kernel_errs_a_twelfth_less_than_the_mean_on_unmeasured_languages_over_four_worlds(worlds):
    models = (KernelModel, MeanModel)
    kernel, mean = (sum(error(hold_out_languages(model().fit(grid), grid)) for grid in worlds) for model in models)
    assert kernel < 11 / 12 * mean


def test_kernel_errs_less_than_two_thirds_of_the_languages_mean_on_new_mixes_in_each_of_four_worlds(worlds):
    for grid in worlds:
        kernel, mean = (error(hold_out_mixes(model().fit(grid), grid)) for model in (KernelModel, LanguageMeanModel))
        assert kernel < 2 / 3 * mean


def test_of_a_large_grid_some_folds_of_mixes_tell_enough(worlds, monkeypatch):
    grid = worlds[0]
    every = hold_out_mixes(KernelModel().fit(grid), grid)
    assert every.truth.shape == grid.scores.shape
    monkeypatch.setattr(cross_validation, "ENOUGH_CELLS", 2)
    first = hold_out_mixes(KernelModel().fit(grid), grid)
    assert first.truth.shape[0] == -(-len(grid.mixes.texts) // cross_validation.MIX_FOLDS)
    assert np.array_equal(first.scores, every.scores[:, : len(first.truth)])


@pytest.mark.parametrize("gaps", [0.05, 0.6])
def test_kernel_fills_gaps_better_than_the_two_way_fit(worlds, gaps):
    for grid in worlds[:1]:
        gap = np.random.default_rng(0).random(grid.scores.shape) < gaps
        holed = replace(grid, scores=np.where(gap, np.nan, grid.scores))
        kernel, additive = (
            model().fit(holed).predict_mixes(holed.mixes)[0][0] for model in (KernelModel, AdditiveModel)
        )
        assert np.abs(kernel - grid.scores)[gap].mean() < np.abs(additive - grid.scores)[gap].mean()


def test_kernel_takes_in_an_even_sample_of_very_many_mixes():
    chance = np.random.default_rng(0)
    texts = sorted({f"eng:{size}" for size in range(1, 1500)})
    sizes = np.array([int(text.partition(":")[2]) for text in texts])
    scores = np.log(sizes)[:, None] / 10 + 0.01 * chance.standard_normal((len(texts), 2))
    grid = Grid(TrainingMixes.read(texts), ("deu", "fra"), scores, True, 1000.0)
    model = KernelModel().fit(grid)
    assert len(model.grid_.mixes.texts) == 1200
    assert model.predict_mixes(TrainingMixes.read(["eng:700"]))[0] == pytest.approx(np.log(700) / 10, abs=0.02)
