"""Every question over evidence that is thin, uneven or flat: an answer, or one line that says what is missing."""

from __future__ import annotations

import polars as pl
import pytest
from tests.questions import worlds

import isogloss
from isogloss.questions import Answer
from isogloss.questions.about import AboutSettings
from isogloss.questions.catalogue import question_kind
from isogloss.questions.functions import FUNCTIONS


def one_row() -> pl.DataFrame:
    return worlds.as_they_are().head(1)


def one_language() -> pl.DataFrame:
    return pl.concat([worlds.as_they_are(3).filter(target="eng"), worlds.as_they_are(3).filter(target="eng")]).unique()


def equal_scores() -> pl.DataFrame:
    return worlds.as_they_are(2).with_columns(score=pl.lit(70.0))


def five_models_with_gaps() -> pl.DataFrame:
    return worlds.as_they_are(5).filter((pl.int_range(pl.len()) % 3) != 1)


def at_the_ceiling() -> pl.DataFrame:
    return worlds.as_they_are().with_columns(score=pl.lit(100.0))


THIN = {
    "one row": one_row,
    "one language": one_language,
    "equal scores": equal_scores,
    "five models with gaps": five_models_with_gaps,
    "at the ceiling": at_the_ceiling,
    "one source": lambda: worlds.with_sources().filter(train="eng:1000"),
    "two mixes": lambda: worlds.with_sources().filter(pl.col("train").is_in(["eng:1000", "deu:1000"])),
}
ASKED = {
    "forecast": {"targets": ["Yoruba", "German"]},
    "explain": {"target": "Yoruba", "model": None},
    "sources": {"targets": ["Yoruba"]},
    "next": {"among": ["Yoruba", "Zulu", "Hausa"], "k": 1},
    "plan": {"targets": ["Yoruba"], "budget": 50, "fast": True, "rounds": 0},
    "curve": {"target": "Yoruba"},
    "goal": {"target": "Yoruba", "goal": 0.6},
    "kinds": {"target": "Yoruba", "budget": 50},
    "trust": {"every": 5, "levels": [0.9]},
    "benchmark": {"protocol": ["lolo"], "forecasters": ["additive", "default"], "every": 6},
}
PRICED = ("plan", "goal", "kinds", "compare")


@pytest.mark.parametrize("shape", THIN)
@pytest.mark.parametrize("command", [name for name in FUNCTIONS if issubclass(question_kind(name), AboutSettings)])
def test_thin_evidence_gives_an_answer_or_one_line(command, shape, tmp_path):
    table = THIN[shape]()
    fields = {name: value for name, value in ASKED.get(command, {}).items() if value is not None}
    if command not in ("forecast", "fair", "benchmark", "compare"):
        table = table.filter(model=table["model"][0])
    if command in PRICED:
        fields["costs"] = worlds.costs(tmp_path)
    if command == "goal" and table["score"].max() > 1:
        fields["goal"] = 60
    answer = _asked(command, table, fields)
    if isinstance(answer, isogloss.IsoglossError):
        assert "\n" not in answer.line()
        assert len(answer.reason) > 10
        assert answer.hint or answer.where
    else:
        assert answer.verdict
        scores = answer.table.select(pl.col("^(mean|lower|upper)$"))
        assert not any(column.is_nan().any() for column in scores)


def _asked(command: str, table: pl.DataFrame, fields: dict[str, object]) -> Answer | isogloss.IsoglossError:
    try:
        return getattr(isogloss, FUNCTIONS[command])(table, **fields)
    except isogloss.IsoglossError as error:
        return error


@pytest.mark.parametrize("background", ["none", None])
@pytest.mark.parametrize("shape", ["one row", "equal scores", "at the ceiling"])
def test_a_forecast_from_scores_that_do_not_differ_is_not_certain(shape, background):
    answer = isogloss.forecast(THIN[shape](), ["Yoruba"], background=background)
    assert (answer.table["upper"] - answer.table["lower"]).min() > 1
    assert answer.table["trust"].unique().to_list() == ["guess"]
