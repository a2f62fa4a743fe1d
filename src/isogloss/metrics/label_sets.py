"""Metrics of rows that may have several labels: F1 of the labels given, and how early right ones are ranked.

What is right is an array of 0 and 1, of shape (rows, labels); what is predicted is a score of each label, and those
above 0 are given.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import ClassVar

import numpy as np

from isogloss.metrics.metric import Computation, Gold, Matrix
from isogloss.metrics.ranking import Judged, r_precision


class PooledF1(Computation):
    """F1 of all that a target has, whichever row or label it belongs to; of a row, that of its own.

    The mean over rows is not the F1 of all, in which rows that have more weigh more. A row that has nothing and gets
    nothing has 1.
    """

    @abstractmethod
    def row_counts(self, gold: Gold, predicted: Matrix) -> Matrix:
        """How much of each row is right, is there and was predicted, of shape (rows, 3)."""

    def item_scores(self, gold: Gold, predicted: Matrix) -> Matrix:
        return f1_of_counts(self.row_counts(gold, predicted))

    def scores(self, gold: Gold, predicted: Matrix, item_scores: Matrix) -> Matrix:
        counts = self.row_counts(gold, predicted)
        return f1_of_counts(np.stack([np.bincount(gold.targets, weights=column) for column in counts.T], axis=1))

    def influences(self, gold: Gold, predicted: Matrix, item_scores: Matrix, scores: Matrix) -> Matrix:
        right, expected, given = self.row_counts(gold, predicted).T
        total = np.bincount(gold.targets, weights=expected + given)
        gained = 2 * right - scores[gold.targets] * (expected + given)
        return np.asarray(gained / np.maximum(total, 1)[gold.targets])


class MicroF1(PooledF1):
    """F1 of all labels of a target together: scikit-learn's `f1_score(average="micro")`."""

    answers: ClassVar[tuple[str, ...]] = ("labels",)
    is_of_items: ClassVar[bool] = False

    def row_counts(self, gold: Gold, predicted: Matrix) -> Matrix:
        return set_counts(gold, predicted)


class LabelRanking(Computation):
    """The mean over rows of how early their labels are ranked.

    Parameters
    ----------
    function : callable
        From what is right and from scores, both of shape (rows, labels), to a score of each row.
    """

    answers: ClassVar[tuple[str, ...]] = ("labels",)

    def __init__(self, function: Callable[[Matrix, Matrix], Matrix]):
        self.function = function

    def item_scores(self, gold: Gold, predicted: Matrix) -> Matrix:
        return self.function(gold.labels, predicted)


def set_r_precision(right: Matrix, scores: Matrix) -> Matrix:
    """Share of the first R labels that are right, R being how many are; equal scores in the order of the labels.

    Every row has a label at least. Craswell 2009; of label sets Chalkidis et al. 2021, MultiEURLEX.
    """
    order = np.argsort(-np.asarray(scores, float), axis=1, kind="stable")
    gains = np.take_along_axis(right, order, axis=1).astype(float)
    return r_precision(Judged(gains, right.sum(1, dtype=np.int64), gains), 0)


def label_ranking_precision(right: Matrix, scores: Matrix) -> Matrix:
    """Mean over right labels of the share of right ones among those scored as high or higher.

    Every row has a label at least. Schapire and Singer 2000; the mean of rows is scikit-learn's
    `label_ranking_average_precision_score`.
    """
    from scipy.stats import rankdata

    falling = -np.asarray(scores, float)
    among_all = rankdata(falling, method="max", axis=1)
    among_right = rankdata(np.where(right, falling, np.inf), method="max", axis=1)
    return np.asarray((among_right / among_all * right).sum(1) / right.sum(1))


def set_counts(gold: Gold, predicted: Matrix) -> Matrix:
    """How many labels of each row are right, are there and were given, of shape (rows, 3)."""
    right, given = gold.labels > 0, predicted > 0
    return np.stack([(right & given).sum(1), right.sum(1), given.sum(1)], axis=1).astype(float)


def f1_of_counts(counts: Matrix) -> Matrix:
    """2 right / (gold + predicted) of counts (..., 3), 1 where there is nothing to find and nothing was predicted."""
    total = counts[:, 1] + counts[:, 2]
    return np.asarray(np.where(total > 0, 2 * counts[:, 0] / np.where(total > 0, total, 1), 1.0))


def macro_f1_of_sets(gold: Gold, predicted: Matrix) -> Matrix:
    """Mean over labels of F1, of each target; a label that it neither has nor gets is left out."""
    right, total = _label_counts(gold, predicted)
    present = total > 0
    f1 = 2 * right / np.where(present, total, 1)
    return np.asarray(f1.sum(1) / np.maximum(present.sum(1), 1))


def moved_macro_f1(gold: Gold, predicted: Matrix) -> Matrix:
    """By how much each row moves the macro-F1 of its target: every label's F1 is a ratio of sums over rows."""
    right, total = _label_counts(gold, predicted)
    f1 = 2 * right / np.maximum(total, 1)  # (targets, labels)
    expected, given = gold.labels > 0, predicted > 0
    both, either = (expected & given).astype(float), expected.astype(float) + given
    moved = (2 * both - f1[gold.targets] * either) / np.maximum(total, 1)[gold.targets]
    return np.asarray(moved.sum(1) / np.maximum((total > 0).sum(1), 1)[gold.targets])


def _label_counts(gold: Gold, predicted: Matrix) -> tuple[Matrix, Matrix]:
    """How often each label is right, and how often it is there or given, of shape (targets, labels) each."""
    expected, given = gold.labels > 0, predicted > 0
    counts = np.zeros((2, int(gold.targets.max()) + 1, expected.shape[1]))
    np.add.at(counts[0], gold.targets, expected & given)
    np.add.at(counts[1], gold.targets, expected.astype(float) + given)
    return counts[0], counts[1]
