"""Which languages to test next."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import polars as pl
import pytest
from tests.planning.transfer_world import LANGUAGES

from isogloss import read_evidence
from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.forecasting import ask, fitted
from isogloss.forecasting.settings import find_setting
from isogloss.planning import choose_next
from isogloss.planning.level_posterior import table_posterior
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
    found = choose_next(few, LANGUAGES, k=2, **ASKED)
    names = found.alone["language"].to_list()
    queries = ask(targets=names, **ASKED)
    posterior = table_posterior(fitted(few, queries), find_setting(few, **ASKED)[0], names)

    def left(pair):
        widths = posterior.widths_after(list(pair))
        return widths.sum() - widths[list(pair)].sum()

    every = [left(pair) for pair in combinations(range(len(names)), 2)]
    assert left([names.index(language) for language in found.table["language"]]) <= np.quantile(every, 0.05)


def test_intervals_are_as_wide_as_those_of_the_forecasts(few):
    names = ["hin", "fin", "kor", "swa", "tam", "vie"]
    found = choose_next(few, names, k=1, **ASKED)
    queries = ask(targets=names, **ASKED)
    forecasts = fitted(few, queries).predict_interval(queries, 0.9)
    before = found.baselines.filter(choice="none")["width_of_rest"][0]
    assert before == pytest.approx((forecasts["upper"] - forecasts["lower"]).mean())


def test_a_measured_language_narrows_forecasts_by_as_much_as_was_said(few):
    names = ["hin", "fin", "kor", "swa", "tam", "vie", "yor", "wol"]
    found = choose_next(few, names, k=1, **ASKED)
    tested = found.table["language"][0]
    rest = [name for name in names if name != tested]
    queries = ask(targets=names, **ASKED)
    forecasts = fitted(few, queries).predict_interval(queries, 0.9)
    score = float(forecasts.filter(target=tested)["mean"][0])
    more = read_evidence(pl.concat([measured_in(few.targets), measured_in([tested]).with_columns(score=score)]))
    then = fitted(more, ask(targets=rest, **ASKED)).predict_interval(ask(targets=rest, **ASKED), 0.9)
    assert found.table["width_of_rest"][0] == pytest.approx((then["upper"] - then["lower"]).mean(), rel=0.15)


def test_targets_are_what_is_to_be_known(few):
    found = choose_next(few, "yor,ibo,ewe,fin,ekk,hun", targets="fin", k=1, **ASKED)
    assert found.table["language"][0] in ("fin", "ekk", "hun")
    assert found.baselines.filter(choice="none")["width_of_rest"][0] > found.table["width_of_rest"][0]


def test_without_a_model_the_languages_are_chosen_for_all_of_them():
    both = read_evidence(
        pl.concat([measured_in(["deu", "fra", "spa", "ita"], model=name) for name in ("toy", "other")])
    )
    found = choose_next(both, LANGUAGES, k=2, task="topics")
    assert found.model == "other, toy"
    assert found.table.height == 2


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
