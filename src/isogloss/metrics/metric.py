"""What a metric is: its range, unit, direction, chance level, and how it is computed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from isogloss.errors import BadValue
from isogloss.metrics.computation import Computation, Gold, Matrix, Measurement

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
        predicted : numpy.ndarray of int, shape (units,), or of str, shape (rows,)

        Raises
        ------
        BadValue
            If isogloss cannot compute this metric.
        """
        if self.computation is None:
            raise BadValue(f"cannot compute '{self.name}'", hint="isogloss only reads scores of this metric")
        return self.computation.measure(gold, predicted)
