"""Metrics of labels: accuracy, F1, Matthews' correlation, and F1 of spans."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import numpy as np

from isogloss.metrics.label_sets import PooledF1, f1_of_counts, macro_f1_of_sets, moved_macro_f1, set_counts
from isogloss.metrics.metric import Computation, Gold, Matrix

STEP = 1e-3
"""By how much counts are moved to see what they add."""


class Accuracy(Computation):
    """Share of units answered right; of a row, the share of its units."""

    answers: ClassVar[tuple[str, ...]] = ("label", "tags", "choice")

    def item_scores(self, gold: Gold, predicted: Matrix) -> Matrix:
        right = np.add.reduceat((gold.labels == predicted).astype(float), gold.starts[:-1])
        return np.asarray(right / np.diff(gold.starts))

    def scores(self, gold: Gold, predicted: Matrix, item_scores: Matrix) -> Matrix:
        confusion = confusions(gold.labels, predicted, gold.owners, len(gold.names))
        return np.asarray(np.trace(confusion, axis1=1, axis2=2) / confusion.sum(axis=(1, 2)))

    def influences(self, gold: Gold, predicted: Matrix, item_scores: Matrix, scores: Matrix) -> Matrix:
        owners = gold.owners
        of_units = ((gold.labels == predicted) - scores[owners]) / np.bincount(owners)[owners]
        return np.asarray(np.add.reduceat(of_units, gold.starts[:-1]))


class MacroF1(Accuracy):
    """Mean over labels of F1. A single row has none: its score is the accuracy of its units or the F1 of its labels."""

    answers: ClassVar[tuple[str, ...]] = ("label", "tags", "labels")
    is_of_items: ClassVar[bool] = False

    def item_scores(self, gold: Gold, predicted: Matrix) -> Matrix:
        return f1_of_counts(set_counts(gold, predicted)) if gold.has_sets else super().item_scores(gold, predicted)

    def scores(self, gold: Gold, predicted: Matrix, item_scores: Matrix) -> Matrix:
        if gold.has_sets:
            return macro_f1_of_sets(gold, predicted)
        return macro_f1(confusions(gold.labels, predicted, gold.owners, len(gold.names)))

    def influences(self, gold: Gold, predicted: Matrix, item_scores: Matrix, scores: Matrix) -> Matrix:
        """Every label's F1 is 2 right / (gold + predicted), and a unit enters that of two labels at most."""
        if gold.has_sets:
            return moved_macro_f1(gold, predicted)
        owners = gold.owners
        confusion = confusions(gold.labels, predicted, owners, len(gold.names))
        total = confusion.sum(1) + confusion.sum(2)  # (targets, labels)
        f1 = 2 * np.diagonal(confusion, axis1=1, axis2=2) / np.maximum(total, 1)
        expected, given = (owners, gold.labels), (owners, predicted)
        gained = 2 * (gold.labels == predicted) / total[expected]
        of_units = gained - f1[expected] / total[expected] - f1[given] / total[given]
        return np.asarray(np.add.reduceat(of_units / (total > 0).sum(1)[owners], gold.starts[:-1]))


class FromCounts(Accuracy):
    """A function of how often each label is right, expected and predicted. A single row has the accuracy of its units.

    Parameters
    ----------
    function : callable
        From `right`, `expected` and `predicted`, arrays of shape (targets, labels), to scores of shape (targets,).
    """

    is_of_items: ClassVar[bool] = False
    answers: ClassVar[tuple[str, ...]] = ("label", "tags")

    def __init__(self, function: Callable[[Matrix, Matrix, Matrix], Matrix]):
        self.function = function

    def scores(self, gold: Gold, predicted: Matrix, item_scores: Matrix) -> Matrix:
        return self.function(*_counts(gold, predicted))

    def influences(self, gold: Gold, predicted: Matrix, item_scores: Matrix, scores: Matrix) -> Matrix:
        """What one count more adds to a score, by differences: the infinitesimal jackknife (Efron 1982, chapter 6)."""
        counts = _counts(gold, predicted)
        gradients = np.zeros_like(counts)  # (right, expected and predicted; targets; labels)
        for kind, label in np.ndindex(len(counts), counts.shape[2]):
            step = np.zeros_like(counts)
            step[kind, :, label] = STEP
            gradients[kind, :, label] = (self.function(*(counts + step)) - self.function(*(counts - step))) / (2 * STEP)
        owners, right = gold.owners, gold.labels == predicted
        of_units = gradients[1][owners, gold.labels] + gradients[2][owners, predicted]
        of_units += np.where(right, gradients[0][owners, gold.labels], 0.0)
        return np.asarray(np.add.reduceat(of_units, gold.starts[:-1]))


class SpanF1(PooledF1):
    """F1 of all spans of a target; of a row, that of its own, 1 where it has none and gets none."""

    answers: ClassVar[tuple[str, ...]] = ("tags",)

    def row_counts(self, gold: Gold, predicted: Matrix) -> Matrix:
        return span_counts(gold.labels, predicted, gold.starts, gold.names)


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


def macro_f1(confusion: Matrix) -> Matrix:
    """Mean over labels of the harmonic mean of precision and recall, per group.

    A label that a group neither has nor gets is left out; one that it has but never gets counts 0. This
    is scikit-learn's `f1_score(average="macro", zero_division=0)`.
    """
    right = np.diagonal(confusion, axis1=1, axis2=2)
    total = confusion.sum(axis=1) + confusion.sum(axis=2)  # given + expected, (groups, labels)
    present = total > 0
    f1 = 2 * right / np.where(present, total, 1)
    return np.asarray(f1.sum(axis=1) / present.sum(axis=1))


def balanced_accuracy(right: Matrix, expected: Matrix, predicted: Matrix) -> Matrix:
    """Mean over expected labels of the share of units that are right: scikit-learn's `balanced_accuracy_score`."""
    present = expected > 0
    return np.asarray((right / np.where(present, expected, 1)).sum(1) / present.sum(1))


def weighted_f1(right: Matrix, expected: Matrix, predicted: Matrix) -> Matrix:
    """Mean of the F1 of labels, by how often they are expected: scikit-learn's `f1_score(average="weighted")`."""
    total = expected + predicted
    f1 = 2 * right / np.where(total > 0, total, 1)
    return np.asarray((f1 * expected).sum(1) / expected.sum(1))


def mcc(right: Matrix, expected: Matrix, predicted: Matrix) -> Matrix:
    """Matthews' correlation of several labels (Gorodkin 2004): scikit-learn's `matthews_corrcoef`."""
    count = expected.sum(1)
    covariance = right.sum(1) * count - (expected * predicted).sum(1)
    variances = (count**2 - (expected**2).sum(1)) * (count**2 - (predicted**2).sum(1))
    return np.asarray(np.where(variances > 0, covariance / np.sqrt(np.where(variances > 0, variances, 1)), 0.0))


def span_counts(gold: Matrix, predicted: Matrix, starts: Matrix, names: list[str]) -> Matrix:
    """How many spans of each row were predicted right, are there, and were predicted.

    A span is a run of B- and I- tags of one type. It begins at a B-, or at an I- that goes on with nothing
    of its type, as the scorer of CoNLL-2000 (Tjong Kim Sang and Buchholz) has it; it is right if both ends
    and the type are.

    Returns
    -------
    numpy.ndarray of int64, shape (rows, 3)
        Right, gold, predicted.
    """
    sentences = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    first = np.zeros(len(gold), dtype=bool)
    first[starts[:-1]] = True
    expected, given = (_spans(tags, first, names) for tags in (gold, predicted))
    right = expected[np.isin(_numbers(expected), _numbers(given))]
    counted = (right, expected, given)
    return np.stack([np.bincount(sentences[spans[:, 0]], minlength=len(starts) - 1) for spans in counted], axis=1)


def is_tag_of_spans(name: str) -> bool:
    """Whether a tag is O, B-something or I-something."""
    return name == "O" or (name[:2] in ("B-", "I-") and len(name) > 2)


def _counts(gold: Gold, predicted: Matrix) -> Matrix:
    """How often each label is right, expected and predicted in each target, of shape (3, targets, labels)."""
    confusion = confusions(gold.labels, predicted, gold.owners, len(gold.names))
    return np.stack([np.diagonal(confusion, axis1=1, axis2=2), confusion.sum(2), confusion.sum(1)]).astype(float)


def _spans(tags: Matrix, first: Matrix, names: list[str]) -> Matrix:
    """Beginning, end and type of every span, (spans, 3)."""
    types = {kind: place for place, kind in enumerate(sorted({name[2:] for name in names if name != "O"}))}
    anew = np.array([name.startswith("B-") for name in names])[tags]
    kind = np.array([-1 if name == "O" else types[name[2:]] for name in names])[tags]  # (units,)
    before = np.concatenate([[-1], kind[:-1]])
    begins = (kind >= 0) & (anew | first | (before != kind))
    goes_on = (kind >= 0) & ~begins
    ends = (kind >= 0) & ~np.concatenate([goes_on[1:], [False]])
    return np.stack([np.flatnonzero(begins), np.flatnonzero(ends), kind[begins]], axis=1)


def _numbers(spans: Matrix) -> Matrix:
    """One number per span, equal for equal spans: a position begins one span at most, so few types suffice."""
    length = spans[:, 1] - spans[:, 0]
    return np.asarray((spans[:, 0] * 100_000 + length) * 1_000 + spans[:, 2])
