"""Splits in the order of time: what is learnt from was written before what is tested on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import pairwise

import polars as pl

from isogloss.errors import BadValue

SPLITS = ("train", "dev", "test")
"""In the order of time."""


def with_dates(table: pl.DataFrame, where: str) -> pl.DataFrame:
    """The table with its column `date` as dates; what follows the day is left out.

    Raises
    ------
    BadValue
        For the first that is none.
    """
    read = table.with_columns(read=pl.col("date").str.strip_chars().str.slice(0, 10).str.to_date(strict=False))
    wrong = read.filter(pl.col("read").is_null())
    if wrong.height:
        row = wrong.row(0, named=True)
        raise BadValue(f"'{row['date']}' is no date", where=f"{where} row {row['row']}", hint="write 2016-08-28")
    return read.drop("date").rename({"read": "date"})


def divide_by_date(table: pl.DataFrame, begins: Mapping[str, date]) -> pl.DataFrame:
    """The table with a column `split`: train, then dev from its first day on, then test from its first day on."""
    split = pl.lit("train")
    for name in SPLITS:
        if name in begins:
            split = pl.when(pl.col("date") >= begins[name]).then(pl.lit(name)).otherwise(split)
    return table.with_columns(split=split)


def check_order(table: pl.DataFrame, where: str) -> None:
    """Raise BadValue if a split has a text that is later than one of the next split, whatever their languages."""
    there = [part for name in SPLITS if (part := table.filter(split=name).sort("date", "row")).height]
    for earlier, later in pairwise(there):
        last, first = earlier.row(-1, named=True), later.row(0, named=True)
        if last["date"] > first["date"]:
            raise BadValue(
                f"'{last['split']}' goes up to {last['date']} (row {last['row']}), '{first['split']}' begins on "
                f"{first['date']} (row {first['row']})",
                where=where, hint="splits must follow each other in time: give their first days with `begin`",
            )  # fmt: skip
