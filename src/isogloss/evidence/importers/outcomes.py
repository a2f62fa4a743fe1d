"""Tables with one row per test item: scores and their standard errors computed from the items."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.evidence.importers.base import RAW_ITEM


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
