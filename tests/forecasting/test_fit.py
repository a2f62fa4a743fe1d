"""`fit` learns and `conformalize` sizes intervals: what follows only reads."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from planted import world

from isogloss import read_evidence
from isogloss.errors import UnknownName
from isogloss.forecasting import BaseLearners, Forecaster, Mean, ask, forecasters

PLANTED = world(3, languages=12, sources=4, mixes=11)
MIXES = PLANTED.evidence(hidden=PLANTED.languages[::4], rows=slice(0, 9))
MEASURED, UNMEASURED = PLANTED.languages[1], PLANTED.languages[0]
NEW_MIX = f"{PLANTED.languages[1]}:77"
LANGUAGES = PLANTED.languages


def panel():
    """Four models on two tasks, used as they are; each lacks a language that the others have."""
    chance = np.random.default_rng(0)
    level = chance.normal(0.6, 0.1, len(LANGUAGES))
    rows = [
        {"model": f"model-{model}", "task": task, "metric": "accuracy", "target": language, "train": "",
         "score": level[place] + 0.02 * model + chance.normal(0, 0.01)}
        for model in range(4) for task in ("topics", "intents")
        for place, language in enumerate(LANGUAGES) if place != model
    ]  # fmt: skip
    return read_evidence(pl.DataFrame(rows))


PANEL = panel()


def about_mixes(targets, train):
    row = MIXES.observations.row(0, named=True)
    return ask(task=row["task"], model=row["model"], metric=row["metric"], targets=list(targets), train=train)


QUERIES = {
    "a measured language under a new mix": (MIXES, about_mixes([MEASURED], NEW_MIX)),
    "a measured score": (MIXES, about_mixes([MEASURED], PLANTED.mixes[0])),
    "an unmeasured language under a measured mix": (MIXES, about_mixes([UNMEASURED], PLANTED.mixes[0])),
    "both under a new mix": (MIXES, about_mixes([UNMEASURED, MEASURED, "quy"], NEW_MIX)),
    "a language that other models have": (PANEL, ask(task="topics", model="model-0", targets=[LANGUAGES[0]])),
    "a language that no model has": (PANEL, ask(task="topics", model="model-0", targets=["quy"])),
    "a measured score without mixes": (PANEL, ask(task="topics", model="model-0", targets=[LANGUAGES[5]])),
    "a model that no task has": (PANEL, ask(task="topics", model="model-9", targets=[LANGUAGES[5], "quy"])),
}


def state(forecaster: Forecaster, folder) -> bytes:
    """All that a forecaster holds: the checksums of its arrays and trees are in this file."""
    forecaster.save(folder)
    return (folder / "forecaster.json").read_bytes()


@pytest.mark.parametrize("asked", QUERIES)
def test_a_forecast_learns_nothing_that_fit_and_conformalize_have_not(asked, tmp_path):
    evidence, queries = QUERIES[asked]
    forecaster = BaseLearners().fit(evidence, queries).conformalize()
    before = state(forecaster, tmp_path / "saved")
    forecaster.predict_interval(queries)
    assert state(forecaster, tmp_path / "saved") == before


@pytest.mark.parametrize("name", forecasters.names())
def test_without_queries_all_settings_are_learnt(name, tmp_path):
    asked = [query for evidence, query in QUERIES.values() if evidence is MIXES]
    forecaster = forecasters.get(name)().fit(MIXES).conformalize()
    before = state(forecaster, tmp_path / "saved")
    forecaster.predict_interval(pl.concat(asked))
    assert state(forecaster, tmp_path / "saved") == before


@pytest.mark.parametrize("asked", QUERIES)
def test_forecasts_do_not_depend_on_what_else_was_learnt(asked):
    evidence, queries = QUERIES[asked]
    expected = BaseLearners().fit(evidence, queries).conformalize().predict_interval(queries)
    unlearnt = BaseLearners().fit(evidence, queries.head(0)).conformalize()
    assert unlearnt.predict_interval(queries).equals(expected)
    assert BaseLearners().fit(evidence).conformalize().predict_interval(queries).equals(expected)


def test_what_further_queries_need_is_learnt_from_the_same_evidence():
    _, first = QUERIES["an unmeasured language under a measured mix"]
    _, second = QUERIES["both under a new mix"]
    forecaster = BaseLearners().fit(MIXES, first).conformalize()
    assert forecaster.learn(second)
    assert not forecaster.learn(second)
    expected = BaseLearners().fit(MIXES, second).conformalize().predict_interval(second)
    assert forecaster.conformalize().predict_interval(second).equals(expected)


def test_queries_that_no_setting_answers_are_refused_before_anything_is_learnt():
    with pytest.raises(UnknownName, match="unknown task 'other'"):
        Mean().fit(PANEL, ask(task="other", model="model-0", targets=["quy"]))


class Heard:
    """What progress is told."""

    def __init__(self):
        self.stages, self.steps = {}, 0

    def begin(self, stage: str, total: int | None) -> None:
        self.stages[stage] = total

    def advance(self, steps: int = 1) -> None:
        self.steps += 1


def test_both_tell_how_far_they_are():
    evidence, queries = QUERIES["both under a new mix"]
    heard = Heard()
    BaseLearners().fit(evidence, queries, heard).conformalize(heard)
    assert heard.stages == {"learning": 3, "sizing intervals": 1}
    assert heard.steps == 4
