"""LambdaRank over pairs of source and target: LangRank's recipe as a peer, and a gentler one that knows the process.

Lin et al. 2019 (arXiv 1905.12688): gradient-boosted trees rank the sources of each target; only the top ten count.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from isogloss.forecasting.boosting import fit_ranking_trees, predict_trees
from isogloss.planning.ranking.table import Array

TOP = 10
"""Only the first ten have relevance, 10 down to 1 (LangRank's truncation)."""
LANGRANK = {"n_estimators": 100, "num_leaves": 16, "learning_rate": 0.1, "min_child_samples": 5}
"""Settings of the original."""
GENTLE = {"n_estimators": 80, "num_leaves": 8, "learning_rate": 0.05, "min_child_samples": 20,
          "colsample_bytree": 0.6, "subsample": 0.7, "subsample_freq": 1}  # fmt: skip
"""Fewer, smaller and slower trees on random parts of pairs and features: tables have some fifty targets."""
MEMBERS = 4
"""Seeds that are averaged."""


class Ranker:
    """Trees that put the sources of a target in order.

    Parameters
    ----------
    settings : dict
        Of `lightgbm.LGBMRanker`.
    members : int, default 1
        How many, each with a seed of its own, are averaged.
    """

    def __init__(self, settings: dict[str, Any], members: int = 1):
        self.settings, self.members = settings, members

    def fit(self, features: Array, scores: Array) -> Self:
        """Learn from features (sources, targets, features) and scores (sources, targets), NaN where not measured."""
        groups = [np.flatnonzero(~np.isnan(scores[:, target])) for target in range(scores.shape[1])]
        design = np.concatenate([features[rows, target] for target, rows in enumerate(groups)])
        response = np.concatenate([relevance(scores[rows, target]) for target, rows in enumerate(groups)])
        sizes = [len(rows) for rows in groups]
        self._boosters = [
            fit_ranking_trees(design, response, sizes, seed, **self.settings) for seed in range(self.members)
        ]
        return self

    def predict(self, features: Array) -> Array:
        """How good each source is for each target, in standard deviations; of shape (sources, targets)."""
        return np.asarray(np.mean([standardised(predict_trees(one, features)) for one in self._boosters], axis=0))


def standardised(values: Array) -> Array:
    """Against the mean of each column, in units of its spread; 0 where all are alike."""
    spread = values.std(0)
    return (values - values.mean(0)) / np.where(spread > 1e-12, spread, 1.0)


def deal(count: int, folds: int) -> Sequence[Array]:
    """Positions dealt to folds in random order, always the same."""
    order = np.random.default_rng(0).permutation(count)
    return [np.sort(order[fold::folds]) for fold in range(min(folds, count))]


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
