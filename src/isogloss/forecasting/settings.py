"""Settings, within which scores are compared, and the queries about them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from isogloss.errors import BadValue, InputError, UnknownName
from isogloss.evidence import QUERY, SETTING, Evidence, TrainingMix
from isogloss.languages import resolve
from isogloss.languages.language import as_languages


class Setting(NamedTuple):
    """Everything about an observation but its mix, target and seed."""

    task: str
    metric: str
    model: str
    model_revision: str | None
    recipe: str | None
    shots: int | None
    split: str | None
    pair: str | None = None


assert Setting._fields == SETTING, "a setting is what the schema says it is"


def read_settings(evidence: Evidence) -> Iterator[tuple[Setting, pl.DataFrame]]:
    """Each setting of the evidence with its observations, sorted by task, metric and model."""
    for key, observations in evidence.observations.sort(SETTING, nulls_last=True).group_by(
        SETTING, maintain_order=True
    ):
        yield Setting(*key), observations


def find_settings(
    evidence: Evidence, models: Sequence[str], *, task: str, metric: str | None = None, recipe: str | None = None
) -> list[Setting]:
    """For each model the only setting with these properties.

    Raises
    ------
    UnknownName
        If there is none.
    InputError
        If there are several, saying which property tells them apart.
    """
    settings = [Setting(*row) for row in evidence.observations.select(SETTING).unique().iter_rows()]
    about = {"task": task, "metric": metric, "recipe": recipe}
    return [_find({**about, "model": model}, settings, "evidence") for model in models]


def find_setting(
    evidence: Evidence, *, task: str, model: str, metric: str | None = None, recipe: str | None = None
) -> tuple[Setting, pl.DataFrame]:
    """The only setting with these properties, and its observations.

    Raises
    ------
    UnknownName
        If there is none.
    InputError
        If there are several, saying which property tells them apart.
    """
    (setting,) = find_settings(evidence, [model], task=task, metric=metric, recipe=recipe)
    same = [pl.col(name).eq_missing(pl.lit(value)) for name, value in setting._asdict().items()]
    return setting, evidence.observations.filter(same)


def match(
    queries: pl.DataFrame, settings: Collection[Setting], *, may_be_new: Callable[[str], bool] = lambda model: False
) -> Iterator[tuple[Setting, pl.DataFrame]]:
    """Each setting that some query is about, with these queries; a property left null in a query is free.

    Parameters
    ----------
    may_be_new : function of str to bool
        Whether a model that no setting has is forecast: it gets the setting of the other models.

    Yields
    ------
    setting : Setting
    queries : polars.DataFrame
        With a column `query_position`, its place among all queries.

    Raises
    ------
    UnknownName
        If no setting has the task, model, ... of a query.
    InputError
        If several have.
    """
    placed = queries.with_row_index("query_position")
    positions: dict[tuple[Any, ...], list[int]] = {}
    for position, key in enumerate(queries.select(SETTING).rows()):
        positions.setdefault(key, []).append(position)
    for key, at in positions.items():
        rows = placed if len(positions) == 1 else placed[at]
        yield _find(dict(zip(SETTING, key, strict=True)), settings, _where(rows), may_be_new), rows


def _find(
    query: Mapping[str, Any], settings: Collection[Setting], where: str,
    may_be_new: Callable[[str], bool] = lambda model: False,
) -> Setting:  # fmt: skip
    """The only setting that has the properties of a query; what is null or not named in `query` is free."""
    left, new = list(settings), False
    for field in Setting._fields:
        wanted = query.get(field)
        fitting = [setting for setting in left if getattr(setting, field) == wanted]
        # No pair means scores of single languages, if there are any.
        if wanted is None and not (field == "pair" and fitting):
            continue
        if not fitting and (new or (field == "model" and may_be_new(query["model"]))) and field.startswith("model"):
            new = True
            continue
        if not fitting:
            raise UnknownName(field, str(wanted), {str(getattr(setting, field)) for setting in left}, where=where)
        left = fitting
    if new:
        new_one = {"model": query["model"], "model_revision": query["model_revision"]}
        left = list({setting._replace(**new_one) for setting in left})
    if len(left) > 1:
        field = next(name for name in Setting._fields if len({getattr(setting, name) for setting in left}) > 1)
        values = sorted({str(getattr(setting, field)) for setting in left})
        field_value = f"{field}=... or " if field in ("metric", "recipe") else ""
        raise InputError(
            f"the evidence has more than one {field.replace('_', ' ')} for this: {', '.join(values)}",
            where=where,
            hint=f"say which, with {field_value}a column '{field}' in a file of queries",
        )
    return left[0]


def _where(rows: pl.DataFrame) -> str:
    first = rows.row(0, named=True)
    position = first["query_row"] if first["query_row"] is not None else first["query_position"]
    return f"{first['origin'] or 'query'} row {position}"


def ask(
    *,
    task: str,
    model: str,
    targets: str | Sequence[str],
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
    targets : str or sequence of str
        Languages, written in any way isogloss knows; in one text with commas between.
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
    targets = split_names(targets) if isinstance(targets, str) else targets
    mix = TrainingMix.parse(
        train, where="train", language=lambda code: resolve(read_as.get(code, code), where="train").id
    )
    constants = {"task": task, "model": model, "train": str(mix), "metric": metric, "recipe": recipe}
    columns = {
        "target": [language.id for language in as_languages(targets, where="targets", read_as=read_as)],
        "target_as_reported": list(targets),
        "query_row": range(len(targets)),
    }
    schema: dict[str, Any] = {**QUERY, "query_row": pl.Int64}
    rows = {name: columns.get(name, [constants.get(name)] * len(targets)) for name in schema}
    return pl.DataFrame(rows, schema=schema)


def split_names(text: str) -> list[str]:
    """Names with commas between."""
    return [name.strip() for name in text.split(",") if name.strip()]


def check_queries(queries: object) -> None:
    """Find out whether a table holds questions.

    Raises
    ------
    InputError
        If it is no polars table; BadValue naming the columns that are not there.
    """
    if not isinstance(queries, pl.DataFrame):
        given = type(queries)
        raise InputError(
            f"queries are a polars table, not {given.__module__.partition('.')[0]}.{given.__qualname__}",
            where="queries",
            hint="make it with isogloss.read_queries or isogloss.forecasting.ask",
        )
    needed = (*SETTING, "target", "target_as_reported", "train", "origin", "query_row")
    if missing := [name for name in needed if name not in queries.columns]:
        raise BadValue(
            f"lacks the columns {', '.join(missing)}",
            where="queries",
            hint="make them with isogloss.read_queries or isogloss.forecasting.ask",
        )
