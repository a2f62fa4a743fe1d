"""Which languages to test next."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from tests.planning.transfer_world import LANGUAGES

from isogloss import read_evidence
from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.planning import choose_next
from isogloss.planning.next import NEXT

ASKED = {"task": "topics", "model": "toy"}


def measured_in(languages, **columns):
    rows = {"target": list(languages), "score": np.linspace(0.4, 0.7, len(languages)).tolist()}
    values = {"task": "topics", "model": "toy", "metric": "accuracy", "train": ""} | columns
    return pl.DataFrame(rows).with_columns(pl.lit(value).alias(name) for name, value in values.items())


@pytest.fixture(scope="module")
def few():
    return read_evidence(measured_in(["deu", "fra", "spa", "ita", "nld", "swe"]))


def test_untested_candidates_are_chosen_and_what_stays_unknown_shrinks(few):
    found = choose_next(few, LANGUAGES, k=4, **ASKED)
    assert found.table.schema == NEXT
    assert not set(found.table["language"]) & set(few.targets)
    assert found.table["language"].n_unique() == 4
    unsure = dict(found.baselines.iter_rows())
    assert unsure["this choice"] < unsure["none"]
    assert unsure["this choice"] < unsure["random"]


def test_greedy_is_near_the_best_pair_there_is(few):
    from itertools import combinations

    from isogloss.forecasting.grid import Grid
    from isogloss.forecasting.settings import find_setting
    from isogloss.planning.next import _Process

    setting, observations = find_setting(few, task="topics", model="toy")
    open_ones = [language for language in LANGUAGES if language not in few.targets][:10]
    process = _Process(few, setting, Grid.read(observations), open_ones)
    matters = np.ones(len(open_ones))
    chosen, _ = process.greedy(matters, 2)
    every = [process.deviation_after(pair, matters) for pair in combinations(range(len(open_ones)), 2)]
    assert process.deviation_after(chosen, matters) <= np.quantile(every, 0.2)


def test_a_language_like_many_others_is_tested_before_one_like_none(few):
    found = choose_next(few, "hin,urd,ben,mar,guj,pan,eus", k=1, **ASKED)
    assert found.table["language"][0] != "eus"


def test_languages_that_scored_alike_elsewhere_need_not_both_be_tested(few):
    names = ["hin", "fin", "kor", "swa", "tam", "vie"]
    chance = np.random.default_rng(0)
    parts = [few.observations]
    for row in range(12):
        level = chance.standard_normal(4)
        scores = [0.5 + 0.1 * level[group] for group in (0, 0, 1, 1, 2, 3)]
        other = measured_in(names, task="other", model=f"m{row:02}").with_columns(score=pl.Series(scores))
        parts.append(read_evidence(other).observations)
    evidence = few.with_observations(pl.concat(parts))
    chosen = set(choose_next(evidence, names, k=2, **ASKED).table["language"])
    assert chosen != {"hin", "fin"}
    assert chosen != {"kor", "swa"}


def test_weights_say_whom_it_matters_to_know(few):
    names = "hin,urd,ben,fin,est,hun,ekk"
    without = choose_next(few, names, k=1, **ASKED).table["language"][0]
    weights = (
        dict.fromkeys(("fin", "est", "hun"), 50.0)
        if without in ("hin", "urd", "ben")
        else {"hin": 50.0, "urd": 50.0, "ben": 50.0}
    )
    assert choose_next(few, names, k=1, weights=weights, **ASKED).table["language"][0] in weights


def test_nothing_left_to_test_and_nothing_asked_for_are_refused(few):
    with pytest.raises(NotEnoughEvidence, match="0 of 2 candidates are untested"):
        choose_next(few, "deu,fra", **ASKED)
    with pytest.raises(BadValue, match="names no language"):
        choose_next(few, " , ", **ASKED)
    with pytest.raises(BadValue, match="0 languages"):
        choose_next(few, LANGUAGES, k=0, **ASKED)
    with pytest.raises(BadValue, match="weight -1"):
        choose_next(few, LANGUAGES, weights={"hin": -1.0}, **ASKED)


def test_few_measured_languages_are_said(few):
    evidence = read_evidence(measured_in(["deu", "fra"]))
    assert any("FEW" in note for note in choose_next(evidence, LANGUAGES, k=2, **ASKED).notes)
