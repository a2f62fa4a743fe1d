"""Boosted trees: the same in every run, with answers where there is nothing to split."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from isogloss.forecasting.booster import BoosterError
from isogloss.forecasting.boosting import REPRODUCIBLE, BoostedTrees, fit_ranking_trees, fit_trees, predict_trees

CHANCE = np.random.default_rng(0)
DESIGN = CHANCE.normal(size=(300, 3))
RESPONSE = DESIGN[:, 0] + 0.1 * CHANCE.normal(size=300)


def test_two_fits_give_the_same_answers_to_the_last_bit():
    first, second = (predict_trees(fit_trees(DESIGN, RESPONSE, 200, n_estimators=20), DESIGN) for _ in range(2))
    assert (first == second).all()


def test_answers_have_the_shape_of_the_cells():
    booster = fit_trees(DESIGN, RESPONSE, n_estimators=20)
    assert predict_trees(booster, DESIGN.reshape(30, 10, 3)) == pytest.approx(
        predict_trees(booster, DESIGN).reshape(30, 10)
    )


def test_a_missing_feature_has_a_side_of_its_own():
    design = np.where(DESIGN[:, :1] > 0, DESIGN, np.nan)
    response = np.where(DESIGN[:, 0] > 0, 0.0, 1.0)
    trees = BoostedTrees().fit(design, response, n_estimators=50)
    assert trees.predict(np.array([[np.nan] * 3, [2.0, 0, 0]])) == pytest.approx([1.0, 0.0], abs=0.05)


@pytest.mark.parametrize(
    ("design", "response"),
    [(DESIGN[:1], RESPONSE[:1]), (DESIGN, np.full(300, 0.5)), (np.ones((300, 3)), RESPONSE)],
    ids=["one cell", "one score", "one kind of cell"],
)
def test_where_there_is_nothing_to_split_the_mean_is_the_answer(design, response):
    trees = BoostedTrees().fit(design, response, n_estimators=5)
    assert trees.booster_ is None
    assert trees.predict(DESIGN[:4]) == pytest.approx([response.mean()] * 4)


SETTINGS = {
    "plain": {},
    "sampled": {"colsample_bytree": 0.5, "subsample": 0.8, "subsample_freq": 1, "reg_lambda": 5},
    "robust": {"objective": "huber", "alpha": 0.4},
    "rising": {"monotone_constraints": [1, 0, 0]},
    "too few for a split": {"min_child_samples": 200},
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_trees_are_those_of_the_lightgbm_package_to_the_last_bit(settings):
    lightgbm = pytest.importorskip("lightgbm")
    design = np.where(CHANCE.random(DESIGN.shape) < 0.1, np.nan, DESIGN)
    ours = fit_trees(design, RESPONSE, n_estimators=30, **settings)
    theirs = lightgbm.LGBMRegressor(n_estimators=30, **REPRODUCIBLE, **settings).fit(design, RESPONSE).booster_
    assert (ours.predict(design) == theirs.predict(design)).all()
    assert (ours.contributions(design[:9]) == theirs.predict(design[:9], pred_contrib=True)).all()


def test_ranking_trees_are_those_of_the_lightgbm_package_to_the_last_bit():
    lightgbm = pytest.importorskip("lightgbm")
    relevance, sizes = np.tile(np.arange(10), 30), [10] * 30
    ours = fit_ranking_trees(DESIGN, relevance, sizes, seed=3, n_estimators=20, num_leaves=8)
    ranker = lightgbm.LGBMRanker(n_estimators=20, num_leaves=8, **{**REPRODUCIBLE, "seed": 3})
    assert (ours.predict(DESIGN) == ranker.fit(DESIGN, relevance, group=sizes).booster_.predict(DESIGN)).all()


def test_a_copied_booster_answers_the_same():
    booster = fit_trees(DESIGN, RESPONSE, n_estimators=20)
    assert (copy.deepcopy(booster).predict(DESIGN) == booster.predict(DESIGN)).all()


def test_cells_with_another_number_of_features_are_refused():
    with pytest.raises(BoosterError, match="number of features"):
        fit_trees(DESIGN, RESPONSE, n_estimators=2).predict(DESIGN[:, :2])


def test_ranking_trees_put_the_most_relevant_of_each_list_first():
    design = np.tile(np.linspace(0, 1, 10)[:, None], (20, 1))
    booster = fit_ranking_trees(design, np.tile(np.arange(10), 20), [10] * 20, seed=0, n_estimators=20, num_leaves=8)
    assert predict_trees(booster, design[:10]).argmax() == 9
