"""Questions: what to forecast, put together in code or on the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
    mix = str(
        TrainingMix.parse(
            train, where="train", language=lambda code: resolve(read_as.get(code, code), where="train").id
        )
    )
    rows = [
        {
            "target": resolve(read_as.get(target, target), where="targets").id,
            "target_as_reported": target,
            "query_row": position,
        }
        for position, target in enumerate(targets)
    ]
    constants = {"task": task, "model": model, "train": mix, "metric": metric, "recipe": recipe}
    table = pl.DataFrame(rows, schema={"target": pl.String, "target_as_reported": pl.String, "query_row": pl.Int64})
    table = table.with_columns(pl.lit(value, dtype=pl.String).alias(name) for name, value in constants.items())
    return table.select(
        *(
            (pl.col(name) if name in table.columns else pl.lit(None, dtype=kind).alias(name))
            for name, kind in QUERY.items()
        ),
        "query_row",
    )


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
