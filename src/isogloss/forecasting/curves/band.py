"""Bands: the mean of a curve and its interval, at each size that the curve is kept at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from isogloss.forecasting.curves.calibration import Calibration
from isogloss.forecasting.grid import Array
from isogloss.stats.intervals import check_level


class Band(Protocol):
    """Mean and interval of new scores, on the line that curves are fitted on."""

    @property
    def path(self) -> Array:
        """Mean or median, of shape (sizes,)."""

    @property
    def highest_level(self) -> float:
        """The highest level for which there is evidence."""

    def supports(self, level: float) -> bool:
        """Whether there is evidence for a level."""

    def ends(self, level: float) -> tuple[Array, Array]:
        """Lower and upper end, each of shape (sizes,)."""


@dataclass(frozen=True)
class CalibratedBand:
    """A mean with a standard deviation, whose intervals are sized by held-out errors.

    Attributes
    ----------
    path, spread : arrays of shape (sizes,)
        Means, and standard deviations of a new score.
    calibration : Calibration
        Held-out errors.
    rises : bool
        Whether more examples never make the mean or either end worse: what holds with fewer examples bounds from
        below what more can do, and the other way round.
    """

    path: Array
    spread: Array
    calibration: Calibration
    rises: bool

    @property
    def highest_level(self) -> float:
        """As many groups as were held out can support."""
        return self.calibration.highest_level

    def supports(self, level: float) -> bool:
        """Whether so much was held out that the interval is finite."""
        return not math.isinf(self.calibration.quantile(level))

    def ends(self, level: float) -> tuple[Array, Array]:
        """Lower and upper end; infinite beyond the highest level."""
        check_level(level)
        margin = self.calibration.quantile(level) * self.spread
        lower, upper = self.path - margin, self.path + margin
        if not self.rises:
            return lower, upper
        return np.maximum.accumulate(lower), np.minimum.accumulate(upper[::-1])[::-1]


def rising(values: Array, spread: Array, inside: int) -> tuple[Array, bool]:
    """The nearest path that never falls, and whether the values allow it.

    Parameters
    ----------
    values, spread : arrays of shape (sizes,)
        Means, and standard deviations of a new score.
    inside : int
        Number of sizes up to the largest measured.

    Returns
    -------
    path : array of shape (sizes,)
        Isotonic regression of the values inside, held beyond; the values themselves where they fall by
        more than a new score scatters.
    rises : bool
    """
    from scipy.optimize import isotonic_regression

    path = values.copy()
    path[:inside] = isotonic_regression(values[:inside], weights=1 / (spread[:inside] ** 2 + 1e-18)).x
    if (np.abs(path - values)[:inside] > spread[:inside] + 1e-9).any():
        return values, False
    # A process falls back to the mean of all scores where it knows nothing; that is no reason to expect less.
    return np.maximum.accumulate(path), True
