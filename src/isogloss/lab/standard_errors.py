"""How far a score would move if other rows of the same kind had been tested."""

from __future__ import annotations

import numpy as np

from isogloss.lab.scores import TEXT_METRICS, Gold, Matrix, confusions, span_counts


def standard_errors(metric: str, gold: Gold, predicted: Matrix, scores: Matrix, each: Matrix) -> list[float | None]:
    """Standard error of each target's score; unknown where it was tested on one row only.

    Parameters
    ----------
    metric : str
        As for `isogloss.lab.scores.score`.
    gold : Gold
    predicted : numpy.ndarray of int, shape (units,), or of str, shape (rows,)
    scores : numpy.ndarray of float, shape (targets,)
        What `isogloss.lab.scores.score` says.
    each : numpy.ndarray of float, shape (rows,)
        What `isogloss.lab.scores.item_scores` says.

    Notes
    -----
    By linearisation: a score is a mean, a ratio of sums, or a mean of ratios over labels, and a row moves it by what it
    adds to numerator and denominator. Rows are drawn, not words: the words of a sentence are right or wrong together
    (Woodruff 1971; for cluster samples Cochran 1977, section 11). For a mean this is s / sqrt(n), s with n - 1.
    """
    moves = _moves(metric, gold, predicted, scores, each)
    squares = np.bincount(gold.targets, weights=moves**2)
    rows = np.bincount(gold.targets)
    return [
        float(np.sqrt(total * count / (count - 1))) if count > 1 else None
        for total, count in zip(squares, rows, strict=True)
    ]


def _moves(metric: str, gold: Gold, predicted: Matrix, scores: Matrix, each: Matrix) -> Matrix:
    """By how much each row moves the score of its target; sums to 0 for every target. Of shape (rows,)."""
    whose = gold.targets
    if metric in TEXT_METRICS:
        return np.asarray((each - scores[whose]) / np.bincount(whose)[whose])
    if metric == "span_f1":
        right, there, said = span_counts(gold.labels, predicted, gold.starts, gold.names).T
        total = np.bincount(whose, weights=there + said)
        return np.asarray((2 * right - scores[whose] * (there + said)) / np.maximum(total, 1)[whose])
    owners = np.repeat(whose, np.diff(gold.starts))
    of_units = _macro_f1_moves if metric == "macro_f1" else _accuracy_moves
    return np.asarray(np.add.reduceat(of_units(gold, predicted, owners, scores), gold.starts[:-1]))


def _accuracy_moves(gold: Gold, predicted: Matrix, owners: Matrix, scores: Matrix) -> Matrix:
    return np.asarray(((gold.labels == predicted) - scores[owners]) / np.bincount(owners)[owners])


def _macro_f1_moves(gold: Gold, predicted: Matrix, owners: Matrix, scores: Matrix) -> Matrix:
    """Every label's F1 is 2 right / (gold + predicted), and a unit enters that of two labels at most."""
    confusion = confusions(gold.labels, predicted, owners, len(gold.names))
    total = confusion.sum(1) + confusion.sum(2)  # (targets, labels)
    f1 = 2 * np.diagonal(confusion, axis1=1, axis2=2) / np.maximum(total, 1)
    there, said = (owners, gold.labels), (owners, predicted)
    gained = 2 * (gold.labels == predicted) / total[there]
    return np.asarray((gained - f1[there] / total[there] - f1[said] / total[said]) / (total > 0).sum(1)[owners])
