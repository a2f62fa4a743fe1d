"""Baselines whose answers can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from isogloss.forecasting import Additive, BaseLearners, LanguageMean, Mean, Nearest, ask
from isogloss.forecasting.baselines.simple import NearestModel
from isogloss.forecasting.grid import Grid, TrainingMixes
from isogloss.languages import distances

CELLS = [
    ("deu", "eng:100", 0.9),
    ("deu", "hin:100", 0.7),
    ("urd", "eng:100", 0.5),
    ("urd", "hin:100", 0.7),
    ("tam", "eng:100", 0.4),
    ("tam", "hin:100", 0.4),
]  # rows average to 0.6 and 0.6, columns to 0.8, 0.6 and 0.4


def means(forecaster, evidence, train, *targets):
    queries = ask(task="t", model="m", train=train, targets=targets)
    return forecaster.fit(evidence).predict(queries)["mean"].to_list()


def test_mean_is_the_mean_of_all_scores(measured):
    assert means(Mean(), measured(CELLS), "tur:5", "deu", "yor") == pytest.approx([0.6, 0.6])


def test_mean_is_the_mean_of_scores_not_of_languages(measured):
    assert means(Mean(), measured([*CELLS, ("deu", "tur:5", 1.0)]), "", "yor") == pytest.approx([4.6 / 7])


def test_language_mean_is_the_mean_over_mixes_and_of_all_scores_elsewhere(measured):
    cells = [("deu", "eng:100", 0.9), ("deu", "hin:100", 0.7), ("urd", "eng:100", 0.2)]
    assert means(LanguageMean(), measured(cells), "tur:9", "deu", "urd", "yor") == pytest.approx([0.8, 0.2, 0.6])


def test_additive_adds_the_effects_of_mix_and_language(measured):
    cells = [
        (target, train, 0.3 + a + b)
        for target, a in (("deu", 0.2), ("urd", 0.1), ("tam", 0.0))
        for train, b in (("eng:1", 0.3), ("hin:1", 0.1))
    ]
    evidence = measured([cell for cell in cells if cell[:2] != ("tam", "hin:1")])
    assert means(Additive(), evidence, "hin:1", "tam") == pytest.approx([0.4], abs=1e-6)


def test_additive_gives_what_was_never_measured_no_effect(measured):
    evidence = measured([(t, m, s + (m == "eng:100") * 0.1) for t, m, s in CELLS])
    assert means(Additive(), evidence, "eng:100", "yor") == pytest.approx([0.7])  # the mix's effect alone
    assert means(Additive(), evidence, "tur:5", "deu", "yor") == pytest.approx([0.85, 0.65])


def test_nearest_takes_the_score_of_the_nearest_language_in_the_same_mix(measured):
    near = dict(zip(("deu", "urd", "tam"), distances(["nld"], others=["deu", "urd", "tam"]).values[0], strict=True))
    assert min(near, key=near.get) == "deu"
    assert means(Nearest(), measured(CELLS), "hin:100", "nld") == pytest.approx([0.7])


def test_nearest_gives_a_measured_language_its_mean_in_other_mixes(measured):
    assert means(Nearest(), measured(CELLS), "tur:5", "deu", "urd") == pytest.approx([0.8, 0.6])


def test_nearest_shares_ties_evenly():
    """`srp_Latn` and `srp` differ in script alone, so a language in a third script is as far from either."""
    targets = ("srp", "srp_Latn", "tam")
    to_each = distances(["ell"], others=targets).values[0]
    assert to_each[0] == to_each[1] < to_each[2]
    grid = Grid(TrainingMixes.read(["eng:100"]), targets, np.array([[0.2, 0.6, 0.9]]), True, 100.0)
    scores, _ = NearestModel().fit(grid).predict_languages(grid.mixes, ["ell"], grid.scores)
    assert scores.ravel().tolist() == pytest.approx([0.4])


@pytest.mark.parametrize("forecaster", [BaseLearners, Mean, Additive, Nearest])
def test_a_measured_cell_is_answered_with_what_was_measured(measured, forecaster):
    evidence = measured(CELLS)
    for target, train, score in CELLS:
        assert means(forecaster(), evidence, train, target) == [score]
