"""Metrics of answers that are numbers: how far they agree with the right ones in order, or up to scale and shift."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from isogloss.metrics.metric import Computation, Gold, Matrix, Measurement, standard_errors

AT_ONCE = 1_000
"""Rows whose leaving out is computed together."""


class Correlation(Computation):
    """Correlation of answers and right numbers: Pearson's, or of their ranks, which is Spearman's.

    Numbers that are all alike order nothing: their correlation is 0. The score of a row is how near its rank is to the
    right one, 1 - |difference| / (rows - 1).

    Parameters
    ----------
    of_ranks : bool
    """

    answers: ClassVar[tuple[str, ...]] = ("value",)
    is_of_items: ClassVar[bool] = False

    def __init__(self, *, of_ranks: bool):
        self.of_ranks = of_ranks

    def item_scores(self, gold: Gold, predicted: Matrix) -> Matrix:
        found = np.ones(len(predicted))
        for target in range(int(gold.targets.max()) + 1):
            rows = np.flatnonzero(gold.targets == target)
            apart = np.abs(_ranks(gold.labels[rows]) - _ranks(predicted[rows]))
            found[rows] = 1 - apart / max(len(rows) - 1, 1)
        return found

    def measure(self, gold: Gold, predicted: Matrix) -> Measurement:
        """Scores of targets, their standard errors, and scores of rows.

        Notes
        -----
        A row moves a score by what the score loses without it, about their mean: the jackknife (Efron 1982, chapter 3).
        """
        count = int(gold.targets.max()) + 1
        scores, moved = np.zeros(count), np.zeros(len(predicted))
        for target in range(count):
            rows = np.flatnonzero(gold.targets == target)
            right, given = (np.asarray(one[rows], float) for one in (gold.labels, predicted))
            ranked = (_ranks(right), _ranks(given)) if self.of_ranks else (right, given)
            scores[target] = _pearson(*(one[None] for one in ranked))[0]
            if len(rows) > 1:
                without = self._without_each(right, given)
                moved[rows] = (without.mean() - without) * (len(rows) - 1) / len(rows)
        return Measurement(scores, standard_errors(moved, gold.targets), self.item_scores(gold, predicted))

    def _without_each(self, right: Matrix, given: Matrix) -> Matrix:
        """The score without each of the rows."""
        found = []
        for first in range(0, len(right), AT_ONCE):
            left_out = np.arange(first, min(first + AT_ONCE, len(right)))
            found.append(_pearson(self._kept(right, left_out), self._kept(given, left_out), left_out))
        return np.concatenate(found)

    def _kept(self, values: Matrix, left_out: Matrix) -> Matrix:
        """The numbers, or the ranks that they have without one row; of shape (left out, rows)."""
        if not self.of_ranks:
            return np.broadcast_to(values, (len(left_out), len(values)))
        gone = values[left_out, None]
        return np.asarray(_ranks(values) - (values > gone) - 0.5 * (values == gone))


def rank_correlation(right: Matrix, given: Matrix) -> float:
    """Spearman's correlation of some numbers."""
    return float(_pearson(_ranks(right)[None], _ranks(given)[None])[0])


def _ranks(values: Matrix) -> Matrix:
    """Ranks, the mean of several for equal numbers."""
    from scipy.stats import rankdata

    return np.asarray(rankdata(values))


def _pearson(right: Matrix, given: Matrix, left_out: Matrix | None = None) -> Matrix:
    """Correlation of each row of two arrays of shape (rows, numbers), without one of each; 0 if all are alike."""
    there = np.ones(right.shape)
    if left_out is not None:
        there[np.arange(len(left_out)), left_out] = 0
    counts = np.maximum(there.sum(1, keepdims=True), 1)
    x, y = ((one - (one * there).sum(1, keepdims=True) / counts) * there for one in (right, given))
    lengths = np.sqrt((x**2).sum(1) * (y**2).sum(1))
    is_known = lengths > 1e-12 * (1 + (right**2).sum(1) + (given**2).sum(1))
    return np.where(is_known, (x * y).sum(1) / np.where(is_known, lengths, 1), 0.0).clip(-1, 1)
