"""Baselines of boosted trees: what LangRank and LITMUS tell them, and the shape that theory gives the plain ones."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from planted import POOL

from isogloss.errors import UnknownName
from isogloss.forecasting import LangRank, Litmus, Trees, ask
from isogloss.forecasting.baselines.boosted import (
    OWN,
    TOTAL,
    LitmusModel,
    TreesModel,
    mix_features,
    reciprocal_ranks,
    registered_overlap,
)
from isogloss.forecasting.grid import Grid, TrainingMixes
from isogloss.languages import features, register_similarity, resources, similarities

TWELVE = POOL[:12]


@pytest.fixture
def overlap():
    """A registered overlap: half for every two languages."""
    pairs = [(one, other, 0.5) for one in TWELVE for other in TWELVE if one != other]
    table = pl.DataFrame(pairs, schema=["lang_a", "lang_b", "similarity"], orient="row")
    register_similarity("overlap", table)
    yield
    similarities.unregister("overlap")


def test_litmus_ranks_features_by_the_text_of_the_languages_that_have_them():
    ranks = reciprocal_ranks({"eng": 10.0, "deu": 3.0, "jpn": 2.0})
    has = features(["eng", "deu", "jpn"], "syntactic").values == 1
    everybody, only_japanese = has.all(0), has[2] & ~has[0] & ~has[1]
    assert everybody.any()
    assert only_japanese.any()
    assert (ranks[everybody] == 1).all()
    assert (ranks[only_japanese] < ranks[has[0] & ~has[1] & ~has[2]].min()).all()


def test_litmus_has_two_features_of_the_target_and_two_or_three_of_each_source(measured, overlap):
    cells = [(target, f"{TWELVE[0]}:100,{TWELVE[1]}:50", place / 20) for place, target in enumerate(TWELVE)]
    grid = Grid.read(measured(cells).observations)
    counts = [
        LitmusModel(similarity, resources("cc100")).fit(grid).trees_.booster_.features
        for similarity in (registered_overlap(None), None)
    ]
    assert counts == [2 + 3 * 2, 2 + 2 * 2]


@pytest.mark.parametrize("forecaster", [Litmus, LangRank])
def test_an_overlap_that_is_not_registered_is_refused_by_name(measured, forecaster):
    with pytest.raises(UnknownName, match="unknown similarity 'shared-words'"):
        forecaster(overlap="shared-words").fit(measured([("deu", "eng:1", 0.5)]))


def test_langrank_weighs_the_features_of_sources_by_their_doses(overlap):
    mixes = TrainingMixes.read([f"{TWELVE[0]}:100,{TWELVE[1]}:100,{TWELVE[2]}:9"])
    cells = mix_features(mixes, [TWELVE[0], TWELVE[5]], registered_overlap(None))[0]
    transfer, task, ratio = cells[:, :3].T
    assert task.tolist() == [100.0, 0.0]
    assert 9 < transfer[0] < 100
    assert ratio == pytest.approx(transfer / (1 + task))
    assert cells[:, -1].tolist() == [0.5, 0.5]


def test_langrank_knows_nothing_of_the_sources_where_the_target_is_the_only_one():
    cells = mix_features(TrainingMixes.read(["deu:100"]), ["deu"])[0]
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
    trees = TreesModel().fit(grid).moves_
    cells = chance.uniform(0, 5, (100, trees.booster_.features))
    rising = []
    for dose in np.linspace(0, 10, 21):
        cells[:, feature] = dose
        rising.append(trees.predict(cells))
    assert (np.diff(rising, axis=0) >= -1e-12).all()
    assert np.ptp(rising) > 0


def test_trees_are_not_bent_by_a_run_that_collapsed(measured):
    cells = [
        (target, f"eng:{size}", 0.6 + 0.01 * place) for place, target in enumerate(TWELVE) for size in range(1, 40)
    ]
    broken = [(target, train, 0.05 if train == "eng:20" else score) for target, train, score in cells]
    queries = ask(task="t", model="m", train="eng:21", targets=[TWELVE[5]])
    whole, bent = (Trees().fit(measured(some)).predict(queries)["mean"].item() for some in (cells, broken))
    assert bent == pytest.approx(whole, abs=0.03)
