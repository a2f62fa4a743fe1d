"""Context against memory: what does a model say where a passage contradicts what it knows?"""

from __future__ import annotations

import polars as pl

from isogloss.behaviour.metric import BehaviourMetric, Tally
from isogloss.behaviour.tallies import NUMBER, flag, grouping, is_empty, kinds, share
from isogloss.errors import NotEnoughEvidence

CONTEXT, MEMORY, OTHER = "context", "memory", "other"
KINDS = {CONTEXT: "passage, counterfactual, ctx", MEMORY: "memorised, memorized, parametric, fact, mem",
         OTHER: "neither, none, rest, empty"}  # fmt: skip
COLUMNS = {
    "item": NUMBER,
    "answer_from": "what the reply follows: the passage (context), the true fact (memory), other",
}
OPTIONAL = {
    "closed_book": "whether the model is right without any passage; then only such items count",
    "text": "the reply; an empty one is other",
}


def _counted(among: str) -> Tally:
    def count(items: pl.DataFrame, _: bool) -> pl.DataFrame:
        table = kinds(items, "answer_from", KINDS)
        if "closed_book" in table.columns:
            table = flag(table, "closed_book").filter("closed_book")
            if table.is_empty():
                raise NotEnoughEvidence("no item is right without a passage", where="items, column closed_book")
        follows = pl.when(is_empty(table)).then(pl.lit(OTHER)).otherwise(pl.col("answer_from"))
        context, memory = (follows == name for name in (CONTEXT, MEMORY))
        if among == "all":
            return table.select(*grouping(table), context=context, items=pl.lit(1))
        return table.select(*grouping(table), memory=memory, either=memory | context)

    return Tally(COLUMNS, count, OPTIONAL)


_PAPER = "Longpre et al. 2021, EMNLP: Entity-Based Knowledge Conflicts; across languages as in arXiv 2601.07041"
_CLOSED = "With a column closed_book, only items that are right without any passage count."

CONTEXT_RATE = BehaviourMetric(
    name="context_rate",
    meaning=f"Share of counterfactual passages whose answer is given. {_CLOSED}",
    formula="|answers of the passage| / n",
    inputs=("replies that follow the passage", "replies"),
    source=_PAPER,
    lowest=0.0,
    highest=1.0,
    higher_is_better=None,
    chance="0 for free answers",
    misleads="Whether following a false passage is good depends on the use. Without closed_book, a model that never "
    "knew the fact seems faithful.",
    compute=share,
    tally=_counted("all"),
)
MEMORISATION_RATIO = BehaviourMetric(
    name="memorisation_ratio",
    meaning=f"Of the replies that follow passage or memory, the share that follows memory. {_CLOSED}",
    formula="|memory| / (|memory| + |context|)",
    inputs=("replies that follow memory", "replies that follow memory or passage"),
    source=_PAPER,
    lowest=0.0,
    highest=1.0,
    higher_is_better=None,
    chance="1/2 for a model that chooses between both at random",
    misleads="Replies that are neither do not count: a language in which most are neither rests on few items.",
    compute=share,
    tally=_counted("either"),
)
