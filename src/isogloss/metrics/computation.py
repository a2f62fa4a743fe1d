"""How a metric is computed for all target languages at once: scores of targets and rows, and standard errors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

Matrix = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Gold:
    """What is right, for every test row of every target.

    Attributes
    ----------
    labels : numpy.ndarray of int, shape (units,)
        Positions in the task's labels; a sentence has as many units as words, anything else has one.
    starts : numpy.ndarray of int, shape (rows + 1,)
        Where each row begins.
    targets : numpy.ndarray of int, shape (rows,)
        Number of the target that a row belongs to, 0 up.
    names : list of str
        The task's labels.
    answers : sequence of tuple of str
        Where answers are texts, all that are right, row by row; else empty.
    languages : list of str
        ISO 639-3 code of each target.
    is_written : bool
        Whether answers are texts that the model writes.
    contexts : sequence of str
        Where answers stand in contexts, these, row by row; else empty.
    """

    labels: Matrix
    starts: Matrix
    targets: Matrix
    names: list[str]
    answers: Sequence[tuple[str, ...]] = ()
    languages: Sequence[str] = ()
    is_written: bool = False
    contexts: Sequence[str] = ()

    def texts(self, predicted: Matrix) -> list[str]:
        """Answers as texts, row by row: as they are, what stands in the contexts, or the labels at their positions."""
        if self.contexts and predicted.dtype.kind != "U":
            spans = zip(self.contexts, predicted.reshape(-1, 2).tolist(), strict=True)
            return [context[begin:end].strip() for context, (begin, end) in spans]
        return [str(one) for one in (predicted if predicted.dtype.kind == "U" else np.array(self.names)[predicted])]

    @property
    def owners(self) -> Matrix:
        """The target of each unit, of shape (units,)."""
        return np.repeat(self.targets, np.diff(self.starts))


class Measurement(NamedTuple):
    """What a metric says of predictions.

    Attributes
    ----------
    scores : numpy.ndarray of float, shape (targets,)
    standard_errors : list of float or None, one per target
        None where it was tested on one row only.
    item_scores : numpy.ndarray of float, shape (rows,)
        Of each row by itself; their mean need not be the score.
    """

    scores: Matrix
    standard_errors: list[float | None]
    item_scores: Matrix


class Computation(ABC):
    """Computes a metric. A subclass gives the scores of rows; one that is no mean over rows also the other two.

    Attributes
    ----------
    answers : tuple of str
        What answers it is for: "label", "tags" (of words), "choice", "span" (of a context), "text".
    is_of_items : bool
        Whether the scores of rows are this metric's own; where it has none for a single row, they are another's.
    """

    answers: ClassVar[tuple[str, ...]] = ("label", "tags", "choice", "span", "text")
    is_of_items: ClassVar[bool] = True

    @abstractmethod
    def item_scores(self, gold: Gold, predicted: Matrix) -> Matrix:
        """The score of each row, of shape (rows,)."""

    def scores(self, gold: Gold, predicted: Matrix, item_scores: Matrix) -> Matrix:
        """The score of each target, of shape (targets,): by default the mean of its rows."""
        return np.asarray(np.bincount(gold.targets, weights=item_scores) / np.bincount(gold.targets))

    def influences(self, gold: Gold, predicted: Matrix, item_scores: Matrix, scores: Matrix) -> Matrix:
        """By how much each row moves the score of its target, of shape (rows,); sums to 0 for every target."""
        return np.asarray((item_scores - scores[gold.targets]) / np.bincount(gold.targets)[gold.targets])

    def measure(self, gold: Gold, predicted: Matrix) -> Measurement:
        """Scores of targets, their standard errors, and scores of rows.

        Notes
        -----
        Standard errors are linearised: a score is a mean, a ratio of sums, or a mean of ratios over labels, and a row
        moves it by what it adds to numerator and denominator. Rows are drawn, not words: the words of a sentence are
        right or wrong together (Woodruff 1971; for cluster samples Cochran 1977, section 11). For a mean this is
        s / sqrt(n), s with n - 1.
        """
        item_scores = self.item_scores(gold, predicted)
        scores = self.scores(gold, predicted, item_scores)
        influences = self.influences(gold, predicted, item_scores, scores)
        squares = np.bincount(gold.targets, weights=influences**2)
        errors = [
            float(np.sqrt(total * count / (count - 1))) if count > 1 else None
            for total, count in zip(squares, np.bincount(gold.targets), strict=True)
        ]
        return Measurement(scores, errors, item_scores)
