"""Code-switching: what is lost where a text mixes languages."""

from __future__ import annotations

import polars as pl

from isogloss.behaviour.metric import BehaviourMetric, Tally
from isogloss.behaviour.metrics.barrier import loss
from isogloss.behaviour.tallies import CORRECT, NUMBER, grouping, judged, kinds, require_once, with_counterpart
from isogloss.errors import NotEnoughEvidence

ORIGINAL, SWITCHED = "original", "switched"
FORMS = {ORIGINAL: "monolingual, no, false, plain", SWITCHED: "code switched, cs, yes, true, mixed"}
COLUMNS = {"item": NUMBER, "form": "original (one language) or switched", "correct": CORRECT}


def _count(items: pl.DataFrame, shared: bool) -> pl.DataFrame:
    table = judged(kinds(items, "form", FORMS))
    require_once(table, "item", "language", "form")
    of_form = {name: table.filter(pl.col("form") == name) for name in FORMS}
    for name, rows in of_form.items():
        if rows.is_empty():
            raise NotEnoughEvidence(f"no item is {name}", where="items, column form")
    pairs = with_counterpart(
        of_form[SWITCHED], of_form[ORIGINAL], grouping(table), "in one language", shared=shared
    )  # fmt: skip
    return pairs.select(*grouping(pairs), original="right_other", switched="right", items=pl.lit(1))


SWITCHING_COST = BehaviourMetric(
    name="switching_cost",
    meaning="Accuracy on items in one language, less accuracy on the same items with switches to another.",
    formula="accuracy of originals - accuracy of switched items",
    inputs=("right as originals", "right when switched", "items"),
    source="Paired difference of accuracies",
    lowest=-1.0,
    highest=1.0,
    higher_is_better=False,
    chance="0",
    misleads="Switches made by rules or dictionaries are not how people switch. Below 0, switches help: words of a "
    "language that the model knows better stand in the text.",
    compute=loss,
    tally=Tally(COLUMNS, _count),
)
