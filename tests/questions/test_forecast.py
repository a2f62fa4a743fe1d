"""What the answer to a forecast says of tasks, of measured languages and of flags."""

from __future__ import annotations

import polars as pl
import pytest

import isogloss
from isogloss.errors import InputError

SCORES = {"English": 81.2, "German": 79.1, "Hindi": 66.7, "Swahili": 60.1, "Turkish": 70.9, "Finnish": 75.5}


def sheet(**changes: object) -> pl.DataFrame:
    columns = {"language": list(SCORES), "score": list(SCORES.values()), "metric": "accuracy", "task": "topics"}
    return pl.DataFrame({**columns, "model": "ours", **changes})


def test_two_tasks_are_both_answered():
    both = pl.concat([sheet(), sheet(task="names", score=[80.0, 77.0, 60.0, 50.0, 66.0, 70.0])])
    answer = isogloss.forecast(both, ["Yoruba", "Zulu"])
    assert answer.table.select("task", "language").rows() == [
        ("names", "Yoruba"), ("names", "Zulu"), ("topics", "Yoruba"), ("topics", "Zulu"),
    ]  # fmt: skip
    alone = isogloss.forecast(both, ["Yoruba", "Zulu"], task="names").table
    assert answer.table.head(2)["mean"].to_list() == pytest.approx(alone["mean"].to_list())
    assert "ours, names: forecasts from" in " ".join(answer.sentences)
    assert "ours, topics: forecasts from" in " ".join(answer.sentences)
    drawn = str(answer.picture().to_dict())
    assert "'names'" in drawn
    assert "'topics'" in drawn


def test_tasks_on_different_scales_are_asked_about():
    both = pl.concat([sheet(), sheet(task="speech", metric="wer", score=[0.1, 0.2, 0.3, 0.3, 0.2, 0.2])])
    with pytest.raises(InputError, match="tasks on several scales") as error:
        isogloss.forecast(both, ["Yoruba"])
    assert error.value.hint == "say which: task='speech'"


def test_a_metric_that_one_of_two_tasks_has_twice_is_asked_about():
    both = pl.concat([sheet(), sheet(task="names", metric="f1"), sheet(task="names", metric="accuracy")])
    with pytest.raises(InputError, match="for names: 2 metrics"):
        isogloss.forecast(both, ["Yoruba"])


def test_a_measured_language_is_said_to_be_measured_and_gets_no_interval_of_a_forecast():
    answer = isogloss.forecast(sheet(), ["German"])
    assert answer.verdict == "German was measured: 79.1. There is nothing to forecast."
    assert answer.table.select("mean", "lower", "upper").row(0) == (pytest.approx(79.1), None, None)


def test_the_interval_of_a_measured_score_is_that_of_its_measurement():
    known = isogloss.forecast(sheet(standard_error=[2.0] * 6), ["German"], level=0.9).table
    assert known.select("lower", "upper").row(0) == pytest.approx((79.1 - 1.645 * 2, 79.1 + 1.645 * 2), abs=1e-3)


def test_measured_languages_are_not_counted_among_forecasts():
    answer = isogloss.forecast(sheet(), ["German", "Yoruba", "Wolof"])
    assert "Measured already: German." in answer.sentences
    assert "in 2 languages" in " ".join(answer.sentences)


def test_languages_with_the_same_warnings_are_named_once():
    sentences = isogloss.forecast(sheet(), ["Yoruba", "Wolof", "Dutch"]).sentences
    assert "Poorer than measured, no web text counted: Yoruba, Wolof." in sentences


def test_the_nearest_language_is_named_as_the_reader_wrote_it():
    assert isogloss.forecast(sheet(), ["Dutch"]).table["nearest"].item() in SCORES


def test_of_one_forecast_every_warning_is_said_in_a_sentence():
    sentences = isogloss.forecast(sheet(), ["Wolof"]).sentences
    assert "As far as is known, Wolof has under a third of any measured language's web text." in sentences
