"""Metrics of rankings: how early relevant documents stand in what was ranked for a query."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from isogloss.errors import BadValue
from isogloss.metrics.metric import Computation, Gold

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """Rankings beside what is relevant.

    Attributes
    ----------
    gains : numpy.ndarray of float, shape (queries, depth)
        The grade of each ranked document, the first first; 0 where it is not relevant or nothing was ranked.
    relevant : numpy.ndarray of int, shape (queries,)
        How many documents have a grade above 0, ranked or not.
    ideal : numpy.ndarray of float, shape (queries, most relevant)
        All grades above 0, the highest first, and zeros behind.
    """

    gains: Array
    relevant: NDArray[np.int64]
    ideal: Array


def judge(rankings: Sequence[Sequence[str]], grades: Sequence[Mapping[str, float]]) -> Judged:
    """Look up the grades of ranked documents.

    Parameters
    ----------
    rankings : sequence of sequence of str
        Ids of documents for each query, the best first, none twice.
    grades : sequence of mapping of str to float
        For each query, the grades of its documents; what is missing is not relevant, nor is a grade of 0 or less.
    """
    depth = max((len(one) for one in rankings), default=0)
    wanted = [sorted((grade for grade in of_query.values() if grade > 0), reverse=True) for of_query in grades]
    most = max(map(len, wanted), default=0)
    gains, ideal = np.zeros((len(rankings), depth)), np.zeros((len(rankings), most))
    for row, (ranking, of_query, best) in enumerate(zip(rankings, grades, wanted, strict=True)):
        gains[row, : len(ranking)] = [max(of_query.get(one, 0.0), 0.0) for one in ranking]
        ideal[row, : len(best)] = best
    return Judged(gains, np.array([len(one) for one in wanted], np.int64), ideal)


def average_precision(judged: Judged, k: int) -> Array:
    """Mean over all relevant documents of the precision where each stands in the first k, 0 for one that does not."""
    hits = judged.gains[:, :k] > 0
    precision = hits.cumsum(1) / np.arange(1, hits.shape[1] + 1)
    return _by(judged, (precision * hits).sum(1), judged.relevant)


def ndcg(judged: Judged, k: int) -> Array:
    """Sum of grades / log2(1 + rank) in the first k, by that of the best ranking (Järvelin and Kekäläinen 2002)."""
    return _by(judged, _discounted(judged.gains[:, :k]), _discounted(judged.ideal[:, :k]))


def reciprocal_rank(judged: Judged, k: int) -> Array:
    """1 by the rank of the first relevant document, 0 if none is in the first k."""
    hits = judged.gains[:, :k] > 0
    first = 1 / (1 + hits.argmax(1)) if hits.shape[1] else np.zeros(len(hits))
    return _by(judged, np.where(hits.any(1), first, 0.0), np.ones(len(hits)))


def recall(judged: Judged, k: int) -> Array:
    """Share of the relevant documents that are in the first k."""
    return _by(judged, (judged.gains[:, :k] > 0).sum(1), judged.relevant)


def r_precision(judged: Judged, k: int) -> Array:
    """Share of the first R that are relevant, R being how many are; `k` does nothing (Craswell 2009)."""
    within = np.arange(judged.gains.shape[1]) < judged.relevant[:, None]
    return _by(judged, ((judged.gains > 0) & within).sum(1), judged.relevant)


def ranked(
    metric: Callable[[Judged, int], Array], grades: Array, scores: Array, starts: NDArray[np.int64],
    k: int | None = None,
) -> Array:  # fmt: skip
    """A metric of every row whose documents have grades and scores; of equal scores the least relevant come first.

    So documents that are told apart by nothing are not right by the order in which a file has them.

    Parameters
    ----------
    metric : callable
        One of `RANKING_METRICS`.
    grades, scores : numpy.ndarray of float, shape (documents,)
        Of the documents of all rows.
    starts : numpy.ndarray of int, shape (rows + 1,)
        Where those of each row begin.
    k : int, optional
        How many of the first count; all of them by default.
    """
    spans = [slice(first, last) for first, last in pairwise(starts)]
    orders = [np.lexsort((grades[span], -np.asarray(scores[span], float))) for span in spans]
    rankings = [[str(place) for place in order] for order in orders]
    graded = [{str(place): float(grade) for place, grade in enumerate(grades[span])} for span in spans]
    return metric(judge(rankings, graded), k or int(np.diff(starts).max()))


class RankedDocuments(Computation):
    """The mean over rows of a metric of rankings of all their documents.

    Parameters
    ----------
    metric : callable
        One of `RANKING_METRICS`.
    k : int, optional
        How many of the first documents count; all of them by default.
    """

    answers: ClassVar[tuple[str, ...]] = ("ranking",)

    def __init__(self, metric: Callable[[Judged, int], Array], k: int | None = None):
        self.metric, self.k = metric, k

    def item_scores(self, gold: Gold, predicted: Array) -> Array:
        return ranked(self.metric, gold.labels, predicted, gold.starts, self.k)


RANKING_METRICS: dict[str, Callable[[Judged, int], Array]] = {
    "map": average_precision, "ndcg": ndcg, "mrr": reciprocal_rank, "recall": recall, "r_precision": r_precision,
}  # fmt: skip


def read_ranking_metric(name: str) -> tuple[Callable[[Judged, int], Array], int]:
    """The function and the k of `ndcg@10`; all that was ranked where there is no k.

    Raises
    ------
    BadValue
    """
    found = re.fullmatch(r"([a-z_]+?)(?:@|_at_)?(\d+)?", name.lower())
    if found is None or found[1] not in RANKING_METRICS or found[2] == "0":
        known = ", ".join(f"{one}@10" for one in RANKING_METRICS if one != "r_precision")
        raise BadValue(f"unknown metric '{name}' of rankings", where="metrics", hint=f"give {known} or r_precision")
    return RANKING_METRICS[found[1]], int(found[2]) if found[2] else 1_000_000_000


def _discounted(gains: Array) -> Array:
    return np.asarray(gains @ (1 / np.log2(np.arange(gains.shape[1]) + 2)))


def _by(judged: Judged, part: Array, whole: Array | NDArray[np.int64]) -> Array:
    """`part / whole` of each query; NaN for queries without anything relevant, which are left out of means."""
    values = np.divide(part, whole, out=np.full(len(judged.gains), np.nan), where=judged.relevant > 0)
    return np.asarray(values)
