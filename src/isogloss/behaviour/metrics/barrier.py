"""Knowledge barriers: what multiple-choice questions lose when a part of them is in another language."""

from __future__ import annotations

from typing import Any

import polars as pl

from isogloss.behaviour.metric import BehaviourMetric, Tally, Values
from isogloss.behaviour.tallies import CORRECT, NUMBER, grouping, judged, kinds, require_once, share, with_counterpart
from isogloss.errors import BadValue, NotEnoughEvidence

ENGLISH, TRUTH, WRONG = "english", "right option", "wrong option"
VARIANTS = {
    ENGLISH: "en, eng, original",
    "translated": "all, full translation, fully translated",
    "question": "question translated",
    "options": "options translated",
    TRUTH: "gt option, gt option translated, ground truth option translated, right option translated",
    WRONG: "one wrong option, wrong option translated, one wrong option translated",
    "question and right option": "gt question, gt question translated",
    "mixed": "mixup, mix up, mixed languages",
}
"""Name of a variant to what else it is called."""
COLUMNS = {
    "item": NUMBER, "variant": f"which part is in another language: {', '.join(VARIANTS)}", "correct": CORRECT,
}  # fmt: skip


def _read(items: pl.DataFrame) -> pl.DataFrame:
    table = judged(kinds(items, "variant", VARIANTS))
    require_once(table, "item", "language", "variant")
    return table


def _count(items: pl.DataFrame, shared: bool) -> pl.DataFrame:
    """Every variant beside the English original."""
    table = _read(items)
    english = table.filter(pl.col("variant") == ENGLISH)
    variants = table.filter(pl.col("variant") != ENGLISH)
    if english.is_empty() or variants.is_empty():
        raise NotEnoughEvidence("no items both in English and in another variant", where="items",
                                hint=f"name the original '{ENGLISH}' in the column variant")  # fmt: skip
    _require_one_original(english)
    pairs = with_counterpart(variants, english, ["item"], "in English", shared=shared)
    return pairs.select(
        *grouping(pairs), part="variant", english="right_other", changed="right", items=pl.lit(1)
    )  # fmt: skip


def _require_one_original(english: pl.DataFrame) -> None:
    """Refuse originals of one item in several languages: what a variant loses is told against one."""
    if "language" not in english.columns or not english["item"].is_duplicated().any():
        return
    item = english.filter(pl.col("item").is_duplicated())["item"][0]
    name = "written" if "written" in english.columns else "language"
    languages = " and ".join(map(str, english.filter(pl.col("item") == item)[name]))
    raise BadValue(
        f"the original of item {item} is given in {languages}", where="items, column variant",
        hint="call the English one 'english', and the same question wholly in another language 'translated'",
    )  # fmt: skip


def _recognised(items: pl.DataFrame, _: bool) -> pl.DataFrame:
    """Items with one option in another language: the right one, or a wrong one."""
    table = _read(items).filter(pl.col("variant").is_in([TRUTH, WRONG]))
    if table["variant"].n_unique() < 2:
        raise NotEnoughEvidence(f"no items with a translated '{TRUTH}' and a translated '{WRONG}'", where="items",
                                hint="give both in the column variant")  # fmt: skip
    truth, wrong = (pl.col("variant") == name for name in (TRUTH, WRONG))
    right = pl.col("right")
    return table.select(
        *grouping(table), right_if_wrong=right & wrong, wrong=wrong, right_if_truth=right & truth, truth=truth
    )


def loss(before: Any, after: Any, items: Any) -> Values:
    """`(before - after) / items`."""
    return share(before, items) - share(after, items)


def difference(first: Any, of_first: Any, second: Any, of_second: Any) -> Values:
    """The difference of two shares."""
    return share(first, of_first) - share(second, of_second)


_PAPER = "Chua et al. 2024: Crosslingual Capabilities and Knowledge Barriers"

BARRIER = BehaviourMetric(
    name="barrier",
    meaning="Accuracy lost when a part of a question is in another language than English.",
    formula="accuracy in English - accuracy of the variant",
    inputs=("right in English", "right in the variant", "items"),
    source=_PAPER,
    lowest=-1.0,
    highest=1.0,
    higher_is_better=False,
    chance="0",
    misleads="It holds bad translations, too. A translated right option alone also tells a model which option differs, "
    "so read it beside english_recognition. Options must stand in the same order in all variants.",
    compute=loss,
    tally=Tally(COLUMNS, _count),
)
ENGLISH_RECOGNITION = BehaviourMetric(
    name="english_recognition",
    meaning="How much a model chooses by the language of options: accuracy with a wrong option translated, less "
    "accuracy with the right one translated.",
    formula="accuracy | wrong option translated - accuracy | right option translated",
    inputs=("right with a wrong option translated", "such items", "right with the right option translated", "such"),
    source=_PAPER,
    lowest=-1.0,
    highest=1.0,
    higher_is_better=None,
    chance="0",
    misleads="Above 0, options in English are preferred; below 0, whatever differs is. 0 may be both in balance.",
    compute=difference,
    tally=Tally(COLUMNS, _recognised),
)
