"""Facts about models and tasks: tables of them checked, and those about public test sets that ship."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path

import polars as pl

from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.evidence.schema import MODEL, MODEL_KEY, TASK, TASK_KEY, TEXT_ORIGINS, conform
from isogloss.languages.language import as_languages

_POSITIVE = ("parameters", "embedding_size", "layers", "max_tokens", "vocabulary_size")
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


def read_facts(path: Path) -> dict[str, pl.DataFrame]:
    """A table of facts in a file, under `tasks` or `models`, whichever its columns speak of.

    Parameters
    ----------
    path : pathlib.Path
        CSV, TSV, JSONL or Parquet with columns of `schema.TASK`, or of `schema.MODEL`; in text a list is
        written with `|` between.

    Raises
    ------
    BadFile, BadValue, UnknownName
        One line: the file, the row, the reason.
    """
    from isogloss.evidence.importers.files import read_frame

    if not path.is_file():
        raise BadFile("no such file", where=str(path))
    table, where = read_frame(path), str(path)
    kind, schema = ("tasks", TASK) if "task" in table.columns else ("models", MODEL)
    check = check_tasks if kind == "tasks" else check_models
    typed = table.with_columns(_parsed(table[name], schema[name], where) for name in table.columns if name in schema)
    return {kind: check(typed, where)}


def _parsed(column: pl.Series, kind: pl.DataType, where: str) -> pl.Series:
    """What text says of a type; a cell that is left empty says nothing."""
    if column.dtype != pl.String or kind == pl.String:
        return column
    text = column.str.strip_chars().replace("", None)
    if isinstance(kind, pl.List):
        lists = text.str.split("|").list.eval(pl.element().str.strip_chars())
        return _resolved(lists, where) if column.name == "languages" else lists
    parsed = text.str.to_date(strict=False) if kind == pl.Date else text.cast(kind, strict=False)
    if (wrong := (parsed.is_null() & text.is_not_null()).arg_true()).len():
        what = "a date" if kind == pl.Date else "a number"
        raise BadValue(f"{column.name} '{text[wrong[0]]}' is not {what}", where=f"{where} row {wrong[0]}")
    return parsed


def _resolved(languages: pl.Series, where: str) -> pl.Series:
    codes = languages.explode().drop_nulls().unique().to_list()
    known = dict(zip(codes, (language.id for language in as_languages(codes, where=where)), strict=True))
    return languages.list.eval(pl.element().replace_strict(known, return_dtype=pl.String))


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


FILE = Path(__file__).parent / "known_tasks.toml"


@lru_cache(maxsize=1)
def known_tasks() -> pl.DataFrame:
    """One row per (task, metric), with the columns of `isogloss.evidence.schema.TASK`.

    Names are those that MTEB, lm-evaluation-harness, lighteval, XTREME and isogloss itself use, with the
    endings they give them for a way of asking. The file says where each fact is from.
    """
    rows = [
        {"task": f"{name}{ending}", "metric": metric} | {key: value for key, value in entry.items() if key in TASK}
        for entry in tomllib.loads(FILE.read_text(encoding="utf-8"))["test_set"]
        for name in entry["tasks"]
        for ending in entry.get("endings", [""])
        for metric in entry.get("metrics", [None])
    ]
    return check_tasks(pl.DataFrame(rows, schema=TASK), FILE.name)
