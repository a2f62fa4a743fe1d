"""Forecasters are scikit-learn estimators, found by name and loaded only when used."""

from __future__ import annotations

import subprocess
import sys

import polars as pl
import pytest
from sklearn.base import clone

from isogloss.evidence import Evidence
from isogloss.forecasting import Additive, Default, Forecaster, Mean, Nearest, ask, forecasters
from isogloss.forecasting.baselines.simple import MeanModel

ALL = [Default, Mean, Additive, Nearest]
QUESTION = ask(task="t", model="m", targets=["yor"], train="eng:9")


class Shifted(Forecaster):
    """The mean, shifted: a forecaster with a parameter, such as a plugin would bring."""

    def __init__(self, by: float = 0.1):
        self.by = by

    def _new_model(self) -> MeanModel:
        return ShiftedModel(self.by)


class ShiftedModel(MeanModel):
    def __init__(self, by: float):
        self.by = by

    def fit(self, grid):
        super().fit(grid)
        self.mean_ += self.by
        return self

    def for_fold(self):
        return ShiftedModel(self.by)


@pytest.fixture
def evidence(measured):
    return measured([("deu", "eng:9", 0.5), ("fra", "eng:9", 0.6)])


@pytest.mark.parametrize("forecaster", ALL)
def test_the_constructor_needs_nothing_and_says_its_name(forecaster):
    assert forecaster().get_params() == ({"new_models": True} if forecaster is Default else {})
    assert repr(forecaster()) == f"{forecaster.__name__}()"


@pytest.mark.parametrize("forecaster", ALL)
def test_fit_and_conformalize_return_the_forecaster(forecaster, evidence):
    estimator = forecaster()
    assert estimator.fit(evidence) is estimator
    assert estimator.conformalize() is estimator


@pytest.mark.parametrize("forecaster", ALL)
def test_a_clone_has_learnt_nothing(forecaster, evidence):
    fitted = forecaster().fit(evidence).conformalize()
    assert {name for name in vars(fitted) if name.endswith("_")} >= {"settings_", "conformal_"}
    assert vars(clone(fitted)) == fitted.get_params()


def test_fit_does_not_change_the_evidence(evidence):
    before = evidence.observations.clone()
    Default().fit(evidence).conformalize().predict_interval(QUESTION)
    assert evidence.observations.equals(before)


def test_predict_gives_the_queries_with_their_mean(evidence):
    found = Mean().fit(evidence).predict(QUESTION)
    assert found.select(QUESTION.columns).equals(QUESTION)
    assert found["mean"].to_list() == [pytest.approx(0.55)]


def test_settings_are_kept_apart(evidence):
    other = evidence.observations.with_columns(task=pl.lit("u"), score=pl.col("score") / 2)
    forecaster = Mean().fit(Evidence(pl.concat([evidence.observations, other])))
    assert [setting.task for setting in forecaster.settings_] == ["t", "u"]
    asked = pl.concat([QUESTION.with_columns(task=pl.lit(task)) for task in ("u", "t")])
    assert forecaster.predict(asked)["mean"].to_list() == pytest.approx([0.275, 0.55])


def test_parameters_of_a_forecaster_survive_cloning(evidence):
    forecaster = clone(Shifted(by=0.2))
    assert forecaster.get_params() == {"by": 0.2}
    assert repr(forecaster) == "Shifted(by=0.2)"
    assert forecaster.set_params(by=0.3).fit(evidence).predict(QUESTION)["mean"].item() == pytest.approx(0.85)


def test_registered_forecasters_are_found_by_name(request):
    request.addfinalizer(lambda: forecasters.unregister("mine"))
    forecasters.register("mine")(Shifted)
    assert forecasters.get("mine") is Shifted
    assert {"additive", "default", "mine"} <= set(forecasters.names())


@pytest.mark.parametrize(
    ("name", "forecaster"), [("default", Default), ("mean", Mean), ("additive", Additive), ("nearest", Nearest)]
)
def test_each_built_in_forecaster_has_a_name(name, forecaster):
    assert forecasters.get(name) is forecaster


@pytest.mark.parametrize(
    "statement",
    [
        "import isogloss",
        "import isogloss.forecasting; isogloss.forecasting.forecasters.names()",
        "import sys; sys.argv = ['isogloss', '--help']; from isogloss.cli import app; app(standalone_mode=False)",
        "import sys; sys.argv = ['isogloss', 'forecast', '--help']; from isogloss.cli import app; "
        "app(standalone_mode=False)",
    ],
)
def test_heavy_libraries_are_not_loaded_before_they_are_needed(statement):
    heavy = "{'sklearn', 'scipy', 'lightgbm', 'polars', 'numpy', 'altair'}"
    program = f"{statement}\nimport sys; print('loaded:', sorted({heavy} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "loaded: []"
