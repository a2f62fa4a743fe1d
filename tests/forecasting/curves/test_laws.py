from __future__ import annotations

import numpy as np
import pytest

from isogloss.forecasting.curves.laws import AmueLaw, LogLaw, PowerLaw, try_laws

SIZES = np.array([0.0, 10, 50, 100, 500, 1000, 3000])
NONE = np.zeros(len(SIZES))


def log(n):
    return 0.3 + 0.05 * np.log1p(n)


def power(n):
    return 0.8 - 0.4 * ((n + 50) / 50) ** -0.5


@pytest.mark.parametrize(("law", "truth"), [(LogLaw(), log), (PowerLaw(), power)])
def test_a_law_finds_its_own_curve_and_goes_on_beyond_it(law, truth):
    further = np.array([200.0, 10_000.0])
    found = law.fit(SIZES, NONE, truth(SIZES)).predict(further, np.zeros(2))
    assert found == pytest.approx(truth(further), abs=0.002)


def test_amue_varies_either_kind_of_examples():
    others = np.array([0.0, 0, 500, 500, 1000, 1000, 2000])
    scores = 0.4 + 0.003 * SIZES**0.5 + 0.001 * others**0.6
    for labelled in (True, False):
        found = AmueLaw(labelled).fit(SIZES, others, scores).predict(SIZES, others)
        assert found == pytest.approx(scores, abs=0.005)


@pytest.mark.parametrize(("truth", "name"), [(log, "log law"), (power, "power law")])
def test_held_out_sizes_tell_the_right_law(truth, name):
    scores = truth(SIZES) + 0.002 * np.random.default_rng(0).standard_normal(len(SIZES))
    trials = try_laws(SIZES, NONE, scores, 0.0, labelled=True)
    assert min(trials, key=lambda trial: trial.error).name == name


def test_three_sizes_tell_no_law():
    assert try_laws(SIZES[:3], NONE[:3], log(SIZES[:3]), 0.0, labelled=True) == []


def test_only_sizes_beside_what_is_held_count():
    others = np.array([0.0, 0, 0, 500, 500, 500, 500])
    assert try_laws(SIZES, others, log(SIZES), 0.0, labelled=True) == []
    assert len(try_laws(SIZES, others, log(SIZES), 500.0, labelled=True)) == 3


def test_scores_all_alike_make_a_flat_curve():
    for law in (LogLaw(), PowerLaw(), AmueLaw()):
        found = law.fit(SIZES, NONE, np.full(len(SIZES), 0.5)).predict(np.array([5.0, 5000.0]), np.zeros(2))
        assert found == pytest.approx(0.5, abs=1e-3)
