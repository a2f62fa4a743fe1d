"""What each peer forecaster stands for, on evidence whose answer is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from planted import POOL, single_source_world, world

from isogloss.errors import UnknownName
from isogloss.forecasting import Kernel, LangRank, LanguageMean, Litmus, Mixed, Trees, ask
from isogloss.forecasting.cross_validation import HeldOutPredictions, hold_out_languages, hold_out_mixes
from isogloss.forecasting.grid import Grid, TrainingMixes
from isogloss.forecasting.kernel import KernelModel
from isogloss.forecasting.peers.additive import AdditiveModel
from isogloss.forecasting.peers.language_mean import LanguageMeanModel
from isogloss.forecasting.peers.litmus import reciprocal_ranks
from isogloss.forecasting.peers.mean import MeanModel
from isogloss.forecasting.peers.mixed import MixedModel
from isogloss.forecasting.peers.trees import OWN, TOTAL, _cells
from isogloss.languages import features, register_similarity, similarities

TWELVE = POOL[:12]


def means(forecaster, evidence, train: str, *targets: str) -> list[float]:
    queries = ask(task="t", model="m", train=train, targets=targets)
    return forecaster.fit(evidence).predict(queries)["mean"].to_list()


def grid_of(evidence) -> Grid:
    return Grid.read(evidence.observations)


@pytest.fixture(scope="module")
def planted() -> Grid:
    """A complete grid of mixes x languages."""
    return grid_of(world(3, languages=16, sources=6, mixes=20).evidence())


@pytest.fixture
def overlap(monkeypatch):
    """A registered overlap: half for every two languages."""
    monkeypatch.setattr(similarities, "_added", {})
    pairs = [(one, other, 0.5) for one in TWELVE for other in TWELVE if one != other]
    table = pl.DataFrame(pairs, schema=["lang_a", "lang_b", "similarity"], orient="row")
    register_similarity("overlap", table)


def test_language_mean_is_the_mean_over_mixes_and_of_all_scores_elsewhere(measured):
    cells = [("deu", "eng:100", 0.9), ("deu", "hin:100", 0.7), ("urd", "eng:100", 0.2)]
    assert means(LanguageMean(), measured(cells), "tur:9", "deu", "urd", "yor") == pytest.approx([0.8, 0.2, 0.6])


def test_mixed_draws_a_language_that_was_measured_once_to_the_others(measured):
    """Eleven languages at .5 under nine mixes, one at .9 under one of them."""
    chance = np.random.default_rng(0)
    cells = [
        (target, f"{source}:100", 0.5 + 0.02 * chance.standard_normal())
        for target in TWELVE[1:]
        for source in TWELVE[1:10]
    ]
    seldom, often = (
        means(Mixed(), measured([*cells, *extra]), f"{TWELVE[1]}:100", TWELVE[0])[0]
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


def test_mixed_answers_as_its_equations_do_when_every_cell_is_written_out(planted):
    """Best linear unbiased prediction from the covariance of all cells: the elimination of mixes is exact."""
    model = MixedModel().fit(planted)
    rows, columns = (at.ravel() for at in np.indices(planted.scores.shape))
    doses = model._doses(model._raw_doses(planted.mixes, planted.targets))[rows, columns]
    factors = model._factors(planted.targets)[columns]
    slopes, languages, mixes = np.exp(model.variances_)
    fixed = np.column_stack([np.ones(len(rows)), doses])
    covariance = slopes * factors @ factors.T
    covariance += languages * (columns[:, None] == columns) + mixes * (rows[:, None] == rows)
    whole = covariance + np.eye(len(rows))
    inverse = np.linalg.inv(whole)
    scores = planted.scores.ravel()
    coefficients = np.linalg.solve(fixed.T @ inverse @ fixed, fixed.T @ inverse @ scores)
    expected = fixed @ coefficients + covariance @ inverse @ (scores - fixed @ coefficients)
    np.testing.assert_allclose(model.predict_mixes(planted.mixes)[0][0].ravel(), expected, atol=1e-6)


def test_litmus_ranks_features_by_the_text_of_the_languages_that_have_them():
    ranks = reciprocal_ranks({"eng": 10.0, "deu": 3.0, "jpn": 2.0})
    has = features(["eng", "deu", "jpn"], "syntactic").values == 1
    everybody, only_japanese = has.all(0), has[2] & ~has[0] & ~has[1]
    assert everybody.any()
    assert only_japanese.any()
    assert (ranks[everybody] == 1).all()
    assert (ranks[only_japanese] < ranks[has[0] & ~has[1] & ~has[2]].min()).all()


def test_litmus_has_two_features_of_the_target_and_two_or_three_of_each_source(measured, overlap):
    grid = grid_of(measured([(target, f"{TWELVE[0]}:100,{TWELVE[1]}:50", 0.5) for target in TWELVE]))
    model = Litmus()._new_model().fit(grid)
    cells = model._cells(model._pairs(grid.targets), grid.mixes.sizes, np.zeros(12, int), np.arange(12))
    assert cells.shape == (12, 2 + 3 * 2)
    assert cells[:, [4, 7]].tolist() == [[100.0, 50.0]] * 12
    assert cells[2:, [2, 5]].tolist() == [[0.5, 0.5]] * 10
    similarities._added.clear()
    bare = Litmus()._new_model().fit(grid)
    assert bare._pairs(grid.targets).shape == (12, 2 + 2 * 2)


@pytest.mark.parametrize("forecaster", [Litmus, LangRank])
def test_an_overlap_that_is_not_registered_is_refused_by_name(measured, forecaster):
    with pytest.raises(UnknownName, match="unknown similarity 'shared-words'"):
        forecaster(overlap="shared-words").fit(measured([("deu", "eng:1", 0.5)]))


def test_langrank_weighs_the_features_of_sources_by_their_doses(measured, overlap):
    grid = grid_of(measured([(target, f"{TWELVE[0]}:100,{TWELVE[1]}:100,{TWELVE[2]}:9", 0.5) for target in TWELVE]))
    model = LangRank()._new_model().fit(grid)
    cells = model._cells(grid.mixes, [TWELVE[0], TWELVE[5]])
    transfer, task, ratio = cells[:, :3].T
    assert task.tolist() == [100.0, 0.0]
    assert 9 < transfer[0] < 100
    assert ratio == pytest.approx(transfer / (1 + task))
    assert cells[:, -1].tolist() == [0.5, 0.5]


def test_langrank_knows_nothing_of_the_sources_where_the_target_is_the_only_one(measured):
    grid = grid_of(measured([("deu", "deu:100", 0.5)]))
    cells = LangRank()._new_model().fit(grid)._cells(grid.mixes, ["deu"])
    assert np.isnan(cells[0, [0, *range(2, cells.shape[1])]]).all()
    assert cells[0, 1] == 100


@pytest.mark.parametrize("feature", [TOTAL, OWN])
def test_trees_do_not_fall_with_the_doses_of_a_known_language_all_else_alike(feature):
    """Scores that fall with the number of examples, against theory."""
    chance = np.random.default_rng(0)
    sizes = chance.integers(1, 3000, (60, 2))
    texts = [f"{TWELVE[0]}:{own},{TWELVE[1]}:{other}" for own, other in sizes]
    order = np.argsort(texts)
    scores = 0.8 - 0.0001 * sizes.sum(1)[:, None] + 0.02 * chance.standard_normal((60, 12))
    grid = Grid(TrainingMixes.read([texts[at] for at in order]), TWELVE, scores[order], True, 1000.0)
    model = Trees()._new_model().fit(grid)
    cells = _cells(model._pairs(grid.mixes, TWELVE), model._factors(TWELVE))[::7]
    rising = []
    for dose in np.linspace(0, 10, 21):
        cells[:, feature] = dose
        rising.append(model._moves.predict(cells))
    assert (np.diff(rising, axis=0) >= -1e-12).all()


def test_trees_are_not_bent_by_a_run_that_collapsed(measured):
    cells = [
        (target, f"eng:{size}", 0.6 + 0.01 * place) for place, target in enumerate(TWELVE) for size in range(1, 40)
    ]
    broken = [(target, train, 0.05 if train == "eng:20" else score) for target, train, score in cells]
    whole, bent = (means(Trees(), measured(some), "eng:21", TWELVE[5])[0] for some in (cells, broken))
    assert bent == pytest.approx(whole, abs=0.03)


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


def test_every_peer_is_exported(measured):
    evidence = measured([("deu", "eng:1", 0.5), ("fra", "eng:1", 0.7)])
    for forecaster in (Kernel, LangRank, LanguageMean, Litmus, Mixed, Trees):
        assert 0.5 <= means(forecaster(), evidence, "eng:1", "deu")[0] <= 0.7
