"""What a metric is: its range, unit, direction and chance level, and how it is computed for all targets at once."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, NamedTuple, get_args

import numpy as np

from isogloss.errors import BadValue

Aggregation = Literal["item", "corpus"]
StandardError = Literal["binomial", "linearisation", "bootstrap"]


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric of the field, whether isogloss computes it or reads scores of it.

    Attributes
    ----------
    name : str
    synonyms : tuple of str
        Other names; case, blanks and marks do not matter.
    lowest, highest : float or None
        Range of its scores; infinite where there is no end, None where it is not known. A metric that is usually
        written in percent has its range in fractions.
    unit : str
        What tools write its scores in: `fraction`, `percent`, `bits`, `nats` or `number`.
    higher_is_better : bool or None
        None where it is not known.
    chance : float, "1/classes" or None
        Score of a uniform guess; None where it is not known.
    aggregation : {"item", "corpus"} or None
        Whether a score is the mean over test items, or computed from all of them at once.
    standard_error : {"binomial", "linearisation", "bootstrap"} or None
        How the standard error of a score comes: of a share, by what each row adds, or by drawing rows anew.
    computation : Computation or None
        What computes it; None where isogloss only reads scores of it.

    Raises
    ------
    BadValue
        If its parts contradict each other.

    Examples
    --------
    A metric of your own, announced by your package as `mine = "my_package:MINE"` in the entry-point group
    `isogloss.metrics`, or registered at run time:

    >>> from isogloss.metrics import TextComputation, metrics
    >>> same_length = TextComputation(lambda answer, right, language: float(len(answer) == len(right)))
    >>> mine = Metric(name="mine", lowest=0, highest=1, higher_is_better=True, computation=same_length)
    >>> _ = metrics.register("mine")(mine)
    """

    name: str
    synonyms: tuple[str, ...] = ()
    lowest: float | None = None
    highest: float | None = None
    unit: str = "fraction"
    higher_is_better: bool | None = None
    chance: float | Literal["1/classes"] | None = None
    aggregation: Aggregation | None = None
    standard_error: StandardError | None = None
    computation: Computation | None = None

    def __post_init__(self) -> None:
        where = f"metric '{self.name}'"
        if (self.lowest is None) != (self.highest is None):
            raise BadValue("has one end of a range", where=where, hint="give lowest and highest, infinite or not")
        if self.lowest is not None and self.highest is not None and not self.lowest < self.highest:
            raise BadValue(f"has no range from {self.lowest:g} to {self.highest:g}", where=where)
        if isinstance(self.chance, float | int) and not self.within(self.chance):
            raise BadValue(f"chance={self.chance:g} lies outside its range", where=where)
        for field, kinds in (("aggregation", Aggregation), ("standard_error", StandardError)):
            if (value := getattr(self, field)) not in (None, *get_args(kinds)):
                raise BadValue(f"{field}='{value}' is none of {', '.join(get_args(kinds))}", where=where)
        if self.computation is not None and (self.higher_is_better is None or self.lowest is None):
            raise BadValue("is computed, but lacks a range or a direction", where=where)

    @property
    def is_fraction(self) -> bool | None:
        """Whether scores are parts of a best score of 1, so that they may be written in percent; None if unknown."""
        return None if self.lowest is None else self.highest == 1 and math.isfinite(self.lowest)

    @property
    def best(self) -> float | None:
        """The best score there can be, which may be infinite; None where range or direction are not known."""
        return None if self.higher_is_better is None else self.highest if self.higher_is_better else self.lowest

    def within(self, score: float) -> bool:
        """Whether a score, a fraction where the metric is one, lies in the range; so does any if that is unknown."""
        return self.lowest is None or self.highest is None or self.lowest <= score <= self.highest

    def chance_level(self, classes: int | None = None) -> float | None:
        """Score of a uniform guess among so many classes; None where it is not known."""
        if self.chance != "1/classes":
            return self.chance
        return 1 / classes if classes else None

    def measure(self, gold: Gold, predicted: Matrix) -> Measurement:
        """Scores of all targets at once, with their standard errors, and the scores of their rows.

        Parameters
        ----------
        gold : Gold
        predicted : numpy.ndarray of int, shape (units,), or of str, shape (rows,), or of float
            Where rows may have several labels, a score of each, (rows, labels): those above 0 are given. Where answers
            are numbers, (rows,).

        Raises
        ------
        BadValue
            If isogloss cannot compute this metric.
        """
        if self.computation is None:
            raise BadValue(f"cannot compute '{self.name}'", hint="isogloss only reads scores of this metric")
        return self.computation.measure(gold, predicted)


Matrix = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Gold:
    """What is right, for every test row of every target.

    Attributes
    ----------
    labels : numpy.ndarray of int, shape (units,)
        Positions in the task's labels; a sentence has as many units as words, anything else has one. Where a row
        may have several labels, of shape (rows, labels), 1 for those that it has. Where answers are numbers, these.
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
    sources : sequence of str
        The texts that answers were made from, row by row, where these are known; else empty.
    """

    labels: Matrix
    starts: Matrix
    targets: Matrix
    names: list[str]
    answers: Sequence[tuple[str, ...]] = ()
    languages: Sequence[str] = ()
    is_written: bool = False
    contexts: Sequence[str] = ()
    sources: Sequence[str] = ()

    @property
    def has_sets(self) -> bool:
        """Whether rows may have several labels."""
        return self.labels.ndim == 2

    def texts(self, predicted: Matrix) -> list[str]:
        """Answers as texts, row by row: as they are, what stands in the contexts, or the labels at their positions.

        Of scores of labels, the names of those above 0 with commas between; of numbers, four digits.
        """
        if self.has_sets:
            return [", ".join(np.array(self.names)[row]) for row in predicted > 0]
        if predicted.dtype.kind == "f":
            return [f"{one:.4g}" for one in predicted]
        if self.contexts and predicted.dtype.kind != "U":
            spans = zip(self.contexts, predicted.reshape(-1, 2).tolist(), strict=True)
            return [context[begin:end].strip() for context, (begin, end) in spans]
        return [str(one) for one in (predicted if predicted.dtype.kind == "U" else np.array(self.names)[predicted])]

    @property
    def owners(self) -> Matrix:
        """The target of each unit, of shape (units,)."""
        return np.repeat(self.targets, np.diff(self.starts))

    def among(self, rows: Matrix, predicted: Matrix) -> tuple[Gold, Matrix]:
        """What is right and what was predicted in some rows alone.

        Parameters
        ----------
        rows : numpy.ndarray of bool, shape (rows,)
        predicted : numpy.ndarray, shape (rows, ...) or (units,)

        Returns
        -------
        gold : Gold
            Targets that have none of these rows are left out, and the others numbered anew.
        predicted : numpy.ndarray
        """
        units = np.repeat(rows, np.diff(self.starts))
        left, targets = np.unique(self.targets[rows], return_inverse=True)

        def chosen(texts: Sequence[Any]) -> Sequence[Any]:
            return [texts[row] for row in np.flatnonzero(rows).tolist()] if texts else []

        some = replace(
            self, labels=self.labels[rows if self.has_sets else units], targets=targets,
            starts=np.cumsum([0, *np.diff(self.starts)[rows]]), answers=chosen(self.answers),
            contexts=chosen(self.contexts), sources=chosen(self.sources),
            languages=[self.languages[place] for place in left.tolist()] if self.languages else [],
        )  # fmt: skip
        return some, predicted[rows if len(predicted) == len(rows) else units]


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
        What answers it is for: "label", "tags" (of words), "labels" (several of a row), "value" (a number), "choice",
        "span" (of a context), "text".
    is_of_items : bool
        Whether the scores of rows are this metric's own; where it has none for a single row, they are another's.
    """

    answers: ClassVar[tuple[str, ...]] = ("label", "tags", "choice", "span", "text")
    is_of_items: ClassVar[bool] = True

    def signature(self, language: str) -> str:
        """What scores in a language (ISO 639-3) depend on beside the texts, in the form of sacreBLEU; often nothing."""
        return ""

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
        return Measurement(scores, standard_errors(influences, gold.targets), item_scores)


def standard_errors(influences: Matrix, targets: Matrix) -> list[float | None]:
    """Standard errors of scores from how much each row moves that of its target; None for a single row."""
    squares = np.bincount(targets, weights=influences**2)
    return [
        float(np.sqrt(total * count / (count - 1))) if count > 1 else None
        for total, count in zip(squares, np.bincount(targets), strict=True)
    ]
