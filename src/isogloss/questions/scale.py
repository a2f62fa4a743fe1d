"""The scale of the reader: percentages in, percentages out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from isogloss.errors import BadValue

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Scale:
    """How scores are shown.

    Attributes
    ----------
    name : {"percent", "fraction", "raw"}
        As the evidence wrote them; `raw` for metrics without a range.
    factor : float
        What stored scores are multiplied by to be shown.
    digits : int
        Decimals of a score.
    """

    name: str
    factor: float
    digits: int

    @property
    def bounded(self) -> bool:
        """Whether scores have a range, so that differences can be said in points (hundredths of it)."""
        return self.name != "raw"

    @property
    def points(self) -> float:
        """What differences of stored scores are multiplied by to be said: 100 where scores have a range."""
        return 100.0 if self.bounded else 1.0

    def unit(self, metric: str) -> str:
        """What such differences are in: points or, without a range, the metric's own unit."""
        return "points" if self.bounded else metric

    def stored(self, value: float, where: str) -> float:
        """A score that the reader wrote, as it is stored.

        Raises
        ------
        BadValue
            If it is on another scale than the evidence, or out of the range of scores.
        """
        if not self.bounded:
            return value
        if not 0 <= value <= self.factor:
            hint = f"write {value / 100:g}" if self.factor == 1 and 1 < value <= 100 else f"give 0 to {self.factor:g}"
            raise BadValue(f"{value:g} is no {self.name}, as the scores are", where=where, hint=hint)
        if self.factor > 1 and 0 < value < 1:
            raise BadValue(
                f"{value:g} is below 1, and the scores are percentages", where=where, hint=f"write {100 * value:g}"
            )
        return value / self.factor

    def score(self, value: float) -> str:
        """A score as it is shown, such as `71.4` or `0.714`."""
        return f"{self.factor * value:z.{self.digits}f}"

    def change(self, value: float) -> str:
        """A difference of scores on the scale of the reader, with its sign: `+0.214`."""
        return f"{self.factor * value:+z.{self.digits}f}"

    def rough(self, value: float) -> str:
        """A score as a sentence says it, without decimals that nobody should act on: `71` or `.71`."""
        return self.rough_shown(self.factor * value)

    def rough_shown(self, shown: float) -> str:
        """The same of a score that is on the reader's scale already, as in the table of an answer."""
        return f"{shown:z.{max(self.digits - 1, 0)}f}"

    def width(self, value: float) -> str:
        """A difference of scores in words: `12 points`, or in the metric's own unit."""
        return f"{100 * value:.0f} points" if self.bounded else f"{value:.3g}"

    def table(self, frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
        """`frame` with its columns of scores as they are shown; those that it lacks are passed over."""
        import polars as pl

        present = [name for name in columns if name in frame.columns]
        return frame if self.factor == 1 else frame.with_columns(pl.col(present) * self.factor)

    def differences(self, frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
        """`frame` with its columns of differences of scores as they are said, in `unit`."""
        import polars as pl

        return frame.with_columns(pl.col(columns) * self.points)


PERCENT, FRACTION, RAW = Scale("percent", 100.0, 1), Scale("fraction", 1.0, 3), Scale("raw", 1.0, 3)


def scale_of(observations: pl.DataFrame) -> Scale:
    """The scale in which some observations were written; percent, where some were."""
    written = set(observations["scale"].unique())
    return PERCENT if "percent" in written else FRACTION if "fraction" in written else RAW
