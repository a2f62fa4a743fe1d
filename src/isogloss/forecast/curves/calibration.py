"""How far off the process was for what it had not seen, and so how wide a band must be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isogloss.forecast.conformal import grouped_quantile
from isogloss.forecast.curves.laws import FEWEST_SIZES
from isogloss.forecast.curves.points import Points
from isogloss.forecast.curves.process import Process
from isogloss.forecast.grid import Array

SPREAD_PRIOR = 20.0
"""Points at which a language's own held-out errors weigh as much as everybody's."""


@dataclass(frozen=True)
class Calibration:
    """Held-out errors in units of the spread expected of them.

    Attributes
    ----------
    groups : list of arrays
        Errors that belong together: of one language, or of one size of one language.
    factor : float
        How much further off than others the language asked about was.
    unit : str
        What a group is, in words.
    """

    groups: list[Array]
    factor: float
    unit: str

    def quantile(self, level: float) -> float:
        """Half width of a band in units of the spread; infinite where the groups are too few for the level."""
        return grouped_quantile(self.groups, level) * self.factor

    @property
    def highest_level(self) -> float:
        """The highest level that so many groups can support."""
        return len(self.groups) / (len(self.groups) + 1)


def calibrate(process: Process, target: str, column: int) -> Calibration:
    """Hold out what resembles the question.

    A target measured with several sizes is asked about another size: each size of each such language is
    held out. One measured less is asked about as a whole: each other language is held out but for the
    points most like those the target has; where that leaves few, as the others were measured no more, each
    size is held out nevertheless.

    Parameters
    ----------
    process : Process
    target : str
    column : int
        Which of `FEATURES` varies.
    """
    points = process.points_
    measured = points.variance == 0
    own = points.of(target) & measured
    if len(np.unique(points.features[own, column])) >= FEWEST_SIZES:
        return _by_size(process, target, column, FEWEST_SIZES)
    groups = []
    for position, language in enumerate(points.languages):
        rows = np.flatnonzero((points.language == position) & measured)
        hidden = np.setdiff1d(rows, _alike(process, rows, np.flatnonzero(own)))
        if language != target and len(hidden):
            groups.append(_errors(process, [hidden])[hidden])
    if 2 * len(groups) < len(points.languages) - 1:
        return _by_size(process, target, column, 2)
    return Calibration(groups, 1.0, "language")


def _by_size(process: Process, target: str, column: int, fewest: int) -> Calibration:
    points, cells = process.points_, []
    for position in range(len(points.languages)):
        rows = np.flatnonzero((points.language == position) & (points.variance == 0))
        sizes = points.features[rows, column]
        if len(np.unique(sizes)) >= fewest:
            cells += [rows[sizes == size] for size in np.unique(sizes)]
    errors = _errors(process, cells)
    factors = _factors(errors, points)
    groups = [errors[cell] / factors[points.language[cell]] for cell in cells]
    return Calibration(groups, float(factors[points.position(target)]), "size of a language")


def _alike(process: Process, rows: NDArray[np.intp], own: NDArray[np.intp]) -> NDArray[np.intp]:
    """Of `rows`, the one most like each of `own`, as far as amounts go."""
    bent = process.bent(process.points_.features)
    if len(own) == 0 or len(rows) == 0:
        return np.zeros(0, dtype=np.intp)
    apart = ((bent[own][:, None] - bent[rows]) ** 2).sum(2)
    return np.unique(rows[apart.argmin(1)])


def _errors(process: Process, groups: list[NDArray[np.intp]]) -> Array:
    """Held-out errors in units of their spread, NaN for what is in no group."""
    mean, spread = process.held_out(groups)
    return np.abs(mean - process.points_.scores) / spread


def _factors(errors: Array, points: Points) -> Array:
    """Mean error of each language against that of all, drawn to 1, of shape (languages,)."""
    known = np.isfinite(errors)
    count = np.bincount(points.language[known], minlength=len(points.languages))
    total = np.bincount(points.language[known], errors[known], minlength=len(points.languages))
    usual = errors[known].mean() if known.any() else 1.0
    return (total + SPREAD_PRIOR * usual) / (count + SPREAD_PRIOR) / (usual or 1.0) + 1e-9
