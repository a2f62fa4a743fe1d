"""ECLeKTic: are facts of a Wikipedia article that one language alone has right in the others, too?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from isogloss.behaviour.metric import BehaviourMetric, Tally, Values
from isogloss.behaviour.tallies import CORRECT, LANGUAGE, NUMBER, judged, require_once, share, with_counterpart

COLUMNS = {
    "item": NUMBER, "language": LANGUAGE, "source_language": "language of the article that the item is from",
    "correct": CORRECT,
}  # fmt: skip


def _count(whole: str) -> Callable[[pl.DataFrame, bool], pl.DataFrame]:
    """Target items that are right and right in the source language, out of all or out of the latter."""

    def count(items: pl.DataFrame, shared: bool) -> pl.DataFrame:
        table = judged(items)
        require_once(table, "item", "language", "source_language")
        is_source = pl.col("language") == pl.col("source_language")
        targets = with_counterpart(
            table.filter(~is_source), table.filter(is_source), ["item", "source_language"], "in its source language",
            shared=shared,
        )  # fmt: skip
        known = pl.col("right_other")
        return targets.select(
            "item", "language", both=pl.col("right") & known, whole=pl.lit(True) if whole == "all" else known
        )

    return count


def transferred(both: Any, known: Any) -> Values:
    """`both / known`; 0 where nothing is right in the source language."""
    both, known = np.asarray(both, float), np.asarray(known, float)
    return np.asarray(np.divide(both, known, out=np.zeros(np.shape(both)), where=known > 0))


_PAPER = "Goldman et al. 2025, arXiv 2502.21228"

ECLEKTIC_OVERALL = BehaviourMetric(
    name="eclektic_overall",
    meaning="Share of items in other languages that are right, and right in the language of their source as well.",
    formula="|right in target and in source| / |target items|",
    inputs=("target items right, and right in the source language", "target items"),
    source=_PAPER,
    lowest=0.0,
    highest=1.0,
    higher_is_better=True,
    chance="the square of the rate of guesses; 0 for free answers",
    misleads="It is low for a model that knows little, whatever it transfers. Read it beside eclektic_transfer.",
    compute=share,
    tally=Tally(COLUMNS, _count("all"), pooled=True),
)
ECLEKTIC_TRANSFER = BehaviourMetric(
    name="eclektic_transfer",
    meaning="Of the items that are right in the language of their source, the share that is right in another language.",
    formula="|right in target and in source| / |target items right in source|",
    inputs=("target items right, and right in the source language", "target items right in the source language"),
    source=_PAPER,
    lowest=0.0,
    highest=1.0,
    higher_is_better=True,
    chance="the rate of guesses; 0 for free answers",
    misleads="A model that knows a few famous facts only has a high value. The released notebook counts the source "
    "language itself as a target, which raises it.",
    compute=transferred,
    tally=Tally(COLUMNS, _count("known"), pooled=True),
)
