"""Every wrong question is one line that says where, what and how to fix it."""

from __future__ import annotations

import polars as pl
import pytest

from isogloss import read_queries
from isogloss.errors import (
    BadTrainingMix,
    BadValue,
    InputError,
    NotEnoughEvidence,
    NotFittedError,
    UnknownLanguage,
    UnknownName,
)
from isogloss.evidence import OBSERVATION, Evidence
from isogloss.forecasting import BaseLearners, Mean, ask, forecasters

CELLS = [("deu", "eng:9", 0.5), ("fra", "eng:9", 0.6)]
ASKED = {"task": "topics", "model": "toy", "targets": ["yor"], "train": "eng:9"}


@pytest.fixture
def fitted(measured):
    """The mean, fitted to settings that differ in one thing at a time."""

    def fit(*settings: dict[str, object]) -> Mean:
        usual = {"task": "topics", "model": "toy", "metric": "accuracy"}
        tables = [
            measured(CELLS).observations.with_columns(
                pl.lit(value).cast(OBSERVATION[name]).alias(name) for name, value in (usual | setting).items()
            )
            for setting in settings or ({},)
        ]
        return Mean().fit(Evidence(pl.concat(tables)))

    return fit


def message(error: type[Exception], call, *arguments, **named) -> str:
    with pytest.raises(error) as raised:
        call(*arguments, **named)
    assert str(raised.value).isprintable()
    return str(raised.value)


def test_an_unknown_task_suggests_the_nearest(fitted):
    said = message(UnknownName, fitted({}, {"task": "entities"}).predict, ask(**ASKED | {"task": "topic"}))
    assert said == "query row 0: unknown task 'topic'; did you mean 'topics'? known: entities, topics"


def test_an_unknown_model_names_those_that_did_the_task(fitted):
    forecaster = fitted({}, {"task": "entities", "model": "other"})
    said = message(UnknownName, forecaster.predict, ask(**ASKED | {"model": "tiy"}))
    assert said == "query row 0: unknown model 'tiy'; did you mean 'toy'? known: toy"


def test_an_unknown_metric(fitted):
    said = message(UnknownName, fitted().predict, ask(**ASKED, metric="f1"))
    assert said == "query row 0: unknown metric 'f1'; known: accuracy"


def test_an_unknown_name_in_a_file_names_file_and_row(fitted, tmp_path):
    path = tmp_path / "questions.csv"
    path.write_text("model,task,target,train\ntoy,topics,deu,eng:9\ntoy,topic,deu,eng:9\n")
    said = message(UnknownName, fitted().predict, read_queries(path))
    assert said.startswith(f"{path} row 1: unknown task 'topic'; did you mean 'topics'?")


@pytest.mark.parametrize(
    ("differing", "reason", "hint"),
    [
        ({"metric": "f1"}, "more than one metric for this: accuracy, f1", "metric=... or a column 'metric'"),
        ({"recipe": "lora"}, "more than one recipe for this: None, lora", "recipe=... or a column 'recipe'"),
        ({"shots": 5}, "more than one shots for this: 5, None", "with a column 'shots' in a file of queries"),
        ({"split": "dev"}, "more than one split for this: None, dev", "with a column 'split' in a file of queries"),
        ({"model_revision": "v2"}, "more than one model revision for this: None, v2", "a column 'model_revision'"),
    ],
)
def test_a_question_that_fits_several_settings_is_told_how_to_choose(fitted, differing, reason, hint):
    said = message(InputError, fitted({}, differing).predict, ask(**ASKED))
    assert reason in said
    assert hint in said


def test_naming_the_metric_chooses(fitted):
    forecaster = fitted({}, {"metric": "f1"})
    assert forecaster.predict(ask(**ASKED, metric="f1"))["mean"].item() == pytest.approx(0.55)


@pytest.mark.parametrize("level", [0, 1, -0.5, 95, float("nan")])
def test_a_level_outside_0_and_1(fitted, level):
    said = message(BadValue, fitted().conformalize().predict_interval, ask(**ASKED), level)
    assert said == f"level {level} is not between 0 and 1; ask for 0.9, say"


@pytest.mark.parametrize("call", ["predict", "conformalize"])
def test_not_fitted(call):
    arguments = [ask(**ASKED)] if call == "predict" else []
    said = message(NotFittedError, getattr(BaseLearners(), call), *arguments)
    assert said == "this BaseLearners forecaster is not fitted; call fit(evidence)"


@pytest.mark.parametrize("frame", [pl.DataFrame({"score": [1]}), pl.DataFrame({"score": [1]}).to_pandas()])
def test_a_frame_is_no_evidence(frame):
    said = message(InputError, BaseLearners().fit, frame)
    kind = type(frame).__module__.partition(".")[0]
    assert said == (f"evidence: fit takes isogloss.Evidence, not {kind}.DataFrame; read it with isogloss.read_evidence")


def test_not_conformalized(fitted):
    said = message(NotFittedError, fitted().predict_interval, ask(**ASKED))
    assert said == "intervals need held-out residuals; call conformalize() after fit()"


def test_fitting_again_asks_for_conformalizing_again(fitted, measured):
    forecaster = fitted().conformalize().fit(measured(CELLS))
    with pytest.raises(InputError, match="call conformalize"):
        forecaster.predict_interval(ask(**ASKED))


def test_no_evidence(measured):
    empty = Evidence(measured(CELLS).observations.head(0))
    said = message(NotEnoughEvidence, BaseLearners().fit, empty)
    assert said.startswith("evidence: the evidence holds no observation; import scores with")


def test_a_table_that_holds_no_queries(fitted):
    said = message(BadValue, fitted().predict, pl.DataFrame({"task": ["topics"], "model": ["toy"]}))
    assert said.startswith("queries: lacks the columns metric, model_revision, ")
    assert said.endswith("; make them with isogloss.read_queries or isogloss.forecasting.ask")


def test_no_questions_give_no_answers(fitted):
    forecaster, queries = fitted().conformalize(), ask(**ASKED)
    forecasts = forecaster.predict_interval(queries.head(0))
    assert forecasts.height == 0
    assert forecasts.schema == forecaster.predict_interval(queries).schema


def test_an_unknown_forecaster_suggests_the_nearest():
    said = message(UnknownName, forecasters.get, "nearst")
    names = sorted(forecasters.names())
    known = f"{', '.join(names[:12])}, ... ({len(names)} in all)"
    assert said == f"unknown forecaster 'nearst'; did you mean 'nearest'? known: {known}"


def test_asking_for_an_unknown_language_says_where():
    said = message(UnknownLanguage, ask, **ASKED | {"targets": ["yor", "yorubba"]})
    assert said.startswith("targets: unknown language 'yorubba'; did you mean 'yor' (Yoruba)?")


def test_asking_for_a_negative_size():
    said = message(BadTrainingMix, ask, **ASKED | {"train": "eng:-5"})
    assert said.startswith("train: size -5 of 'eng' is negative")
