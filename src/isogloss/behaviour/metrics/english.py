"""Agreement with English, or with the language learnt in: does a model judge the same items alike in another one?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from isogloss.behaviour.metric import BehaviourMetric, Tally, Values
from isogloss.behaviour.tallies import (
    CORRECT,
    LANGUAGE,
    NUMBER,
    is_empty,
    judged,
    require_once,
    share,
    with_counterpart,
)
from isogloss.errors import BadValue, NotEnoughEvidence

ENGLISH = "eng"
LABELS = (0.0, 0.5, 1.0)
"""Wrong, a tie, right."""
COLUMNS = {"item": NUMBER, "language": LANGUAGE, "correct": f"{CORRECT}; 0.5 for a tie of two rewards"}
INPUTS = ("items", "items with the same label in both", *(f"{where}: {label}" for where in ("in the language",
          "in English") for label in ("wrong", "ties", "right")))  # fmt: skip
_OF_TRAINING = tuple(name.replace("in English", "in the training language") for name in INPUTS)


def _labels(items: pl.DataFrame) -> pl.DataFrame:
    """Items with their label as `right`: one of `LABELS`."""
    for role in ("correct", "score"):
        if role in items.columns and items.schema[role].is_float() and items[role].is_in(LABELS).all():
            empty = is_empty(items)
            return items.with_columns(right=pl.when(empty).then(0.0).otherwise(pl.col(role)))
    return judged(items).with_columns(pl.col("right").cast(pl.Float64))


def _in_english(items: pl.DataFrame, shared: bool) -> pl.DataFrame:
    english = pl.col("language") == ENGLISH
    if not items.select(english.any()).item() or items["language"].n_unique() < 2:
        raise NotEnoughEvidence("no items in English and in another language", where="items",
                                hint="give the same items in English")  # fmt: skip
    return _beside(items, english, "in English", shared)


def _in_training_language(items: pl.DataFrame, shared: bool) -> pl.DataFrame:
    if items["training_language"].n_unique() > 1:
        raise BadValue("a model has several training languages", where="items",
                       hint="give each training a model name of its own")  # fmt: skip
    own = pl.col("language") == pl.col("training_language")
    if not items.select(own.any() & (~own).any()).item():
        raise NotEnoughEvidence("no items in the training language and in another one", where="items",
                                hint="measure a model in the language that it learnt in, too")  # fmt: skip
    return _beside(items, own, "in the training language", shared)


def _beside(items: pl.DataFrame, is_reference: pl.Expr, what: str, shared: bool) -> pl.DataFrame:
    """Items of other languages, counted by their label and that of the reference."""
    table = _labels(items)
    require_once(table, "item", "language")
    pairs = with_counterpart(table.filter(~is_reference), table.filter(is_reference), ["item"], what, shared=shared)
    labels = [(pl.col(name) == label).alias(f"{name}_{label}") for name in ("right", "right_other") for label in LABELS]
    same = (pl.col("right") == pl.col("right_other")).alias("same")
    return pairs.select("item", "language", pl.lit(1).alias("items"), same, *labels)


def same_share(items: Any, same: Any, *_: Any) -> Values:
    """`same / items`."""
    return share(same, items)


def kappa_from_sums(items: Any, same: Any, *labels: Any) -> Values:
    """Cohen's kappa of wrong, tie and right; NaN where both are always the same."""
    count = np.asarray(items, float)
    first, second = labels[: len(LABELS)], labels[len(LABELS) :]
    expected = sum(
        (share(one, count) * share(other, count) for one, other in zip(first, second, strict=True)),
        np.zeros(np.shape(count)),
    )
    rest = 1 - expected
    return share(share(same, count) - expected, np.where(rest > 1e-12, rest, 0.0))


_PAPER = "Cohen 1960; between languages as in Gureja et al. 2024 (M-RewardBench)"
_TALLY = Tally(COLUMNS, _in_english)
_TRAINING = Tally(COLUMNS | {"training_language": "the language that the model learnt in"}, _in_training_language)

ENGLISH_KAPPA = BehaviourMetric(
    name="english_kappa",
    meaning="Cohen's kappa of wrong, tie and right in a language and in English; the mean over languages.",
    formula="(p_o - p_e) / (1 - p_e)",
    inputs=INPUTS,
    source=_PAPER,
    lowest=-1.0,
    highest=1.0,
    higher_is_better=True,
    chance="0",
    misleads="It takes English for the standard: two languages that agree with one another and not with English count "
    "as bad. It collapses where nearly all is right.",
    compute=kappa_from_sums,
    tally=_TALLY,
)
ENGLISH_AGREEMENT = BehaviourMetric(
    name="english_agreement",
    meaning="Share of items with the same outcome in a language and in English; the mean over languages.",
    formula="p_o = |same outcome| / n",
    inputs=INPUTS,
    source=_PAPER,
    lowest=0.0,
    highest=1.0,
    higher_is_better=True,
    chance="ab + (1 - a)(1 - b) for independent answers with accuracies a and b",
    misleads="It is high where both are nearly always right. Read it beside english_kappa.",
    compute=same_share,
    tally=_TALLY,
)
TRAINING_KAPPA = replace(
    ENGLISH_KAPPA,
    name="training_kappa",
    meaning="Cohen's kappa of wrong, tie and right in a language and in that which the model learnt in; the mean over "
    "languages.",
    inputs=_OF_TRAINING,
    misleads="It collapses where nearly all is right, and a model that errs alike in both has a high one.",
    tally=_TRAINING,
)
TRAINING_AGREEMENT = replace(
    ENGLISH_AGREEMENT,
    name="training_agreement",
    meaning="Share of items with the same outcome in a language and in that which the model learnt in; the mean over "
    "languages.",
    inputs=_OF_TRAINING,
    misleads="It is high where both are nearly always right. Read it beside training_kappa.",
    tally=_TRAINING,
)
