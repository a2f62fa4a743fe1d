"""From evidence and a question straight to a curve: what `isogloss curve` does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from isogloss.errors import BadValue
from isogloss.evidence import read_evidence
from isogloss.evidence.training_mix import MAX_EXAMPLES
from isogloss.forecasting.curves.curve import Curve, Needed
from isogloss.forecasting.curves.fit import fit_curve
from isogloss.forecasting.registry import forecasters
from isogloss.stats.intervals import check_level


@dataclass(frozen=True)
class CurveAnswer:
    """A curve, its table, and the number that a goal needs.

    Attributes
    ----------
    curve : Curve
    table : polars.DataFrame
        With the columns of `CURVE`.
    needed : Needed or None
        None where no goal was given.
    end : int
        The last size.
    level : float
    """

    curve: Curve
    table: pl.DataFrame
    needed: Needed | None
    end: int
    level: float

    def record(self) -> dict[str, Any]:
        """Everything, for JSON."""
        names = ("task", "model", "metric", "target", "kind", "train", "law", "basis")
        return {
            **{name: getattr(self.curve, name) for name in names},
            "curve": self.table.to_dicts(),
            "needed": asdict(self.needed) if self.needed else None,
        }

    def lines(self) -> list[str]:
        """What there is to say below the table."""
        sentences = [self.curve.basis]
        if self.curve.too_little_for(self.level):
            most = 100 * self.curve.calibration.highest_level
            sentences.append(f"too little evidence for {100 * self.level:g} %: ask for a level of at most {most:.0f} %")
        if self.needed is not None:
            sentences.append(str(self.needed))
        return sentences


def answer_curve(
    evidence: Sequence[str],
    *,
    start: int = 0,
    end: int | None = None,
    goal: float | None = None,
    level: float = 0.9,
    forecaster: str = "default",
    **question: Any,
) -> CurveAnswer:
    """Fit a curve and read it off between two sizes; `forecaster` is a registered name, `question` as in `fit_curve`.

    Raises
    ------
    BadValue
        If the sizes are no range, `level` is not between 0 and 1, or the goal is no score of the metric.
    """
    check_level(level)
    if (beyond := max(start, end or 0)) > MAX_EXAMPLES:
        raise BadValue(f"size {beyond} is beyond {MAX_EXAMPLES}", where="start, end", hint="write a smaller one")
    if start < 0 or (end is not None and end <= start):
        asked = f"from {start}" + (f" to {end}" if end is not None else "")
        raise BadValue(f"sizes {asked} are no range", where="start, end", hint="write 0 and 5000, say")
    read = read_evidence(*evidence, languages=question.get("languages"))
    curve = fit_curve(read, forecaster=forecasters.get(forecaster)(), **question)
    last = max(curve.largest, start + 1) if end is None else end
    needed = None if goal is None else curve.needed(goal, level)
    return CurveAnswer(curve, curve.predict(round_sizes(start, last), level), needed, last, level)


def round_sizes(start: int, end: int) -> list[int]:
    """Both ends, and 1, 2 and 5 times the powers of ten between them, from 10 on where they begin at 0."""
    round_ones = [factor * 10**power for power in range(len(str(end))) for factor in (1, 2, 5)]
    lowest = max(start, 9 if end > 100 else 0)
    return [start, *(size for size in round_ones if lowest < size < end), end]
