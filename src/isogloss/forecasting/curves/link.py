"""Scores on a scale without ends, so that no curve and no band leaves the metric's range."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.forecasting.grid import Array
from isogloss.metrics.registry import lowest_fraction

EDGE = 1e-3
"""Share of the range at either end that is not told apart: the logarithm of nothing has no value."""


@dataclass(frozen=True)
class Link:
    """The logit of a bounded score; an unbounded one as it is. Its sign is turned where lower is better.

    Attributes
    ----------
    limits : (float, float) or None
        Lowest and highest score, where there are any.
    falls : bool
        Whether more data make scores fall.
    """

    limits: tuple[float, float] | None
    falls: bool

    @classmethod
    def of(cls, observations: pl.DataFrame) -> Link:
        """For the scores of one setting."""
        bounded = bool((observations["scale"] != "raw").all())
        limits = (lowest_fraction(observations["metric"][0]), 1.0) if bounded else None
        return cls(limits, not bool(observations["higher_is_better"][0]))

    def to_line(self, scores: Array) -> Array:
        """Scores as numbers without ends, larger being better."""
        values = np.asarray(scores, dtype=float)
        if self.limits is not None:
            low, high = self.limits
            share = np.clip((values - low) / (high - low), EDGE, 1 - EDGE)
            values = np.log(share / (1 - share))
        return -values if self.falls else values

    def to_score(self, values: Array) -> Array:
        """The way back."""
        values = -np.asarray(values, dtype=float) if self.falls else np.asarray(values, dtype=float)
        if self.limits is None:
            return values
        low, high = self.limits
        with np.errstate(over="ignore"):
            return low + (high - low) / (1 + np.exp(-values))

    def outside(self, scores: Array) -> NDArray[np.bool_]:
        """Which of some scores no metric of this range can give."""
        if self.limits is None:
            return np.zeros(np.shape(scores), dtype=bool)
        return (scores < self.limits[0]) | (scores > self.limits[1])
