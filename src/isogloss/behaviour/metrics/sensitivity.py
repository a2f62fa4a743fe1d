"""Culturally sensitive against agnostic items, as in Global-MMLU."""

from __future__ import annotations

import polars as pl

from isogloss.behaviour.metric import BehaviourMetric, Tally
from isogloss.behaviour.metrics.barrier import difference
from isogloss.behaviour.tallies import CORRECT, NUMBER, grouping, judged, kinds, share
from isogloss.errors import NotEnoughEvidence

SENSITIVE, AGNOSTIC = "sensitive", "agnostic"
KINDS = {SENSITIVE: "cs, culturally sensitive, yes, true", AGNOSTIC: "ca, culturally agnostic, no, false"}
COLUMNS = {"item": NUMBER, "sensitivity": "culturally sensitive (CS) or agnostic (CA)", "correct": CORRECT}


def _of(*names: str) -> Tally:
    """Right items and all items of each kind."""

    def count(items: pl.DataFrame, _: bool) -> pl.DataFrame:
        table = judged(kinds(items, "sensitivity", KINDS))
        missing = {*names} - {*table["sensitivity"]}
        if missing:
            raise NotEnoughEvidence(f"no item is {missing.pop()}", where="items, column sensitivity")
        among = {name: pl.col("sensitivity") == name for name in names}
        columns = [(one & right).alias(f"{name} {end}") for name, one in among.items()
                   for end, right in (("right", pl.col("right")), ("items", pl.lit(True)))]  # fmt: skip
        return table.select(*grouping(table), *columns)

    return Tally(COLUMNS, count)


_PAPER = "Singh et al. 2024: Global MMLU"

CULTURE_GAP = BehaviourMetric(
    name="culture_gap",
    meaning="Accuracy on culturally agnostic items, less accuracy on culturally sensitive ones.",
    formula="accuracy on agnostic - accuracy on sensitive items",
    inputs=("agnostic items right", "agnostic items", "sensitive items right", "sensitive items"),
    source=_PAPER,
    lowest=-1.0,
    highest=1.0,
    higher_is_better=None,
    chance="0 if both kinds have as many options",
    misleads="The two kinds differ in subjects: sensitive items are history and law, agnostic ones mathematics. "
    "Compare gaps of models or languages, not the gap with 0.",
    compute=difference,
    tally=_of(AGNOSTIC, SENSITIVE),
)


def _accuracy(name: str) -> BehaviourMetric:
    return BehaviourMetric(
        name=f"{name}_accuracy",
        meaning=f"Accuracy on culturally {name} items.",
        formula=f"|{name} items right| / |{name} items|",
        inputs=(f"{name} items right", f"{name} items"),
        source=_PAPER,
        lowest=0.0,
        highest=1.0,
        higher_is_better=True,
        chance="1 over the number of options",
        misleads="Most sensitive items of MMLU are about the United States, in every language.",
        compute=share,
        tally=_of(name),
    )


SENSITIVE_ACCURACY = _accuracy(SENSITIVE)
AGNOSTIC_ACCURACY = _accuracy(AGNOSTIC)
