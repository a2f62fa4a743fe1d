"""Splits where a file has none: made by a column, so that what belongs together stays together."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import polars as pl


def divide(table: pl.DataFrame, shares: Mapping[str, float], *, by_item: bool = True) -> pl.DataFrame:
    """The table with a column `split`: train, dev or test.

    Parameters
    ----------
    table : polars.DataFrame
        With the columns `item` and `division`. Rows that are alike in either, in whichever language, go into one
        split, and so does what is linked with them by further rows.
    shares : mapping of str to float
        Share of the rows in train and, if there is one, dev; the rest is in test.
    by_item : bool, default True
        Whether an item is the same in every language; if not, `division` alone counts.

    Notes
    -----
    Groups are put in the order of the SHA-256 of their first item (or value), and cut there once a split has its
    share. So the splits of a file are the same everywhere and do not depend on its order. Each split gets a group
    at least, if there are as many.
    """
    # By `division` each value is linked with itself.
    pairs = table.select("division", item="item" if by_item else "division").unique()
    groups = _linked(pairs).select("division", "group").unique()
    table = table.join(groups, on="division", maintain_order="left")
    sizes = dict(table.group_by("group").len().iter_rows())
    ordered = sorted(sizes, key=lambda group: hashlib.sha256(group.encode()).digest())
    splits, place = {}, 0
    for split in ("train", "dev"):
        wanted = max(1, round(shares[split] * table.height)) if split in shares else 0
        while wanted > 0 and place < len(ordered):
            splits[ordered[place]] = split
            wanted -= sizes[ordered[place]]
            place += 1
    named = pl.col("group").replace_strict(splits, default="test", return_dtype=pl.String)
    return table.with_columns(split=named).drop("division", "group")


def _linked(pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs of item and division with `group`, the smallest item id that they are linked with."""
    pairs = pairs.with_columns(group=pl.col("item"))
    while True:
        spread = pl.col("group").min().over("division")
        closer = pairs.with_columns(group=spread).with_columns(group=pl.col("group").min().over("item"))
        if closer.equals(pairs):
            return pairs
        pairs = closer
