"""Flags: typed facts about one forecast, each with its sentence."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import polars as pl

from isogloss.languages import resolve


class Flag(StrEnum):
    """A fact that changes how far to believe a forecast, the gravest first."""

    LEVEL_UNSUPPORTED = "level_unsupported"
    AT_CHANCE = "at_chance"
    POORER_THAN_MEASURED = "poorer_than_measured"
    NO_WEB_TEXT_COUNTED = "no_web_text_counted"
    MIX_UNMEASURED = "mix_unmeasured"
    MODEL_UNMEASURED = "model_unmeasured"
    SHOTS_UNMEASURED = "shots_unmeasured"
    ADAPTATION_UNMEASURED = "adaptation_unmeasured"
    FEW_LANGUAGES = "few_languages"
    FAR = "far"
    TRAINING_LANGUAGE_UNMEASURED = "training_language_unmeasured"
    SIZE_OUTSIDE_MEASURED = "size_outside_measured"
    SIZE_FROM_OTHER_LANGUAGES = "size_from_other_languages"
    EDGE_OF_RANGE = "edge_of_range"
    OTHER_MODELS = "other_models"
    OTHER_TASKS = "other_tasks"
    OTHER_SETTINGS = "other_settings"
    MEASURED = "measured"


SENTENCES: Mapping[Flag, str] = {
    Flag.LEVEL_UNSUPPORTED: "there is too little evidence for the level, so that the interval is the whole range",
    Flag.AT_CHANCE: "the model is at chance in every measured language, so that there is nothing to transfer",
    Flag.POORER_THAN_MEASURED: "as far as is known, {language} has under a third of any measured language's web text",
    Flag.NO_WEB_TEXT_COUNTED: "CC-100 has no text of {language}, though of every measured language",
    Flag.MIX_UNMEASURED: "only adapted models were measured and this one is used as it is, or the other way round",
    Flag.MODEL_UNMEASURED: "the model was never measured here, so that the scores of other models stand in",
    Flag.SHOTS_UNMEASURED: "nothing was measured with so many shots, so that the nearest number stands in, widened",
    Flag.ADAPTATION_UNMEASURED: "the adaptation was not measured so strong or weak: the nearest is moved and widened",
    Flag.FEW_LANGUAGES: "so few languages were measured that the level comes from other tables",
    Flag.FAR: "{language} is far from every measured language; the nearest is {nearest}, at {distance:.2f}",
    Flag.TRAINING_LANGUAGE_UNMEASURED: "most of the training examples are in languages of no measured training mix",
    Flag.SIZE_OUTSIDE_MEASURED: "no measured training mix is within a factor of two of this number of examples",
    Flag.SIZE_FROM_OTHER_LANGUAGES: "{language} was not measured with so many examples, so that it grows as others do",
    Flag.EDGE_OF_RANGE: "the forecast is at the edge of the metric's range",
    Flag.OTHER_MODELS: "{language} was measured with other models, and their scores count",
    Flag.OTHER_TASKS: "{language} was measured on other tasks, and those scores count",
    Flag.OTHER_SETTINGS: "{language} was measured in other settings of the task, and those scores count",
    Flag.MEASURED: "this score was measured",
}
"""One clause for each flag; the placeholders are filled by `sentences`."""


OUTSIDE_MEASURED = frozenset(
    {
        Flag.FAR,
        Flag.POORER_THAN_MEASURED,
        Flag.NO_WEB_TEXT_COUNTED,
        Flag.MIX_UNMEASURED,
        Flag.TRAINING_LANGUAGE_UNMEASURED,
        Flag.SIZE_OUTSIDE_MEASURED,
    }
)
"""Flags that put a language or a training mix outside what was measured."""


def sentences(forecast: Mapping[str, Any]) -> list[str]:
    """What the flags of one forecast mean, one clause each.

    Parameters
    ----------
    forecast : mapping
        A row of a table of forecasts (`FORECAST`).
    """
    nearest = forecast["nearest"]
    values = {
        "language": resolve(forecast["target"]).name,
        "nearest": nearest and resolve(nearest).name,
        "distance": forecast["distance"],
    }
    return [SENTENCES[Flag(flag)].format(**values) for flag in forecast["flags"]]


def flat(table: pl.DataFrame) -> pl.DataFrame:
    """A table for files that hold no lists: flags with ";" between them."""
    return table.with_columns(pl.col(name).list.join(";") for name, kind in table.schema.items() if kind == pl.List)


def short(table: pl.DataFrame) -> pl.DataFrame:
    """A table for the terminal: flags as words with ", " between them."""
    words = pl.col("flags").list.eval(pl.element().str.replace_all("_", " ")).list.join(", ")
    return table.with_columns(flags=words)
