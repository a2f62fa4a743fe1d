"""Columns of a table: typed and checked with errors that name the first bad cell, and scores computed from items."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.evidence.importers.base import RAW_ITEM
from isogloss.evidence.importers.cells import read_numbers
from isogloss.evidence.schema import OBSERVATION

_BOOLEANS = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}
NOTHING = ("NaN", "None", "NULL", "<NA>", "N/A", "#N/A")
"""How programs write that a cell of text is empty; `nan` in small letters is also the code of Min Nan Chinese."""

_DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
_KINDS = {
    pl.Float64: "a number",
    pl.Int64: "a whole number",
    pl.Int32: "a whole number",
    pl.Boolean: "true or false",
    pl.Datetime: "a date and time",
    pl.String: "text",
}


def cast_columns(rows: pl.DataFrame, where: str) -> pl.DataFrame:
    """`rows` with the types of an observation; blank text is null.

    Raises
    ------
    BadValue
        Naming the row and the value that cannot be read.
    """
    rows, _ = with_numbers(rows)
    return rows.with_columns(_cast(rows, name, where) for name in rows.columns)


def with_numbers(rows: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Rows with scores as numbers, however they are written, and what was left out or taken for what.

    A `±` fills the standard error, a percent sign the scale.
    """
    if "score" not in rows.columns or rows["score"].dtype != pl.String:
        return rows, ()
    numbers = read_numbers(rows["score"])
    # What is no number stays as it is written, for the error that names it; what says that there is none does not.
    wrong = numbers.wrong.any()
    given = {"score": rows["score"].set(~numbers.wrong & numbers.values.is_null(), None) if wrong else numbers.values}
    notes = numbers.notes
    if numbers.errors.is_not_null().any() and "standard_error" not in rows.columns:
        given["standard_error"] = numbers.errors
    elif numbers.errors.is_not_null().any():
        notes = (*notes[1:], "numbers behind ± are left out, as a column holds the standard errors")
    if numbers.percent.any() and "scale" not in rows.columns:
        others = pl.select(pl.when(~numbers.percent & numbers.values.is_not_null()).then(numbers.values)).to_series()
        if not others.is_between(0, 1, closed="none").any():
            given["scale"] = pl.repeat("percent", rows.height, eager=True)
    return rows.with_columns(**given), notes


def stripped(column: pl.Series) -> pl.Series:
    """Text without blanks around it, null where nothing is left; the very same column if there are none."""
    if not column.str.contains(r"^\s|\s$|^$").any():  # asked first, as a copy of ten million cells takes room
        return column
    text = column.str.strip_chars()
    return text.to_frame().select(pl.when(pl.first() != "").then(pl.first()))[column.name]


def _cast(rows: pl.DataFrame, name: str, where: str) -> pl.Series:
    kind, column = OBSERVATION[name], rows[name]
    if column.dtype == pl.String:
        column = stripped(column)
        if kind == pl.String:
            column = column.replace(dict.fromkeys(NOTHING))
    elif isinstance(column.dtype, pl.Categorical | pl.Enum):
        column = column.cast(pl.String)
    try:
        typed = _typed(column, kind)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        raise BadValue(
            f"the column '{name}' is {column.dtype}, not {_KINDS[kind.base_type()]}", where=where, hint="convert it"
        ) from None
    wrong = (typed.is_null() & column.is_not_null()).arg_true()
    if wrong.len():
        row = rows["origin_row"][wrong[0]]
        cell = str(column[wrong[0]])
        hint = "leave the cell empty if nothing was measured" if name == "score" else "correct the cell"
        if kind.is_float() and _DECIMAL_COMMA.fullmatch(cell):
            hint = f"write {cell.replace(',', '.')} if the comma is a decimal point"
        raise BadValue(
            f"{name} '{cell[:60]}' is not {_KINDS[kind.base_type()]}",
            where=f"{where} row {row}",
            hint=hint,
        )
    return typed.alias(name)


def _typed(column: pl.Series, kind: pl.DataType) -> pl.Series:
    if column.dtype == kind:
        return column
    if kind.is_integer():
        return _whole(column, kind)
    if kind == pl.Boolean and column.dtype == pl.String:
        return column.str.to_lowercase().replace_strict(_BOOLEANS, default=None, return_dtype=pl.Boolean)
    if isinstance(kind, pl.Datetime):
        return _moment(column, kind)
    if kind == pl.String and column.dtype.is_nested():
        raise pl.exceptions.InvalidOperationError
    return column.cast(kind, strict=False)


def _whole(column: pl.Series, kind: pl.DataType) -> pl.Series:
    """Whole numbers, also where they were written as 42.0; anything else becomes null."""
    exact = column.cast(kind, strict=False) if not column.dtype.is_float() else pl.repeat(None, len(column), eager=True)
    numbers = column.cast(pl.Float64, strict=False)
    rounded = pl.select(pl.when(numbers == numbers.round(0)).then(numbers).cast(kind, strict=False)).to_series()
    return pl.select(pl.coalesce(exact.cast(kind), rounded)).to_series()


def _moment(column: pl.Series, kind: pl.Datetime) -> pl.Series:
    if column.dtype == pl.String:
        try:
            column = column.str.to_datetime(time_unit=kind.time_unit, time_zone="UTC", strict=False)
        except pl.exceptions.ComputeError:  # not one value looks like a date
            return pl.Series(column.name, [None] * len(column), dtype=kind)
    elif isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone is None:
        column = column.dt.replace_time_zone("UTC")
    return column.cast(kind, strict=False)


def require_columns(table: pl.DataFrame, needed: Sequence[str], where: str) -> None:
    """Refuse a table that lacks a column, or has no rows.

    Raises
    ------
    BadFile, UnknownName
    """
    for column in needed:
        if column not in table.columns:
            raise UnknownName("column", column, table.columns, where=where)
    if table.is_empty():
        raise BadFile("holds no rows", where=where)


def as_text(table: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Some columns of a table as text, with the position of each row."""
    texts = table.select(pl.col(name).cast(pl.String, strict=False) for name in columns)
    return texts.with_columns(origin_row=pl.int_range(pl.len(), dtype=pl.Int64))


def refuse(table: pl.DataFrame, wrong: pl.Expr, column: str, reason: str, where: str) -> None:
    """Refuse a table in which a column is wrong somewhere, naming the first row of it.

    Raises
    ------
    BadValue
    """
    found = table.filter(wrong)
    if found.height:
        value, row = found.select(pl.col(column).cast(pl.String).fill_null(""), "origin_row").row(0)
        raise BadValue(f"{column} '{value[:60]}' {reason}", where=f"{where} row {row}", hint="correct it")


def from_items(outcomes: pl.DataFrame, by: Sequence[str], where: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Scores of groups of items.

    Parameters
    ----------
    outcomes : polars.DataFrame
        One row per item: the columns of `by`, `item`, `score`, `prediction` and `origin_row`.
    by : sequence of str
        What tells one observation from another.
    where : str
        The file, for errors.

    Returns
    -------
    rows : polars.DataFrame
        One row per observation, in the order of the file: `score`, the mean; `standard_error`, the standard
        deviation (with n - 1) over the square root of n; `items`, n; `origin_row` of the first item.
    items : polars.DataFrame
        With the columns of `RAW_ITEM`.

    Raises
    ------
    BadValue
        If an item stands twice.
    """
    twice = pl.struct(*by, "item").is_first_distinct().not_()
    refuse(outcomes, twice, "item", "stands twice", where)
    rows = outcomes.group_by(by, maintain_order=True).agg(
        origin_row=pl.col("origin_row").first(),
        standard_error=pl.col("score").std(ddof=1) / pl.len().sqrt(),
        score=pl.col("score").mean(),
        items=pl.len().cast(pl.Int64),
    )
    places = rows.select(*by, row=pl.int_range(pl.len(), dtype=pl.Int64))
    return rows, outcomes.join(places, on=by, maintain_order="left").select(RAW_ITEM.names())
