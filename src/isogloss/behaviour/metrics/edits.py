"""Edits of knowledge: does a fact edited in one language hold in another, and does it leave other facts alone?"""

from __future__ import annotations

import polars as pl

from isogloss.behaviour.metric import BehaviourMetric, Tally
from isogloss.behaviour.tallies import CORRECT, grouping, judged, kinds, share
from isogloss.errors import NotEnoughEvidence

PROBES = {
    "reliability": "rel, efficacy, edit",
    "generality": "gen, generalization, generalisation, paraphrase, rephrase",
    "locality": "loc, specificity, unrelated",
    "portability": "port, one hop, multi hop",
}
COLUMNS = {"item": "an edit; the same in all languages", "probe": ", ".join(PROBES), "correct": CORRECT}


def _of(probe: str) -> Tally:
    def count(items: pl.DataFrame, _: bool) -> pl.DataFrame:
        table = judged(kinds(items, "probe", PROBES)).filter(pl.col("probe") == probe)
        if table.is_empty():
            raise NotEnoughEvidence(f"no question tests {probe}", where="items, column probe")
        return table.select(*grouping(table), "right", questions=pl.lit(1))

    return Tally(COLUMNS, count)


def _metric(probe: str, what: str, misleads: str) -> BehaviourMetric:
    return BehaviourMetric(
        name=f"edit_{probe}",
        meaning=f"Share of {what}.",
        formula="|right| / n",
        inputs=("questions right", "questions"),
        source="Nie et al. 2025, ACL, arXiv 2406.17764 (BMIKE-53)",
        lowest=0.0,
        highest=1.0,
        higher_is_better=True,
        chance="0 for free answers",
        misleads=misleads,
        compute=share,
        tally=_of(probe),
    )


EDIT_RELIABILITY = _metric(
    "reliability",
    "edited questions that get the new answer",
    "It is 1 for a model that gives the new answer to every question: read it beside edit_locality.",
)
EDIT_GENERALITY = _metric(
    "generality",
    "rephrased questions that get the new answer",
    "Paraphrases by a machine may ask something else, more so in languages with little text.",
)
EDIT_LOCALITY = _metric(
    "locality",
    "unrelated questions whose answer an edit leaves as it was",
    "It is 1 for a model that ignores all edits: read it beside edit_reliability.",
)
EDIT_PORTABILITY = _metric(
    "portability",
    "questions one step away from the edit that get the answer that follows from it",
    "It needs a second fact, which the model may not have.",
)
