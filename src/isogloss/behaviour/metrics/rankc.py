"""RankC: how alike two languages rank the same candidates, most by the top of the rankings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from isogloss.behaviour.metric import BehaviourMetric, Values

PAPER = "Qi, Fernández and Bisazza 2023, EMNLP; other weights as in their release"
INPUTS = ("ranks of the candidates of a query in one language, 0 the best, in the last dimension", "and in another")


def softmax_weights(count: int) -> Values:
    """Weights of places 1 to N, exp(N - j + 1) over their sum: 63 % for the first, 23 % for the second."""
    raw = np.exp(-np.arange(count, dtype=float))  # the largest exponent is taken away first
    return np.asarray(raw / raw.sum())


def power_weights(count: int, power: int) -> Values:
    """Weights of places 1 to N, (N - j + 1) to a power over their sum."""
    raw = np.arange(count, 0, -1, dtype=float) ** power
    return np.asarray(raw / raw.sum())


WEIGHTS: dict[str, Callable[[int], Values]] = {
    "rankc": softmax_weights,
    "rankc_linear": partial(power_weights, power=1),
    "rankc_squares": partial(power_weights, power=2),
}
"""Name of each metric to its weights."""


def rank_gains(weights: Values) -> Values:
    """What a candidate adds to RankC by the worse of its two ranks m: the sum over j > m of w_j / j.

    A candidate is in both top j if and only if the worse of its ranks is among the first j. So RankC, the sum over j of
    w_j |top_j and top_j'| / j, is a sum over candidates.
    """
    shares = weights / np.arange(1, len(weights) + 1)
    return np.asarray(shares[::-1].cumsum()[::-1])


def rank_consistency(first: Any, second: Any, weights_of: Callable[[int], Values]) -> Values:
    """RankC of every query, from ranks of shape (..., candidates)."""
    worse = np.maximum(np.asarray(first), np.asarray(second))
    return np.asarray(rank_gains(weights_of(worse.shape[-1]))[worse].sum(-1))


def chance_of(weights: Values) -> float:
    """RankC expected of two random rankings: the sum over j of w_j j / N."""
    return float((weights * np.arange(1, len(weights) + 1)).sum() / len(weights))


def _metric(name: str, which: str, chance: str) -> BehaviourMetric:
    return BehaviourMetric(
        name=name,
        meaning=f"Ranking-based consistency: weighted overlap of the best candidates in two languages, {which}.",
        formula="sum over j of w_j |top_j(a) and top_j(b)| / j",
        inputs=INPUTS,
        source=PAPER,
        lowest=0.0,
        highest=1.0,
        higher_is_better=True,
        chance=chance,
        misleads="It says nothing of being right: two languages may agree on a wrong answer. Values fall with the "
        "number of candidates; compare those corrected for chance.",
        compute=partial(rank_consistency, weights_of=WEIGHTS[name]),
        command="behaviour consistency",
    )


RANKC = _metric("rankc", "weights exp(N - j + 1)", ".31 with 5 candidates, .16 with 10, .03 with 50")
RANKC_LINEAR = _metric("rankc_linear", "weights N - j + 1", ".40 with 10 candidates")
RANKC_SQUARES = _metric("rankc_squares", "weights (N - j + 1) squared", ".31 with 10 candidates")
