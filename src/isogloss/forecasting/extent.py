"""What the evidence of one setting covers: the constants of all forecasts in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from isogloss.forecasting.grid import Grid
from isogloss.forecasting.settings import Setting
from isogloss.text import counted

NAMED_SOURCES = 5
"""Training languages that a sentence has room for."""


@dataclass(frozen=True)
class Extent:
    """What the evidence of one setting covers.

    Attributes
    ----------
    setting : Setting
    languages, mixes : int
        Measured target languages and training mixes.
    sources : tuple of str
        Languages of the training mixes.
    smallest, largest : float or None
        Examples of the smallest and the largest training mix; None where the model was only used as it is.
    """

    setting: Setting
    languages: int
    mixes: int
    sources: tuple[str, ...]
    smallest: float | None
    largest: float | None

    @classmethod
    def of(cls, setting: Setting, grid: Grid) -> Self:
        """Of a grid of scores."""
        totals = [float(total) for total in grid.mixes.sizes.sum(1) if total]
        ends = (min(totals), max(totals)) if totals else (None, None)
        return cls(setting, len(grid.targets), len(grid.mixes.texts), grid.mixes.sources, *ends)

    @property
    def sentence(self) -> str:
        """The same in words: `28 languages and 4 mixes measured, with 100 to 4000 examples of eng, hin`."""
        words = f"{counted(self.languages, 'language')} and {counted(self.mixes, 'mix')} measured"
        if self.smallest is None:
            return words
        sizes = f"{self.smallest:.0f}" + ("" if self.smallest == self.largest else f" to {self.largest:.0f}")
        return f"{words}, with {sizes} examples of {_listed(self.sources)}"


def _listed(sources: Sequence[str]) -> str:
    more = len(sources) - NAMED_SOURCES
    return ", ".join(sources[:NAMED_SOURCES]) + (f" and {counted(more, 'other language')}" if more > 0 else "")
