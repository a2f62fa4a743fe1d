"""Judgements of two answers to one prompt: which is better, which was shown first, which is longer."""

from __future__ import annotations

from typing import Any

import polars as pl

from isogloss.behaviour.items import require
from isogloss.errors import BadValue, NotEnoughEvidence, UnknownName
from isogloss.languages.names import fold

ROLES = (
    "language", "task", "model", "item", "question", "rule", "score", "text", "first_model", "second_model",
    "first_answer", "second_answer", "first_length", "second_length", "vote", "judge", "turn",
)  # fmt: skip
"""Columns that are looked for."""
VOTES = {
    "first": "first, a, model a, answer a, output 1, assistant a, system a, left",
    "second": "second, b, model b, answer b, output 2, assistant b, system b, right",
    "tie": "tie, c, tie bothbad, both bad, bothbad, both, both good, draw, equal, same, neither",
}
"""Vote to how judges write it."""
COLUMNS = ("item", "language", "model", "against", "outcome", "shown_first", "longer")


def judgements_of(items: pl.DataFrame, against: str | None = None) -> tuple[pl.DataFrame, int]:
    """Votes on pairs of answers, seen from one system of each pair.

    Parameters
    ----------
    items : polars.DataFrame
        `item`, `language`, `first_model`, `second_model` and `vote`, and where they are known `first_answer` and
        `second_answer`, or their lengths, `first_length` and `second_length`; or `item`, `language`, `model` and
        `score`, where the higher score wins, and `text` where it is known. Without `item`, the `question` is the item;
        `task` and `turn` are part of it. A `judge` names who voted, where there are several.
    against : str, optional
        The system that all others are compared with. By default the only one that stands in every pair; of two
        systems, the first one named where votes are numbers, and else the second one.

    Returns
    -------
    judgements : polars.DataFrame
        `item`, `language`, `model`, `against`, `outcome` (1 where the model wins, 0.5 a tie, 0), `shown_first` (null
        where there is no order) and `longer`: characters, or the unit of the lengths given, that its answer has more.
    left_out : int
        Rows without a vote, or of two systems neither of which is `against`.

    Raises
    ------
    BadValue
        If a column is missing, a vote is unknown, a system meets itself, or nothing says what to compare with.
    UnknownName
        If no pair has `against`.
    NotEnoughEvidence
        If no judgement is left.
    """
    table = _with_item(items)
    pairs = _pairs(table) if "vote" in table.columns or "first_model" in table.columns else _scored(table)
    whole = pairs.height
    kept = pairs.drop_nulls("vote")
    if kept.is_empty():
        raise NotEnoughEvidence("no row has a vote", where="items", hint="write a, b or tie")
    against = _against(kept, against, is_number="vote" in items.columns and items.schema["vote"].is_numeric())
    as_first, as_second = (kept.filter(pl.col(f"{one}_model") == against) for one in ("first", "second"))
    seen = pl.concat([_seen(as_second, is_first=True), _seen(as_first, is_first=False)])
    if pairs["ordered"].any() is False:
        seen = seen.with_columns(shown_first=pl.lit(None, pl.Boolean))
    return seen.select(COLUMNS), whole - seen.height


def _with_item(items: pl.DataFrame) -> pl.DataFrame:
    """Rows with an item as text, which the task and the turn are part of."""
    named = next((name for name in ("item", "question", "rule") if name in items.columns), "item")
    require(items, named, "language")
    if items[named].has_nulls():
        raise BadValue("a row without an item", where="items", hint=f"fill the column {named} in every row")
    parts = [name for name in ("task", "turn") if name in items.columns]
    return items.with_columns(item=pl.concat_str(*parts, named, separator=" ", ignore_nulls=True))


def _pairs(table: pl.DataFrame) -> pl.DataFrame:
    """Pairs as a judge saw them."""
    require(table, "first_model", "second_model", "vote")
    models = ("first_model", "second_model")
    table = table.with_columns(pl.col(name).cast(pl.String).str.strip_chars() for name in models)
    wrong = table.filter(
        (pl.col("first_model") == pl.col("second_model")) | pl.any_horizontal(pl.col(models).is_null())
    )
    if wrong.height:
        row = wrong.row(0, named=True)
        said = "a system without a name" if None in (row["first_model"], row["second_model"]) else (
            f"'{row['first_model']}' against itself"
        )  # fmt: skip
        raise BadValue(said, where=_place(row), hint="name the systems of both answers in every row")
    key = ["item", "language", *models, *(name for name in ("judge",) if name in table.columns)]
    twice = table.filter(pl.struct(key).is_duplicated())
    if twice.height:
        row = twice.row(0, named=True)
        raise BadValue(f"'{row['first_model']}' and '{row['second_model']}' were judged twice in one order",
                       where=_place(row), hint="name the judge of each vote in a column 'judge'")  # fmt: skip
    votes = [_vote(row) for row in table.select("language", "item", *models, "vote").iter_rows(named=True)]
    lengths = [_length(table, one).alias(one) for one in ("first", "second")]
    vote = pl.Series("vote", votes, dtype=pl.String)
    return table.select("item", "language", *models, vote, *lengths, ordered=pl.lit(True))


def _vote(row: dict[str, Any]) -> str | None:
    """`first`, `second` or `tie`, from what a judge wrote: a word, the name of the winner, or a number from 1 to 2."""
    written = row["vote"]
    if written is None or not str(written).strip():
        return None
    if str(written).strip() in (row["first_model"], row["second_model"]):
        return "first" if str(written).strip() == row["first_model"] else "second"
    try:
        number = float(written)
    except ValueError:
        told = fold(str(written))
        known = {fold(one): vote for vote, names in VOTES.items() for one in names.split(", ")}
        if told not in known:
            hint = "write a, b or tie, the name of a system, or a number from 1 (first) to 2 (second)"
            raise BadValue(f"vote '{written}' is unknown", where=_place(row), hint=hint) from None
        return known[told]
    if not 1 <= number <= 2:
        raise BadValue(f"vote {written} is not between 1 and 2", where=_place(row),
                       hint="1 is for the first answer, 2 for the second, 1.5 a tie")  # fmt: skip
    return "tie" if number == 1.5 else "first" if number < 1.5 else "second"


def _place(row: dict[str, Any]) -> str:
    return f"items, {row['language']}, item {row['item']}"


def _length(table: pl.DataFrame, one: str) -> pl.Expr:
    """How long an answer is; null where nothing says it."""
    if f"{one}_length" in table.columns:
        return pl.col(f"{one}_length").cast(pl.Float64, strict=False)
    if f"{one}_answer" in table.columns and table.schema[f"{one}_answer"] == pl.String:
        return pl.col(f"{one}_answer").str.len_chars().cast(pl.Float64)
    return pl.lit(None, pl.Float64)


def _scored(table: pl.DataFrame) -> pl.DataFrame:
    """Pairs of all systems that answered an item, the one with the higher score preferred."""
    if "model" not in table.columns or "score" not in table.columns:
        hint = "give columns model_a, model_b and winner, or model and score"
        raise BadValue("has neither votes nor scores of systems", where="items", hint=hint)
    length = pl.col("text").cast(pl.String).str.len_chars().cast(pl.Float64) if "text" in table.columns else (
        pl.lit(None, pl.Float64)
    )  # fmt: skip
    score = pl.col("score").cast(pl.Float64, strict=False).fill_nan(None)
    one = table.select("item", "language", pl.col("model").cast(pl.String), score=score, length=length)
    twice = one.filter(pl.struct("item", "language", "model").is_duplicated())
    if twice.height:
        row = twice.row(0, named=True)
        raise BadValue(f"'{row['model']}' has two scores", where=_place(row), hint="keep one row for each answer")
    both = one.join(one, on=["item", "language"], suffix="_other").filter(pl.col("model") < pl.col("model_other"))
    higher = pl.col("score") - pl.col("score_other")
    vote = pl.when(higher > 0).then(pl.lit("first")).when(higher < 0).then(pl.lit("second")).when(higher == 0).then(
        pl.lit("tie")
    )  # fmt: skip
    return both.select(
        "item", "language", first_model="model", second_model="model_other", vote=vote, first="length",
        second="length_other", ordered=pl.lit(False),
    )  # fmt: skip


def _against(pairs: pl.DataFrame, against: str | None, *, is_number: bool) -> str:
    """What all others are compared with."""
    systems = pl.concat([pairs["first_model"], pairs["second_model"]]).unique(maintain_order=True).to_list()
    if against is not None:
        if against not in systems:
            raise UnknownName("system", against, systems, where="against")
        return against
    if len(systems) == 2:
        return str(pairs["first_model" if is_number else "second_model"][0])
    in_all = [
        name for name in systems
        if pairs.select(((pl.col("first_model") == name) | (pl.col("second_model") == name)).all()).item()
    ]  # fmt: skip
    if not in_all:
        raise BadValue(f"{len(systems)} systems, and none stands in every pair", where="against",
                       hint=f"name the one to compare with: against={systems[0]!r}")  # fmt: skip
    return str(in_all[0])


def _seen(pairs: pl.DataFrame, *, is_first: bool) -> pl.DataFrame:
    """Pairs from the side of the system that was shown first, or second."""
    own, other = ("first", "second") if is_first else ("second", "first")
    outcome = pl.col("vote").replace_strict({own: 1.0, other: 0.0, "tie": 0.5}, return_dtype=pl.Float64)
    return pairs.select(
        "item", "language", model=f"{own}_model", against=f"{other}_model", outcome=outcome,
        shown_first=pl.lit(is_first), longer=pl.col(own) - pl.col(other),
    )  # fmt: skip
