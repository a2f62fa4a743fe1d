"""What metrics of item tables share: right answers, kinds of items, items that belong together, and shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from isogloss.behaviour.items import require
from isogloss.behaviour.matching import answer_counts, exact_match
from isogloss.behaviour.metric import Values
from isogloss.behaviour.ratings import from_outcomes, with_right
from isogloss.errors import BadValue, NotEnoughEvidence, UnknownName
from isogloss.languages.names import fold

OUTCOMES = ("rating", "correct", "score")
"""Columns that say whether an answer is right."""
NUMBER = "one item, question or prompt; the same in all languages"
LANGUAGE = "language of the item"
CORRECT = "whether the answer is right"


def share(part: Any, whole: Any) -> Values:
    """`part / whole`; NaN where there is no whole."""
    part, whole = np.asarray(part, float), np.asarray(whole, float)
    shape = np.broadcast(part, whole).shape
    return np.asarray(np.divide(part, whole, out=np.full(shape, np.nan), where=whole > 0))


def judged(items: pl.DataFrame) -> pl.DataFrame:
    """Items with `right`; an empty reply is wrong, whatever the table says of it.

    Raises
    ------
    BadValue
        For an unknown rating or outcome, or where nothing says what is right.
    """
    if any(role in items.columns for role in OUTCOMES):
        table = with_right(items)
    elif {"text", "answers"} <= {*items.columns}:
        pairs = zip(items["text"], items["answers"], strict=True)
        right = [exact_match(text, answer_counts(answers)) for text, answers in pairs]
        table = items.with_columns(right=pl.Series(right, dtype=pl.Boolean))
    else:
        require(items, "correct")
    return table.with_columns(right=pl.col("right") & ~is_empty(table))


def is_empty(items: pl.DataFrame) -> pl.Expr:
    """Whether a reply is empty; never, where the table has no replies."""
    if "text" not in items.columns:
        return pl.lit(False)
    return pl.col("text").cast(pl.String).fill_null("").str.strip_chars().str.len_chars() == 0


def flag(items: pl.DataFrame, role: str) -> pl.DataFrame:
    """Items with a column of yes and no as true and false.

    Raises
    ------
    BadValue
    """
    read = from_outcomes(items.drop("right", strict=False), role)
    return items.with_columns(read["right"].alias(role))


def kinds(items: pl.DataFrame, role: str, names: Mapping[str, str]) -> pl.DataFrame:
    """Items with a column of kinds under their names here.

    Parameters
    ----------
    items : polars.DataFrame
    role : str
    names : mapping of str to str
        Name here to what else it is called, with commas between.

    Raises
    ------
    UnknownName
        For a kind that is none of these.
    """
    known = {fold(one): name for name, others in names.items() for one in (name, *others.split(", ")) if one}
    written = items[role].cast(pl.String).fill_null("").unique().to_list()
    for one in sorted(written):
        if fold(one) not in known:
            raise UnknownName(role.replace("_", " "), one, names, where=f"items, column {role}")
    mapping = {one: known[fold(one)] for one in written}
    return items.with_columns(pl.col(role).cast(pl.String).replace_strict(mapping, return_dtype=pl.String).alias(role))


def require_once(items: pl.DataFrame, *key: str) -> None:
    """Refuse items that stand twice.

    Raises
    ------
    BadValue
    """
    present = [name for name in key if name in items.columns]
    twice = items.filter(pl.struct(present).is_duplicated())
    if twice.height:
        row = twice.row(0, named=True)
        place = ", ".join(str(row[name]) for name in present if name != "item")
        raise BadValue(
            f"item {row['item']} is given twice", where=f"items, {place}" if place else "items",
            hint="keep one row for each, or name the column of models or tasks that tells them apart",
        )  # fmt: skip


def with_counterpart(
    items: pl.DataFrame, others: pl.DataFrame, key: Sequence[str], what: str, *, shared: bool
) -> pl.DataFrame:
    """Items beside the right answer of their counterpart, `right_other`.

    Parameters
    ----------
    items, others : polars.DataFrame
        With `right`.
    key : sequence of str
        Columns in which an item and its counterpart are alike.
    what : str
        What the counterpart is, for errors: `in English`.
    shared : bool
        Whether items without one are passed over.

    Raises
    ------
    NotEnoughEvidence
        If no item has a counterpart.
    BadValue
        If some have none.
    """
    require_once(others, *key)
    joined = items.join(others.select(*key, right_other="right"), on=[*key], how="left", maintain_order="left")
    without = joined.filter(pl.col("right_other").is_null())
    if without.height == joined.height:
        raise NotEnoughEvidence(f"no item has a counterpart {what}", where="items", hint="check ids of items")
    if without.height and not shared:
        raise BadValue(
            f"item {without['item'][0]} has no counterpart {what}, nor have {without.height - 1:,} others",
            where="items", hint="leave them out with shared=True",
        )  # fmt: skip
    return joined.drop_nulls("right_other")


def grouping(items: pl.DataFrame) -> list[str]:
    """`item`, and `language` where there is one."""
    return [name for name in ("item", "language") if name in items.columns]
