"""How good a ranking of sources was: what it lost against the best choice, and how much of the top it found."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

TOP = 10
"""Only the first ten have relevance, 10 down to 1 (LangRank's truncation)."""


class Scored(NamedTuple):
    """One ranking, judged.

    Attributes
    ----------
    first, best_of_three : float
        Regret of the first choice and of the best of the first three, on the scale of the scores.
    ndcg : float
        NDCG@3, 0 to 1.
    """

    first: float
    best_of_three: float
    ndcg: float


def relevance(scores: Array) -> NDArray[np.int64]:
    """Relevance of each source: 10 for the best, 9 for the next, ... 0 from the eleventh on."""
    order = np.argsort(-scores, kind="stable")
    ranks = np.empty(len(scores), dtype=np.int64)
    ranks[order] = np.arange(1, len(scores) + 1)
    return np.maximum(TOP + 1 - ranks, 0)


def judge(order: Array, scores: Array) -> Scored:
    """Judge an order of sources by what they scored.

    Parameters
    ----------
    order : array of shape (sources,)
        What the ranking goes by, the larger the better.
    scores : array of shape (sources,)
        What was measured, the larger the better.

    Notes
    -----
    NDCG@3 is the sum of (2 ** relevance - 1) / log2(rank + 1) over the first three, against that of the true order
    (Burges et al. 2005), with relevance 10 to 1 (Lin et al. 2019).
    """
    first = np.argsort(-order, kind="stable")[:3]
    gains = 2.0 ** relevance(scores) - 1
    discounts = 1 / np.log2(np.arange(2, 2 + len(first)))
    ideal = float((np.sort(gains)[::-1][: len(first)] * discounts).sum())
    best = float(scores.max())
    return Scored(
        best - float(scores[first[0]]),
        best - float(scores[first].max()),
        float((gains[first] * discounts).sum()) / ideal,
    )
