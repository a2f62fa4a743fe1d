"""Forecasters are scikit-learn estimators, found by name and loaded only when used."""

from __future__ import annotations

import subprocess
import sys

import polars as pl
import pytest
import sklearn.base
from sklearn.dummy import DummyRegressor
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from isogloss.estimator import Estimator, clone
from isogloss.evidence import Evidence
from isogloss.forecasting import Additive, BaseLearners, Default, Forecaster, Mean, Nearest, ask, forecasters
from isogloss.forecasting.baselines.simple import MeanModel

ALL = [BaseLearners, Mean, Additive, Nearest]
QUESTION = ask(task="t", model="m", targets=["yor"], train="eng:9")


class Shifted(Forecaster):
    """The mean, shifted: a forecaster with a parameter, such as a plugin would bring."""

    def __init__(self, by: float = 0.1):
        self.by = by

    def new_model(self) -> MeanModel:
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
    assert forecaster().get_params() == ({"new_models": True} if forecaster is BaseLearners else {})
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
    BaseLearners().fit(evidence).conformalize().predict_interval(QUESTION)
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


class Wrapped(Estimator):
    """An estimator with another one as a parameter."""

    def __init__(self, inner: Shifted, name: str = "plain"):
        self.inner, self.name = inner, name


@pytest.mark.parametrize("clone_by", [clone, sklearn.base.clone])
def test_parameters_that_are_estimators_are_cloned_too(clone_by, evidence):
    wrapped = Wrapped(Shifted(by=0.2).fit(evidence))
    copy = clone_by(wrapped).set_params(inner__by=0.3, name="other")
    assert vars(copy.inner) == {"by": 0.3}
    assert wrapped.get_params() == {"inner": wrapped.inner, "inner__by": 0.2, "name": "plain"}
    assert wrapped.get_params(deep=False) == {"inner": wrapped.inner, "name": "plain"}
    assert repr(copy) == "Wrapped(inner=Shifted(by=0.3), name='other')"


def test_an_estimator_of_scikit_learn_is_cloned_as_it_clones_itself():
    copy = clone(DummyRegressor(strategy="median").fit([[0]], [1]))
    assert copy.get_params()["strategy"] == "median"
    assert not hasattr(copy, "constant_")


def test_an_unknown_parameter_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"Invalid parameter 'to' for estimator Shifted\(\).*\['by'\]"):
        Shifted().set_params(to=1)


def test_scikit_learn_knows_what_is_fitted(evidence):
    with pytest.raises(NotFittedError):
        check_is_fitted(Mean())
    check_is_fitted(Mean().fit(evidence))


def test_registered_forecasters_are_found_by_name(request):
    request.addfinalizer(lambda: forecasters.unregister("mine"))
    forecasters.register("mine")(Shifted)
    assert forecasters.get("mine") is Shifted
    assert {"additive", "default", "mine"} <= set(forecasters.names())


@pytest.mark.parametrize(
    ("name", "forecaster"),
    [
        ("default", Default),
        ("base-learners", BaseLearners),
        ("mean", Mean),
        ("additive", Additive),
        ("nearest", Nearest),
    ],
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


def test_help_loads_no_question():
    program = "import sys; sys.argv = ['isogloss', '--help']; from isogloss.cli import app; app(standalone_mode=False)"
    program += (
        "; print('loaded:', [name for name in sys.modules if name.startswith(('pydantic', 'isogloss.questions.'))])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "loaded: ['isogloss.questions.catalogue']"


NINE = "model,task,metric,target,train,score\n" + "".join(
    f"ours,support,accuracy,{code},,{score}\n"
    for code, score in zip("eng fra deu spa hin arb jpn swh tur".split(), range(60, 96, 4), strict=True)
)


def test_a_small_forecast_loads_no_library_that_takes_longer_than_it_does(tmp_path):
    (tmp_path / "nine.csv").write_text(NINE)
    program = (
        "import sys; from isogloss.cli import app; "
        f"app(['forecast', '-e', {str(tmp_path / 'nine.csv')!r}, '--task', 'support', '--model', 'ours', "
        "'--targets', 'yor', '--json'], standalone_mode=False); "
        "print('loaded:', sorted({'sklearn', 'scipy.stats', 'lightgbm', 'pandas', 'altair'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "loaded: []"
