"""Whether an answer is right: from a rating by a judge, from `correct`, or from a score of 0 or 1."""

from __future__ import annotations

from typing import Literal

import polars as pl

from isogloss.behaviour.items import require
from isogloss.errors import BadValue

OWN, ENGLISH, OTHER, WRONG = 1, 2, 3, 4
"""Codes of X-FaKT's judge: right in the language of the question, right in English, right in another one, wrong."""
Counted = Literal["any", "own"]
_TRUE, _FALSE = ("1", "1.0", "true", "yes", "right", "correct"), ("0", "0.0", "false", "no", "wrong", "incorrect")


def with_right(items: pl.DataFrame, counted: Counted = "any") -> pl.DataFrame:
    """Items with `right`, and with `answered_in` where there are ratings.

    Parameters
    ----------
    items : polars.DataFrame
        With `rating` (1 right in the language of the question, 2 right in English, 3 right in another language,
        4 wrong), `correct` (true or false) or `score` (0 or 1).
    counted : {"any", "own"}
        Whether an answer counts that is right, but in another language than the question. To an English question,
        an answer in English (2) is in its own language.

    Raises
    ------
    BadValue
        For a code that is none of these, or an item without an outcome.
    """
    for role in ("rating", "correct", "score"):
        if role in items.columns:
            return _from_ratings(items, counted) if role == "rating" else from_outcomes(items, role)
    require(items, "correct")
    return items


def _from_ratings(items: pl.DataFrame, counted: Counted) -> pl.DataFrame:
    written = pl.col("rating").cast(pl.String).str.strip_chars(" []").str.strip_suffix(".0")
    is_code = items.schema["rating"].is_integer()
    code = pl.col("rating").cast(pl.Int64) if is_code else written.cast(pl.Int64, strict=False)
    coded = items.with_columns(code=code)
    _refuse(coded.filter(~pl.col("code").is_in([OWN, ENGLISH, OTHER, WRONG]).fill_null(False)), "rating",
            "use 1 (right), 2 (right, in English), 3 (right, in another language) or 4 (wrong)")  # fmt: skip
    english = pl.col("language") == "eng"
    own = (pl.col("code") == OWN) | (english & (pl.col("code") == ENGLISH))
    answered = (
        pl.when(pl.col("code") == WRONG).then(None)
        .when(own).then(pl.lit("own"))
        .when(pl.col("code") == ENGLISH).then(pl.lit("English"))
        .otherwise(pl.lit("other"))
    )  # fmt: skip
    right = own if counted == "own" else pl.col("code") != WRONG
    return coded.with_columns(right=right, answered_in=answered).drop("code")


def from_outcomes(items: pl.DataFrame, role: str) -> pl.DataFrame:
    """Items with `right`, from a column of true and false, of 1 and 0, or of words for them.

    Raises
    ------
    BadValue
        For any other value, or none.
    """
    if items.schema[role] == pl.Boolean:
        right = pl.col(role)
    elif items.schema[role].is_numeric():
        right = pl.when((pl.col(role) == 0) | (pl.col(role) == 1)).then(pl.col(role) == 1)
    else:
        written = pl.col(role).cast(pl.String).str.strip_chars().str.to_lowercase()
        right = pl.when(written.is_in(_TRUE)).then(True).when(written.is_in(_FALSE)).then(False)
    judged = items.with_columns(right=right)
    _refuse(judged.filter(pl.col("right").is_null()), role, "write 1 or 0 in every row")
    return judged


def _refuse(rows: pl.DataFrame, role: str, hint: str) -> None:
    if rows.is_empty():
        return
    first = rows.row(0, named=True)
    value = "no value" if first[role] is None else f"'{first[role]}'"
    place = f"items, column {role}, {first.get('written', '')}, item {first.get('item', '')}"
    raise BadValue(f"{value} in {rows.height:,} rows is not known", where=place, hint=hint)
