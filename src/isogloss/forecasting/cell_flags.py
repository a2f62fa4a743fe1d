"""Flags of every cell of a grid of forecasts, and the nearest measured language of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from isogloss.forecasting.features import TYPICAL_DISTANCE, space, web_text
from isogloss.forecasting.fitted_setting import GridForecast
from isogloss.forecasting.flags import Flag
from isogloss.forecasting.grid import Array, Grid
from isogloss.languages import distances
from isogloss.languages.varieties import variety_cache

ISOLATED = 0.95
"""A language is far when its nearest measured neighbour is further off than for this share of the measured ones."""
SCARCER = 0.5
"""A language is poorer than measured when it has fewer than 10 ** -SCARCER of the web text of any measured one."""
STRETCH = 2.0
"""A mix is out of range when it is this many times larger or smaller than any measured."""
FOREIGN_SHARE = 0.5
"""A mix is foreign when more than this share of its examples is in languages never trained on."""


class Nearest(NamedTuple):
    """The measured language nearest to another one, and whether even that is far."""

    language: str
    distance: float
    far: bool


def nearest_measured(languages: Sequence[str], measured: Sequence[str]) -> list[Nearest]:
    """For each language the nearest of those measured, by combined distance; see `ISOLATED` for what is far."""
    known = _known(tuple(measured))
    missing = [language for language in dict.fromkeys(languages) if language not in known]
    if missing:
        known |= dict(zip(missing, _nearest_measured(missing, measured), strict=True))
    return [known[language] for language in languages]


@variety_cache(maxsize=8)
def _known(measured: tuple[str, ...]) -> dict[str, Nearest]:
    """What was worked out: every model of a sheet is asked about the same languages, and so is a server."""
    return {}


def _nearest_measured(languages: Sequence[str], measured: Sequence[str]) -> list[Nearest]:
    # Between the two alone: of thousands of languages, distances from each to each would take a minute.
    towards = distances(languages, "combined", others=measured).values
    towards = np.where(np.isnan(towards), TYPICAL_DISTANCE["combined"], towards)
    limit = _usual_isolation(space(measured).distance["combined"])
    places = towards.argmin(1)
    return [
        Nearest(measured[place], float(distance), bool(distance > limit))
        for place, distance in zip(places, towards.min(1), strict=True)
    ]


def nearest_of_targets(grid: Grid, targets: Sequence[str]) -> list[Nearest | None]:
    """For each target the nearest measured language; None for a target that was measured itself."""
    others = [target for target in targets if target not in grid.targets]
    found = dict(zip(others, nearest_measured(others, grid.targets), strict=True)) if others else {}
    return [found.get(target) for target in targets]


def cell_flags(
    grid: Grid, forecast: GridForecast, nearest: Sequence[Nearest | None], unbounded: np.ndarray
) -> np.ndarray:
    """Flags of each cell, in the order of `Flag`.

    Parameters
    ----------
    nearest : sequence of length targets
        As `nearest_of_targets` gives them.
    unbounded : array of bool of shape (rows, targets)
        Cells whose interval is the whole range for want of evidence.

    Returns
    -------
    array of lists of str, of shape (rows, targets)
    """
    columns = _of_targets(grid, forecast, nearest)
    foreign = np.array([source not in grid.mixes.sources for source in forecast.mixes.sources], dtype=bool)
    rows = [_of_mix(grid, sizes, foreign) for sizes in forecast.mixes.sizes]
    edge = grid.at_edge(forecast.mean) & ~forecast.measured
    cells = np.empty(forecast.mean.shape, dtype=object)
    for row, column in np.ndindex(cells.shape):
        found = columns[column] | rows[row]
        for flag, where in (
            (Flag.MEASURED, forecast.measured),
            (Flag.EDGE_OF_RANGE, edge),
            (Flag.LEVEL_UNSUPPORTED, unbounded),
        ):
            if where[row, column]:
                found |= {flag}
        cells[row, column] = [flag.value for flag in Flag if flag in found]
    return cells


def _usual_isolation(between: Array) -> float:
    if len(between) < 2:
        return 0.0
    return float(np.quantile((between + 2 * np.eye(len(between))).min(1), ISOLATED))


def _of_targets(grid: Grid, forecast: GridForecast, nearest: Sequence[Nearest | None]) -> list[frozenset[Flag]]:
    least = min(web_text(language) for language in grid.targets)
    flags = []
    for target, neighbour, others in zip(forecast.targets, nearest, forecast.flags, strict=True):
        found = set(others)
        if neighbour is not None:
            if neighbour.far:
                found.add(Flag.FAR)
            known = web_text(target)
            if known < least - SCARCER:
                found.add(Flag.POORER_THAN_MEASURED)
                if known == 0:
                    found.add(Flag.NO_WEB_TEXT_COUNTED)
        flags.append(frozenset(found))
    return flags


def _of_mix(grid: Grid, sizes: Array, foreign: NDArray[np.bool_]) -> frozenset[Flag]:
    """Flags of one mix, given its sizes of each source, and of which sources nothing was measured."""
    total, totals = sizes.sum(), grid.mixes.sizes.sum(1)
    # A model used as it is and an adapted one do not tell about each other.
    alike = totals[(totals == 0) == (total == 0)]
    if len(alike) == 0:
        return frozenset({Flag.MIX_UNMEASURED})
    if sizes[foreign].sum() > FOREIGN_SHARE * total:
        return frozenset({Flag.TRAINING_LANGUAGE_UNMEASURED})
    if total > STRETCH * alike.max() or total < alike.min() / STRETCH:
        return frozenset({Flag.SIZE_OUTSIDE_MEASURED})
    return frozenset()
