"""Whatever was measured, a query gets a finite forecast inside its interval, or a reason in one line."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from isogloss import read_evidence
from isogloss.errors import BadValue, InputError
from isogloss.forecasting import BaseLearners, Default, Mean, ask, forecasters

LANGUAGES = ("deu", "fra", "spa", "ita", "por", "rus", "fin", "hin")
UNMEASURED = ("yor", "wol")
EVIDENCE = st.fixed_dictionaries(
    {
        "models": st.sampled_from([1, 2, 3, 5]),
        "languages": st.sampled_from([1, 2, 5, 8]),
        "mixes": st.sampled_from([[""], ["eng:100"], ["", "eng:1000"], ["eng:100", "deu:50", "eng:10,fra:20"]]),
        "tasks": st.sampled_from([["t"], ["t", "u"]]),
        "gaps": st.sampled_from([0.0, 0.4]),
        "equal": st.booleans(),
        "seed": st.integers(0, 99),
    }
)
OTHERS = [name for name in forecasters.names() if name not in ("default", "base-learners")]
TRAIN = st.sampled_from(["", "eng:1000", "deu:10,swa+translated:50"])


def made(models, languages, mixes, tasks, gaps, equal, seed):
    """Evidence of some shape; the first cell is always measured."""
    chance = np.random.default_rng(seed)
    rows = [
        {"model": f"m{model}", "task": task, "metric": "accuracy", "target": target, "train": mix,
         "score": 0.5 if equal else float(chance.uniform(0.2, 0.9))}
        for task in tasks for model in range(models) for mix in mixes for target in LANGUAGES[:languages]
    ]  # fmt: skip
    return read_evidence(pl.DataFrame([row for place, row in enumerate(rows) if not place or chance.random() >= gaps]))


def check(forecasts: pl.DataFrame) -> None:
    assert forecasts["mean"].is_finite().all()
    assert (forecasts["lower"] <= forecasts["mean"] + 1e-12).all()
    assert (forecasts["mean"] <= forecasts["upper"] + 1e-12).all()


@given(shape=EVIDENCE, train=TRAIN, forecaster=st.sampled_from([Default, BaseLearners]))
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_the_default_and_its_base_learners_forecast_any_model_from_any_evidence(shape, train, forecaster):
    queries = [ask(task="t", model=model, targets=[LANGUAGES[0], *UNMEASURED], train=train) for model in ("m0", "m9")]
    check(forecaster().fit(made(**shape), pl.concat(queries)).conformalize().predict_interval(pl.concat(queries)))


@given(shape=EVIDENCE, train=TRAIN, name=st.sampled_from(OTHERS))
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
def test_every_other_forecaster_forecasts_measured_models_from_any_evidence(shape, train, name):
    queries = ask(task="t", model="m0", targets=[LANGUAGES[0], *UNMEASURED], train=train)
    check(forecasters.get(name)().fit(made(**shape), queries).conformalize().predict_interval(queries))


@pytest.mark.parametrize("model", ["m0", "m9"])
def test_a_mix_is_ignored_where_no_model_was_trained_on_one(model):
    evidence = made(3, 8, [""], ["t"], 0.0, False, 1)
    queries = {train: ask(task="t", model=model, targets=UNMEASURED, train=train) for train in ("", "eng:1000")}
    fitted = BaseLearners().fit(evidence, pl.concat(queries.values()))
    means = [fitted.predict(query)["mean"].to_list() for query in queries.values()]
    assert means[0] == means[1]


def test_one_text_names_languages_with_commas_between():
    assert ask(task="t", model="m", targets="Yoruba")["target"].to_list() == ["yor"]
    assert ask(task="t", model="m", targets="Yoruba, wol")["target"].to_list() == ["yor", "wol"]


@pytest.mark.parametrize("given_as", [pd.DataFrame, pl.DataFrame, str, list])
def test_fit_names_what_it_got_and_what_it_takes(given_as):
    with pytest.raises(InputError, match=r"fit takes isogloss\.Evidence, not .*; read it with isogloss\.read_evidence"):
        Mean().fit(given_as())


@pytest.mark.parametrize("given_as", [pd.DataFrame, list, dict, str])
def test_predict_names_what_it_got_and_what_it_takes(given_as):
    fitted = Mean().fit(made(1, 2, [""], ["t"], 0.0, False, 0)).conformalize()
    for call in (fitted.predict, fitted.predict_interval, fitted.learn):
        with pytest.raises(InputError, match=r"queries are a polars table, not .*isogloss\.forecasting\.ask"):
            call(given_as())


@pytest.mark.parametrize("level", [0, 1, 90, -0.5, float("nan")])
def test_a_level_that_is_none_is_refused(level):
    fitted = Mean().fit(made(1, 2, [""], ["t"], 0.0, False, 0)).conformalize()
    with pytest.raises(BadValue, match="is not between 0 and 1"):
        fitted.predict_interval(ask(task="t", model="m0", targets=UNMEASURED), level)
