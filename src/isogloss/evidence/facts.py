"""Facts beside the scores: what is known of each model and of each task, checked on the way in."""

from __future__ import annotations

import polars as pl

from isogloss.errors import BadValue, UnknownName
from isogloss.evidence.schema import MODEL, MODEL_KEY, TASK, TASK_KEY, TEXT_ORIGINS, conform

_POSITIVE = ("parameters", "embedding_size", "layers", "max_tokens")
_FAILURES = (pl.exceptions.PolarsError, pl.exceptions.PanicException)


def check_models(table: pl.DataFrame | None, where: str = "models") -> pl.DataFrame:
    """A table of facts about models, one row per (model, revision), with the columns of `schema.MODEL`.

    Parameters
    ----------
    table : polars.DataFrame or None
        With some of these columns; None is an empty table. Later rows win, field by field.

    Raises
    ------
    BadValue
        If a column has another type, a row names no model, or a count is not positive.
    """
    models = _typed(table, MODEL, where)
    _require(models, "model", where)
    for name in _POSITIVE:
        _refuse(models, name, pl.col(name) < 1, "is not positive", where)
    return merge(models, MODEL_KEY)


def check_tasks(table: pl.DataFrame | None, where: str = "tasks") -> pl.DataFrame:
    """A table of facts about tasks, one row per (task, metric), with the columns of `schema.TASK`.

    Raises
    ------
    BadValue, UnknownName
        If a column has another type, a row names no task, an origin of texts is none of
        `schema.TEXT_ORIGINS`, or chance is not a fraction between -1 and 1.
    """
    tasks = _typed(table, TASK, where)
    _require(tasks, "task", where)
    strange = tasks.filter(~pl.col("text_origin").is_in(TEXT_ORIGINS))
    if strange.height:
        raise UnknownName("origin of texts", strange["text_origin"][0], TEXT_ORIGINS, where=where)
    _refuse(tasks, "chance", ~pl.col("chance").is_between(-1, 1), "is not a fraction", where)
    return merge(tasks, TASK_KEY)


def merge(facts: pl.DataFrame, key: tuple[str, ...]) -> pl.DataFrame:
    """One row per key; of each field the last value that is not empty."""
    if not facts.select(key).is_duplicated().any():
        return facts
    return facts.group_by(key, maintain_order=True).agg(pl.all().drop_nulls().last()).select(facts.columns)


def _typed(table: pl.DataFrame | None, schema: pl.Schema, where: str) -> pl.DataFrame:
    if table is None:
        return pl.DataFrame(schema=schema)
    for name in table.columns:
        if name not in schema:
            raise UnknownName("column", name, schema, where=where)
    try:
        return conform(table, schema)
    except _FAILURES:
        wrong = next(name for name in table.columns if not _fits(table[name], schema[name]))
        raise BadValue(f"the column '{wrong}' is {table[wrong].dtype}, not {schema[wrong]}", where=where) from None


def _fits(column: pl.Series, kind: pl.DataType) -> bool:
    try:
        column.cast(kind)
    except _FAILURES:
        return False
    return True


def _require(facts: pl.DataFrame, name: str, where: str) -> None:
    if facts[name].null_count():
        raise BadValue(f"row {facts[name].is_null().arg_true()[0]} names no {name}", where=where)


def _refuse(facts: pl.DataFrame, name: str, wrong: pl.Expr, reason: str, where: str) -> None:
    found = facts.filter(wrong)
    if found.height:
        row = found.row(0, named=True)
        raise BadValue(f"{name} {row[name]:g} of '{row.get('model') or row.get('task')}' {reason}", where=where)
