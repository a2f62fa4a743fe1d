"""Questions to evidence in SQL, which only read: `select target, avg(score) from observations group by target`."""

from __future__ import annotations

import re

import polars as pl

from isogloss.errors import InputError, first_line
from isogloss.evidence.evidence import Evidence
from isogloss.evidence.store import Store

TABLES = ("observations", "models", "tasks", "items")
_BEGINNINGS = ("select", "with")
_READS_FILES = re.compile(r"\bread_\w+\s*\(", re.IGNORECASE)
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)


def select(source: Store | Evidence, query: str) -> pl.DataFrame:
    """Answer a SQL query about evidence, with polars' dialect of it.

    Parameters
    ----------
    source : Store or Evidence
    query : str
        One `select` (or `with ... select`) from `observations`, `models`, `tasks` and, of a store, `items`.

    Returns
    -------
    polars.DataFrame

    Raises
    ------
    InputError
        If the query does anything but read these tables, or is not understood.
    """
    _check(query)
    if isinstance(source, Evidence):
        return _answer(query, source.observations.lazy(), source.models, source.tasks, None).collect()
    models, tasks = source.facts()
    return source.ask(lambda rows: _answer(query, rows, models, tasks, source))


def _check(query: str) -> None:
    bare = _QUOTED.sub(" ", query).strip().rstrip(";")
    words = re.findall(r"\w+", bare.casefold())
    if not words or words[0] not in _BEGINNINGS or ";" in bare:
        raise InputError("only one select can be asked", where="query", hint="begin with select")
    if _READS_FILES.search(bare):
        raise InputError("reads a file", where="query", hint=f"select from {', '.join(TABLES)}")


def _answer(
    query: str, rows: pl.LazyFrame, models: pl.DataFrame, tasks: pl.DataFrame, source: Store | None
) -> pl.LazyFrame:
    tables = {"observations": rows, "models": models.lazy(), "tasks": tasks.lazy()}
    if source is not None and "items" in query.casefold():
        tables["items"] = source.read_items().lazy()
    try:
        answer = pl.SQLContext(tables).execute(query, eager=False)
        answer.collect_schema()
    except pl.exceptions.PolarsError as error:
        raise _misunderstood(error) from None
    return answer


def _misunderstood(error: Exception) -> InputError:
    return InputError(f"is not understood: {first_line(error)}", where="query", hint=f"tables: {', '.join(TABLES)}")
