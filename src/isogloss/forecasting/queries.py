"""Questions: what to forecast, put together in code or on the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from isogloss.errors import BadValue
from isogloss.evidence import QUERY, SETTING, TrainingMix
from isogloss.languages import resolve


def ask(
    *,
    task: str,
    model: str,
    targets: Sequence[str],
    train: str = "",
    metric: str | None = None,
    recipe: str | None = None,
    languages: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Queries for some target languages under one training mix.

    Parameters
    ----------
    task, model : str
        As the evidence names them.
    targets : sequence of str
        Languages, written in any way isogloss knows.
    train : str
        A mix such as `eng:1000,hin:500`; empty for a model used as it is.
    metric, recipe : str, optional
        Needed only where the evidence has several.
    languages : mapping of str to str, optional
        How to read a code, ahead of all else: `{"jp": "jpn"}`.

    Returns
    -------
    polars.DataFrame
        One row per target, as `isogloss.read_queries` gives them.

    Raises
    ------
    UnknownLanguage, BadTrainingMix
    """
    read_as = languages or {}

    def identifier(code: str, where: str) -> str:
        return resolve(read_as.get(code, code), where=where).id

    mix = TrainingMix.parse(train, where="train", language=lambda code: identifier(code, "train"))
    constants = {"task": task, "model": model, "train": str(mix), "metric": metric, "recipe": recipe}
    columns = {
        "target": [identifier(target, "targets") for target in targets],
        "target_as_reported": list(targets),
        "query_row": range(len(targets)),
    }
    schema: dict[str, Any] = {**QUERY, "query_row": pl.Int64}
    rows = {name: columns.get(name, [constants.get(name)] * len(targets)) for name in schema}
    return pl.DataFrame(rows, schema=schema)


def split_names(text: str) -> list[str]:
    """Names with commas between."""
    return [name.strip() for name in text.split(",") if name.strip()]


def check_queries(queries: pl.DataFrame) -> None:
    """Find out whether a table holds questions.

    Raises
    ------
    BadValue
        Naming the columns that are not there.
    """
    needed = (*SETTING, "target", "target_as_reported", "train", "origin", "query_row")
    if missing := [name for name in needed if name not in queries.columns]:
        raise BadValue(
            f"lacks the columns {', '.join(missing)}",
            where="queries",
            hint="make them with isogloss.read_queries or isogloss.forecasting.ask",
        )
