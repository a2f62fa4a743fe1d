"""Names of entities: how many of the names that a language has for a thing does a model give?"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from isogloss.behaviour.matching import answer_counts, plain
from isogloss.behaviour.metric import BehaviourMetric, Tally, Values
from isogloss.behaviour.tallies import LANGUAGE, grouping, share
from isogloss.errors import NotEnoughEvidence

COLUMNS = {
    "item": "an entity", "language": LANGUAGE, "text": "names that the model gives, with | or ; or line ends between",
    "answers": "names that are right, likewise",
}  # fmt: skip
INPUTS = ("names given that are right", "names given", "right names")


def _count(items: pl.DataFrame, _: bool) -> pl.DataFrame:
    given, right = (
        [{plain(name) for name in answer_counts(one)} - {""} for one in items[role]] for role in ("text", "answers")
    )
    if not any(right):
        raise NotEnoughEvidence("no entity has a right name", where="items, column answers")
    sizes = [(len(mine & theirs), len(mine), len(theirs)) for mine, theirs in zip(given, right, strict=True)]
    counts = pl.DataFrame(sizes, schema={"hits": pl.Int64, "given": pl.Int64, "right": pl.Int64}, orient="row")
    return items.select(grouping(items)).hstack(counts)


def precision(hits: Any, given: Any, _: Any) -> Values:
    """`hits / given`."""
    return share(hits, given)


def recall(hits: Any, _: Any, right: Any) -> Values:
    """`hits / right`."""
    return share(hits, right)


def harmonic(hits: Any, given: Any, right: Any) -> Values:
    """`2 hits / (given + right)`."""
    return share(2 * np.asarray(hits, float), np.asarray(given, float) + np.asarray(right, float))


def _metric(end: str, meaning: str, formula: str, misleads: str, compute: Any) -> BehaviourMetric:
    return BehaviourMetric(
        name=f"entity_{end}",
        meaning=meaning,
        formula=formula,
        inputs=INPUTS,
        source="Conia et al. 2023, EMNLP, arXiv 2311.15781 (WikiKGE-10)",
        lowest=0.0,
        highest=1.0,
        higher_is_better=True,
        chance="0 for free answers",
        misleads=misleads,
        compute=compute,
        tally=Tally(COLUMNS, _count),
    )


ENTITY_PRECISION = _metric(
    "precision",
    "Of the names of entities that a model gives, the share that is right.",
    "|given and right| / |given|",
    "A right name that the list lacks counts as wrong, more so in languages with little text. Silence costs nothing.",
    precision,
)
ENTITY_RECALL = _metric(
    "recall",
    "Of the names that a language has for entities, the share that a model gives.",
    "|given and right| / |right|",
    "Long lists of names give high values. Languages whose lists hold many variants come out lower.",
    recall,
)
ENTITY_F1 = _metric(
    "f1",
    "Harmonic mean of entity_precision and entity_recall, over all names together.",
    "2 |given and right| / (|given| + |right|)",
    "Entities with many names count more.",
    harmonic,
)
