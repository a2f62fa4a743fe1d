"""How far off the process was for what it had not seen, and so how wide a band must be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isogloss.forecasting.curves.gp import CurveGP
from isogloss.forecasting.curves.laws import FEWEST_SIZES
from isogloss.forecasting.curves.points import Points
from isogloss.forecasting.grid import Array
from isogloss.stats.conformal import grouped_quantile

SPREAD_PRIOR = 20.0
"""Points at which a language's own held-out errors weigh as much as everybody's."""


@dataclass(frozen=True)
class HeldOut:
    """Held-out errors in units of the spread expected of them.

    Attributes
    ----------
    groups : list of arrays
        Errors that belong together: of one language, or of one size of one language.
    factor : float
        How much further off than others the language asked about was.
    """

    groups: list[Array]
    factor: float


@dataclass(frozen=True)
class Calibration:
    """Errors held out in one way or several, of which the one that asks for the widest band counts.

    Attributes
    ----------
    ways : list of HeldOut
    """

    ways: list[HeldOut]

    def quantile(self, level: float) -> float:
        """Half width of a band in units of the spread; infinite where the groups are too few for the level."""
        return max(grouped_quantile(way.groups, level) * way.factor for way in self.ways)

    @property
    def highest_level(self) -> float:
        """The highest level that so many groups can support."""
        fewest = min(len(way.groups) for way in self.ways)
        return fewest / (fewest + 1)


def calibrate(process: CurveGP, target: str, column: int) -> Calibration:
    """Hold out what resembles the question.

    A target measured with several sizes is asked about another size: each size of each such language is
    held out. One measured less is asked about as a whole: each other language is held out but for the
    points most like those the target has; where that leaves few, as the others were measured no more, each
    size is held out nevertheless. What was measured of the target may also be asked about again, in
    another mix: so each point is held out alone, too.

    Parameters
    ----------
    column : int
        Which of `FEATURES` varies.
    """
    points = process.points_
    measured = points.variance == 0
    own = np.flatnonzero(points.of(target) & measured)
    sizes = [_cells(points, rows, column) for rows in _by_language(points, measured)]
    if len(np.unique(points.features[own, column])) >= FEWEST_SIZES:
        ways = [_apart(process, target, [cell for cells in sizes if len(cells) >= FEWEST_SIZES for cell in cells])]
    else:
        groups = _as_if(process, target, own, measured)
        ways = [HeldOut(groups, 1.0)]
        if 2 * len(groups) < len(points.languages) - 1:
            ways = [_apart(process, target, [cell for cells in sizes if len(cells) > 1 for cell in cells])]
    if len(own):
        ways.append(_apart(process, target, [cell for cells in sizes for cell in cells], alone=True))
    return Calibration(ways)


def _by_language(points: Points, measured: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    return [np.flatnonzero((points.language == at) & measured) for at in range(len(points.languages))]


def _cells(points: Points, rows: NDArray[np.intp], column: int) -> list[NDArray[np.intp]]:
    """The rows of each size."""
    sizes = points.features[rows, column]
    return [rows[sizes == size] for size in np.unique(sizes)]


def _apart(process: CurveGP, target: str, cells: list[NDArray[np.intp]], *, alone: bool = False) -> HeldOut:
    """Each cell held out, or each of its points alone, against the usual error of its language."""
    points = process.points_
    held = [np.array([row]) for cell in cells for row in cell] if alone else cells
    errors = _errors(process, held)
    factors = _factors(errors, points)
    groups = [errors[cell] / factors[points.language[cell]] for cell in cells]
    return HeldOut(groups, float(factors[points.position(target)]) if target in points.languages else 1.0)


def _as_if(process: CurveGP, target: str, own: NDArray[np.intp], measured: NDArray[np.bool_]) -> list[Array]:
    """Each other language held out but for the points most like those the target has."""
    points, groups = process.points_, []
    for rows in _by_language(points, measured & ~points.of(target)):
        hidden = np.setdiff1d(rows, _alike(process, rows, own))
        if len(hidden):
            groups.append(_errors(process, [hidden])[hidden])
    return groups


def _alike(process: CurveGP, rows: NDArray[np.intp], own: NDArray[np.intp]) -> NDArray[np.intp]:
    """Of `rows`, the one most like each of `own`, as far as amounts go."""
    bent = process.bent(process.points_.features)
    if len(own) == 0 or len(rows) == 0:
        return np.zeros(0, dtype=np.intp)
    squares = ((bent[own][:, None] - bent[rows]) ** 2).sum(2)
    return np.unique(rows[squares.argmin(1)])


def _errors(process: CurveGP, groups: list[NDArray[np.intp]]) -> Array:
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
