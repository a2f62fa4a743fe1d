"""Valid outputs: how often a reply can be read as an answer, and how often it is right if so."""

from __future__ import annotations

import polars as pl

from isogloss.behaviour.metric import BehaviourMetric, Tally
from isogloss.behaviour.metrics.blend import named_option
from isogloss.behaviour.tallies import CORRECT, NUMBER, OUTCOMES, flag, grouping, is_empty, judged, share

COLUMNS = {
    "item": NUMBER, "valid": "whether the reply is an answer: in the format, language and answers that were asked for",
    "correct": CORRECT,
}  # fmt: skip


OPTIONAL = {
    "choices": "labels to look for in the reply, where there is no column valid: it is valid if it says one of them",
    "text": "the reply; an empty one is not valid",
}


def with_labels(items: pl.DataFrame) -> pl.DataFrame:
    """Items with `valid` and `correct`, looked for in replies: by the text of a label, or its letter alone."""
    if "valid" in items.columns:
        return items
    labels = [named_option(*row) for row in items.select("item", "text", "choices", "answers").iter_rows()]
    return items.drop(OUTCOMES, strict=False).with_columns(
        valid=pl.Series([said is not None for said, _ in labels], dtype=pl.Boolean),
        correct=pl.Series([said == right for said, right in labels], dtype=pl.Boolean),
    )


def _count(right: bool, among: str) -> Tally:
    """Replies that are valid (and right), out of all or of the valid ones."""

    def count(items: pl.DataFrame, _: bool) -> pl.DataFrame:
        table = judged(flag(with_labels(items), "valid"))
        valid = pl.col("valid") & ~is_empty(table)
        return table.select(
            *grouping(table), part_of=valid & pl.col("right") if right else valid,
            whole=valid if among == "valid" else pl.lit(True),
        )  # fmt: skip

    return Tally(COLUMNS, count, OPTIONAL)


_PAPER = "As valid output recall; here the rate of valid outputs and accuracy given validity are kept apart"

VALID_OUTPUTS = BehaviourMetric(
    name="valid_outputs",
    meaning="Share of replies that are an answer at all.",
    formula="|valid| / n",
    inputs=("valid replies", "replies"),
    source=_PAPER,
    lowest=0.0,
    highest=1.0,
    higher_is_better=True,
    chance="none",
    misleads="A model that always writes the first label has 1.",
    compute=share,
    tally=_count(False, "all"),
)
ACCURACY_GIVEN_VALID = BehaviourMetric(
    name="accuracy_given_valid",
    meaning="Of the replies that are an answer, the share that is right.",
    formula="|valid and right| / |valid|",
    inputs=("valid replies that are right", "valid replies"),
    source=_PAPER,
    lowest=0.0,
    highest=1.0,
    higher_is_better=True,
    chance="1 over the number of answers",
    misleads="Replies are valid where items are easy, so it is higher than the model's knowledge of all items.",
    compute=share,
    tally=_count(True, "valid"),
)
VALID_ACCURACY = BehaviourMetric(
    name="valid_accuracy",
    meaning="Share of replies that are an answer and right: valid_outputs times accuracy_given_valid.",
    formula="|valid and right| / n",
    inputs=("valid replies that are right", "replies"),
    source=_PAPER,
    lowest=0.0,
    highest=1.0,
    higher_is_better=True,
    chance="the rate of valid outputs over the number of answers",
    misleads="It does not tell a model that cannot answer from one that cannot follow the format.",
    compute=share,
    tally=_count(True, "all"),
)
