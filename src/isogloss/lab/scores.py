"""Scores of classification, for all target languages at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Matrix = np.ndarray[Any, Any]


def confusions(gold: Matrix, predicted: Matrix, groups: Matrix, labels: int) -> Matrix:
    """How often each label was taken for each, group by group.

    Parameters
    ----------
    gold, predicted : numpy.ndarray of int, shape (items,)
    groups : numpy.ndarray of int, shape (items,)
        Which group (target language) an item belongs to, 0 up.
    labels : int
        How many labels there are.

    Returns
    -------
    numpy.ndarray of int64, shape (groups, gold labels, predicted labels)
    """
    count = int(groups.max()) + 1
    cells = (groups * labels + gold) * labels + predicted
    return np.bincount(cells, minlength=count * labels * labels).reshape(count, labels, labels)


def accuracy(confusion: Matrix) -> Matrix:
    """Share of items answered right, per group."""
    right = np.trace(confusion, axis1=1, axis2=2)
    return np.asarray(right / confusion.sum(axis=(1, 2)))


def macro_f1(confusion: Matrix) -> Matrix:
    """Mean over labels of the harmonic mean of precision and recall, per group.

    A label that a group neither has nor gets is left out; one that it has but never gets counts 0. This
    is scikit-learn's `f1_score(average="macro", zero_division=0)`.
    """
    right = np.diagonal(confusion, axis1=1, axis2=2)
    total = confusion.sum(axis=1) + confusion.sum(axis=2)  # given + got, (groups, labels)
    present = total > 0
    f1 = 2 * right / np.where(present, total, 1)
    return np.asarray(f1.sum(axis=1) / present.sum(axis=1))


METRICS: dict[str, Callable[[Matrix], Matrix]] = {"accuracy": accuracy, "macro_f1": macro_f1}
"""Metrics by the name that observations give them."""


def standard_errors(metric: str, scores: Matrix, items: Matrix) -> list[float | None]:
    """Standard error of each score; binomial for accuracy, unknown for the rest."""
    if metric != "accuracy":
        return [None] * len(scores)
    return [float(error) for error in np.sqrt(scores * (1 - scores) / items)]
