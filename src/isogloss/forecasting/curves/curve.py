"""A fitted curve: scores with a band for any amount, and the amount that a goal needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.errors import BadValue
from isogloss.forecasting.curves.amounts import AMOUNTS
from isogloss.forecasting.curves.band import Band
from isogloss.forecasting.curves.points import Link
from isogloss.forecasting.flags import Flag
from isogloss.forecasting.grid import Array
from isogloss.forecasting.trust_word import TRUST_LEVEL, trust_word
from isogloss.text import amount, compact

CURVE = pl.Schema(
    [
        ("size", pl.Int64),
        *((name, pl.Float64) for name in ("mean", "lower", "upper", "level")),
        ("flags", pl.List(pl.String)),
        ("trust", pl.String),
    ]
)
"""Columns of a table of a curve. Where scores have no range and too little was measured for the level
asked, `lower` and `upper` are infinite. `flags` and `trust` are as in a table of forecasts."""

STRETCH = 2.0
"""A size is far when it is more than so many times the largest that was measured."""
GRID, GRID_BEYOND = 240, 64.0
"""Number of sizes the curve is kept at, and how far beyond the reach they go."""


@dataclass(frozen=True)
class Needed:
    """How much a goal needs.

    Attributes
    ----------
    goal : float
    level : float
    lower, expected, upper : int or None
        Where the best, the mean and the worst of the band reach the goal; None: not within `reach`.
    reach : int
        The largest size that is tried: twice the largest that was measured.
    banded : bool
        Whether enough was measured for a band at this level; else `lower` and `upper` are None.
    """

    goal: float
    level: float
    lower: int | None
    expected: int | None
    upper: int | None
    reach: int
    banded: bool = True


@dataclass(frozen=True)
class Curve:
    """A score against an amount, such as the number of the target's own examples.

    Attributes
    ----------
    task, model, metric, target : str
        The target is empty where the curve is of the mean of the measured languages.
    kind : str
        What varies: `labelled` or `translated` examples of the target, or one of `AMOUNTS`.
    train : str
        The rest of the mix, which is held.
    held : str
        What is held, in words.
    law : str
        What the mean follows.
    notes : tuple of str
        What the curve rests on, in sentences.
    flags : frozenset of Flag
        What holds of the rest of the mix, and so of every size.
    span : float
        Scores that count as 100 points: the metric's range or, without one, that of the measured scores.
    measured : polars.DataFrame
        The target's own scores: `size`, `score` and `alike`, whether the rest of the mix was the same.
    smallest, largest, largest_own : int
        The smallest and largest sizes measured: of any language, and of the target (-1: never measured).
    link : Link
        The scale on which the band is.
    grid : array of shape (sizes,)
        Sizes at which the curve is kept.
    band : Band
        Mean and interval at each of them.
    clipped : array of bool of shape (sizes,)
        Where a law left the metric's range.
    """

    task: str
    model: str
    metric: str
    target: str
    kind: str
    train: str
    held: str
    law: str
    notes: tuple[str, ...]
    flags: frozenset[Flag]
    span: float
    measured: pl.DataFrame
    smallest: int
    largest: int
    largest_own: int
    link: Link
    grid: Array
    band: Band
    clipped: NDArray[np.bool_]

    def predict(self, sizes: Sequence[int] | Array, level: float = 0.9) -> pl.DataFrame:
        """Scores at these amounts.

        Parameters
        ----------
        sizes : sequence of int
            Amounts, in any order.
        level : float, default 0.9
            Probability that the band holds a score newly measured.

        Returns
        -------
        polars.DataFrame
            With the columns of `CURVE`, in the order of `sizes`.

        Raises
        ------
        BadValue
            If a size is negative or `level` is not between 0 and 1.

        """
        counts = np.asarray(sizes, dtype=float).ravel()
        if not np.isfinite(counts).all() or (counts < 0).any():
            raise BadValue("an amount is negative or not finite", where="sizes", hint="count from 0 up")
        lower, upper = self._scores(counts, level)
        widths = np.subtract(*self._scores(counts, TRUST_LEVEL)[::-1])
        found = [self._flags(size, level) for size in counts]
        flags = [[flag for flag in Flag if flag in some] for some in found]
        table = {
            "size": counts.round().astype(np.int64),
            "mean": self.link.to_score(self._at(counts, self.band.path)),
            "lower": lower,
            "upper": upper,
            "level": [level] * len(counts),
            "flags": flags,
            "trust": [trust_word(100 * width / self.span, some) for width, some in zip(widths, flags, strict=True)],
        }
        return pl.DataFrame(table, schema=CURVE)

    def needed(self, goal: float, level: float = 0.9) -> Needed:
        """How much reaches a goal.

        Raises
        ------
        BadValue
            If the goal is no score of the metric, or `level` is not between 0 and 1.
        """
        if not math.isfinite(goal):
            raise BadValue(f"goal {goal} is not a number", where="goal")
        if self.link.limits is not None and not self.link.limits[0] <= goal <= self.link.limits[1]:
            hint = f"write {goal / 100:g}" if 1 < goal <= 100 else "choose a score that can be reached"
            low, high = self.link.limits
            raise BadValue(f"goal {goal:g} is outside the range of {self.metric}, {low:g} to {high:g}", hint=hint)
        wanted = float(self.link.to_line(np.array(goal)))
        expected = self._first(self.band.path, wanted)
        if self.too_little_for(level):
            return Needed(goal, level, None, expected, None, self.reach, banded=False)
        lower, upper = self.band.ends(level)
        return Needed(goal, level, self._first(upper, wanted), expected, self._first(lower, wanted), self.reach)

    @property
    def of_examples(self) -> bool:
        """Whether examples of the target vary, and no other amount."""
        return self.kind not in AMOUNTS

    @property
    def unit(self) -> str:
        """What is counted, in words."""
        return f"{self.kind} examples" if self.of_examples else AMOUNTS[self.kind].unit

    def goal_in_words(self, needed: Needed, goal: str) -> str:
        """What a goal needs, as a clause.

        Parameters
        ----------
        needed : Needed
        goal : str
            The goal as its reader writes it.
        """
        within = f"within the range measured (up to {amount(needed.reach, self.unit)})"
        if needed.banded and needed.lower is None:
            return f"{goal} is not reachable {within}"
        if needed.expected is None:
            said = f"{goal} is not expected {within}"
        else:
            said = f"{goal} needs about {amount(needed.expected, self.unit)}"
        if not needed.banded:
            return f"{said}; too little was measured for an interval"
        worst = f"more than {compact(needed.reach)}" if needed.upper is None else compact(needed.upper)
        return f"{said} ({100 * needed.level:g} % interval: {compact(needed.lower or 0)} to {worst})"

    @property
    def reach(self) -> int:
        """The largest size that is not far from what was measured."""
        return int(STRETCH * self.largest)

    @property
    def _followed(self) -> float:
        """The largest size up to which other languages lead where the target was not measured."""
        return math.inf if self.of_examples else self.largest

    def too_little_for(self, level: float) -> bool:
        """Whether so little was measured that the band is the whole range."""
        return not self.band.supports(level)

    def _scores(self, sizes: Array, level: float) -> tuple[Array, Array]:
        """Ends of the band, as scores."""
        ends = [self.link.to_score(self._at(sizes, values)) for values in self.band.ends(level)]
        return np.minimum(*ends), np.maximum(*ends)

    def _at(self, sizes: Array, values: Array) -> Array:
        """Values between the sizes of the grid, held beyond its end."""
        if np.isinf(values).any():
            return np.full(len(sizes), values[0])
        return np.interp(np.log1p(sizes), np.log1p(self.grid), values)

    def _first(self, values: Array, goal: float) -> int | None:
        """The first size within reach at which `values` are at the goal."""
        inside = self.grid < self.reach
        doses = np.append(np.log1p(self.grid[inside]), np.log1p(self.reach))
        values = np.append(values[inside], self._at(np.array([float(self.reach)]), values))
        reached = np.flatnonzero(values >= goal)
        if len(reached) == 0:
            return None
        at = int(reached[0])
        if at == 0:
            return 0
        share = (goal - values[at - 1]) / (values[at] - values[at - 1])
        return math.ceil(np.expm1(doses[at - 1] + share * (doses[at] - doses[at - 1])) - 1e-6)

    def _flags(self, size: float, level: float) -> set[Flag]:
        found = set(self.flags)
        if (self.of_examples or self.kind == "shots") and size in set(self.measured.filter("alike")["size"]):
            found.add(Flag.MEASURED)  # another model or mix of the same size would score otherwise
        elif size > self.reach or size < self.smallest / STRETCH:
            found.add(Flag.SIZE_OUTSIDE_MEASURED)
        elif size not in set(self.measured["size"]) and self.largest_own < size <= self._followed:
            found.add(Flag.SIZE_FROM_OTHER_LANGUAGES)
        if self.clipped.any() and size >= self.grid[self.clipped][0]:
            found.add(Flag.EDGE_OF_RANGE)
        if self.too_little_for(level):
            found.add(Flag.LEVEL_UNSUPPORTED)
        return found


def curve_grid(largest: float) -> Array:
    """Sizes at which a curve is kept: 0, then evenly by their logarithm."""
    return np.concatenate([[0.0], np.geomspace(1.0, max(GRID_BEYOND * STRETCH * largest, 2.0), GRID)])
