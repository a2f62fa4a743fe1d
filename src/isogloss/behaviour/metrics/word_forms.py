"""Cognates and homographs: does a model judge words of two languages by their form or by their meaning?"""

from __future__ import annotations

import polars as pl

from isogloss.behaviour.metric import BehaviourMetric, Tally
from isogloss.behaviour.metrics.barrier import difference, loss
from isogloss.behaviour.tallies import CORRECT, flag, grouping, is_empty, judged, kinds
from isogloss.errors import BadValue, NotEnoughEvidence

COGNATE, HOMOGRAPH, TRANSLATION, UNRELATED = "cognate", "homograph", "translation", "unrelated"
KINDS = {
    COGNATE: "cognates",
    HOMOGRAPH: "homographs, interlingual homograph, false friend, false friends",
    TRANSLATION: "non cognate, noncognate, non cognates, translations",
    UNRELATED: "control, unrelated pair",
}
COLUMNS = {
    "item": "a pair of words",
    "word_type": "cognate (same form and meaning), homograph (same form, other meaning), translation (other form, same "
    "meaning) or unrelated",
}  # fmt: skip
CHANCE = {"correct": CORRECT, "chance": "the rate of guesses, such as 0.5"}
SAME = {"same": "whether the model says that both words mean the same"}


def _missing(name: str) -> NotEnoughEvidence:
    return NotEnoughEvidence(f"no pair of words is '{name}'", where="items, column word_type")


def _above_chance(name: str) -> Tally:
    def count(items: pl.DataFrame, _: bool) -> pl.DataFrame:
        table = judged(kinds(items, "word_type", KINDS)).filter(pl.col("word_type") == name)
        if table.is_empty():
            raise _missing(name)
        chance = table["chance"].cast(pl.Float64, strict=False)
        if chance.has_nulls() or not chance.is_between(0, 1).all():
            raise BadValue("is no rate between 0 and 1 in every row", where="items, column chance",
                           hint="write 0.5 for two answers")  # fmt: skip
        return table.select(*grouping(table), "right", chance=chance, items=pl.lit(1))

    return Tally(COLUMNS | CHANCE, count)


def _bias(items: pl.DataFrame, _: bool) -> pl.DataFrame:
    table = flag(kinds(items, "word_type", KINDS), "same")
    for name in (HOMOGRAPH, UNRELATED):
        if name not in table["word_type"]:
            raise _missing(name)
    homograph, unrelated = (pl.col("word_type") == name for name in (HOMOGRAPH, UNRELATED))
    same = pl.col("same") & ~is_empty(table)
    return table.select(
        *grouping(table), same_form=homograph & same, homograph=homograph, other_form=unrelated & same,
        unrelated=unrelated,
    )  # fmt: skip


_PAPER = "Tanwar, Oke and Chakraborty 2025, arXiv 2501.09127"


def _metric(name: str) -> BehaviourMetric:
    return BehaviourMetric(
        name=f"{name}_above_chance",
        meaning=f"Accuracy on {name}s, less the rate of guesses.",
        formula=f"accuracy on {name}s - chance",
        inputs=(f"{name}s right", f"sum of the chance of {name}s", f"{name}s"),
        source=_PAPER,
        lowest=-1.0,
        highest=1.0,
        higher_is_better=True,
        chance="0",
        misleads="A model that always says that words mean the same is right on all cognates and wrong on all "
        "homographs: read both, and orthographic_bias.",
        compute=loss,
        tally=_above_chance(name),
    )


COGNATE_ABOVE_CHANCE = _metric(COGNATE)
HOMOGRAPH_ABOVE_CHANCE = _metric(HOMOGRAPH)
ORTHOGRAPHIC_BIAS = BehaviourMetric(
    name="orthographic_bias",
    meaning="How much more often words of another meaning are said to mean the same if they are written alike.",
    formula="P(same | same form, other meaning) - P(same | other form, other meaning)",
    inputs=("homographs said to mean the same", "homographs", "unrelated pairs said to mean the same", "unrelated"),
    source=f"Proposed here, on the task of {_PAPER}",
    lowest=-1.0,
    highest=1.0,
    higher_is_better=False,
    chance="0: whoever answers without reading treats both kinds alike",
    misleads="Homographs are often short and frequent words; unrelated pairs must be like them in that.",
    compute=difference,
    tally=Tally(COLUMNS | SAME, _bias),
)
