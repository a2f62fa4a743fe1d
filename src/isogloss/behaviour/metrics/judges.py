"""Judges against people: do labels of a model agree with those of humans, and in which direction do they err?"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from isogloss.behaviour.metric import BehaviourMetric, Tally, Values
from isogloss.behaviour.tallies import NUMBER, grouping, share
from isogloss.errors import BadValue, NotEnoughEvidence

JUDGE, HUMAN, SECOND, SWAPPED = "judge", "human", "second_human", "swapped"
LABELS = {
    JUDGE: "label or score of the judge", HUMAN: "label or score of a person", SECOND: "label of another person",
    SWAPPED: "label of the judge for the same two answers in the other order, named as in the first",
}  # fmt: skip


def _columns(*names: str) -> dict[str, str]:
    return {"item": NUMBER, **{name: LABELS[name] for name in names}}


def _pairs(items: pl.DataFrame, first: str, second: str) -> pl.DataFrame:
    """Items with both labels, as text without spaces at the ends."""
    text = [pl.col(name).cast(pl.String).str.strip_chars().alias(name) for name in (first, second)]
    both = items.with_columns(text).filter((pl.col(first) != "") & (pl.col(second) != ""))
    if both.is_empty():
        raise NotEnoughEvidence(f"no item has a label of both {first} and {second}", where="items")
    return both


def _numbers(items: pl.DataFrame, first: str, second: str) -> pl.DataFrame:
    both = _pairs(items, first, second)
    for name in (first, second):
        read = both[name].cast(pl.Float64, strict=False)
        wrong = both.filter(read.is_null() | ~read.is_finite().fill_null(False))
        if wrong.height:
            raise BadValue(f"'{wrong[name][0]}' is no number", where=f"items, column {name}",
                           hint="give scores, or ask for judge_agreement and judge_ac1")  # fmt: skip
        both = both.with_columns(read.alias(name))
    return both


def _same(first: str, second: str) -> Tally:
    def count(items: pl.DataFrame, _: bool) -> pl.DataFrame:
        both = _pairs(items, first, second)
        return both.select(*grouping(both), same=pl.col(first) == pl.col(second), items=pl.lit(1))

    return Tally(_columns(first, second), count)


def _by_label(items: pl.DataFrame, _: bool) -> pl.DataFrame:
    both = _pairs(items, JUDGE, HUMAN)
    labels = sorted({*both[JUDGE], *both[HUMAN]})
    times = [
        (pl.col(JUDGE) == label).cast(pl.Float64).add(pl.col(HUMAN) == label).alias(f"label {place}")
        for place, label in enumerate(labels)
    ]
    same = (pl.col(JUDGE) == pl.col(HUMAN)).alias("same")
    return both.select(*grouping(both), pl.lit(1).alias("items"), same, *times)


def _moments(first: str, second: str) -> Tally:
    def count(items: pl.DataFrame, _: bool) -> pl.DataFrame:
        both = _numbers(items, first, second)
        one, other = pl.col(first), pl.col(second)
        return both.select(
            *grouping(both), items=pl.lit(1), one=one, other=other, squares=one**2 + other**2, product=one * other
        )

    return Tally(_columns(first, second), count)


def quadratic_kappa(items: Any, first: Any, second: Any, squares: Any, product: Any) -> Values:
    """`1 - sum (x - y)^2 / n over its value for independent labels`; NaN where both are always the same number."""
    observed = share(squares, items) - 2 * share(product, items)
    expected = share(squares, items) - 2 * share(first, items) * share(second, items)
    return np.asarray(1 - share(observed, np.where(expected > 1e-12, expected, 0.0)))


def agreement_coefficient(items: Any, same: Any, *labels: Any) -> Values:
    """Gwet's AC1 from how often each label was given; NaN with one label."""
    if len(labels) < 2:
        return np.full(np.shape(items), np.nan)
    shares = [share(times, 2 * np.asarray(items, float)) for times in labels]
    expected = np.sum([one * (1 - one) for one in shares], axis=0) / (len(labels) - 1)
    return share(share(same, items) - expected, 1 - expected)


def mean_difference(items: Any, first: Any, second: Any, *_: Any) -> Values:
    """`(first - second) / items`."""
    return share(first, items) - share(second, items)


_PAPER = "As in Hada et al. 2023, arXiv 2309.07462"
_MOMENTS = ("items", "sum of the judge's scores", "sum of people's scores", "sum of the squares of both",
            "sum of their products")  # fmt: skip


def _metric(
    name: str, meaning: str, formula: str, chance: str, misleads: str, compute: Any, tally: Tally,
    inputs: tuple[str, ...], *, lowest: float = 0.0, highest: float = 1.0, better: bool | None = True,
    source: str = _PAPER,
) -> BehaviourMetric:  # fmt: skip
    return BehaviourMetric(
        name=name, meaning=meaning, formula=formula, inputs=inputs, source=source, lowest=lowest, highest=highest,
        higher_is_better=better, chance=chance, misleads=misleads, compute=compute, tally=tally,
    )  # fmt: skip


JUDGE_AGREEMENT = _metric(
    "judge_agreement",
    "Share of items to which a judge gives the label that a person gives.",
    "|same label| / n",
    "sum over labels of the product of both rates",
    "It is high where nearly all get the same label. Read it beside judge_ac1 and human_agreement.",
    share,
    _same(JUDGE, HUMAN),
    ("items with the same label", "items"),
)
HUMAN_AGREEMENT = _metric(
    "human_agreement",
    "Share of items to which two people give the same label: what a judge can reach.",
    "|same label| / n",
    "sum over labels of the product of both rates",
    "People who saw one another's labels agree too often.",
    share,
    _same(HUMAN, SECOND),
    ("items with the same label", "items"),
)
SWAP_CONSISTENCY = _metric(
    "swap_consistency",
    "Share of pairs of answers of which a judge prefers the same one when their order is swapped.",
    "|same label in both orders| / n",
    "1/2 for two labels; 0 for a judge that always prefers the first",
    "A judge that always says that both are as good has 1.",
    share,
    _same(JUDGE, SWAPPED),
    ("pairs with the same label", "pairs"),
)
JUDGE_AC1 = _metric(
    "judge_ac1",
    "Agreement of a judge with people beyond chance, by Gwet's AC1.",
    "(p_o - p_e) / (1 - p_e), p_e = sum over labels of p (1 - p) / (labels - 1)",
    "0",
    "It stays high where nearly all get one label, where kappa collapses; then neither says much of the rare label.",
    agreement_coefficient,
    Tally(_columns(JUDGE, HUMAN), _by_label),
    ("items", "items with the same label", "for each label, how often judge and people gave it together"),
    lowest=-1.0,
    source="Gwet 2008",
)
JUDGE_KAPPA = _metric(
    "judge_kappa",
    "Cohen's kappa of the scores of a judge and of people, with squared distances as weights.",
    "1 - mean (x - y)^2 / its mean for independent scores",
    "0",
    "It collapses where nearly all get one score, and takes scores for numbers with equal steps.",
    quadratic_kappa,
    _moments(JUDGE, HUMAN),
    _MOMENTS,
    lowest=-1.0,
    source="Cohen 1968",
)
JUDGE_BIAS = _metric(
    "judge_bias",
    "Mean score of a judge less that of people, in their unit.",
    "mean of x - y",
    "0",
    "0 may be harsh and mild errors in balance. Compare languages: a bias that is the same in all changes no ranking.",
    mean_difference,
    _moments(JUDGE, HUMAN),
    _MOMENTS,
    lowest=float("-inf"),
    highest=float("inf"),
    better=None,
)
