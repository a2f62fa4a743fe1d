"""What a forecast rests on, in words, and whether that is far from what was asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from isogloss.forecasting.features import space
from isogloss.forecasting.fitted_setting import GridForecast
from isogloss.forecasting.grid import Array, Grid, TrainingMixes
from isogloss.text import counted

ISOLATED = 0.95
"""A language is far when its nearest measured neighbour is further off than for this share of the measured ones."""
SCARCER = 0.5
"""A language is scarce when it has fewer than 10 ** -SCARCER of the web text of any measured one."""
STRETCH = 2.0
"""A mix is out of range when it is this many times larger or smaller than any measured."""
FOREIGN_SHARE = 0.5
"""A mix is foreign when more than this share of its examples is in languages never trained on."""


def describe_basis(grid: Grid, forecast: GridForecast, unbounded: np.ndarray) -> np.ndarray:
    """One sentence per cell: what was measured, how near it is, and warnings.

    Parameters
    ----------
    unbounded : array of bool of shape (rows, targets)
        Cells whose interval is the whole range for want of evidence.

    Returns
    -------
    array of str of shape (rows, targets)
    """
    of_targets = _targets(grid, forecast.targets)
    at_edge = grid.at_edge(forecast.mean) & ~forecast.measured
    of_mixes = _mixes(grid, forecast.mixes)
    counts = f"{counted(len(grid.targets), 'language')}, {counted(len(grid.mixes.texts), 'mix')} measured"
    words = np.empty(forecast.mean.shape, dtype=object)
    for row, column in np.ndindex(words.shape):
        of_target = "measured itself" if forecast.measured[row, column] else of_targets[column]
        parts = [of_target, forecast.notes[column], counts, of_mixes[row]]
        if at_edge[row, column]:
            parts.append("AT THE EDGE of the metric's range")
        if unbounded[row, column]:
            parts.append("TOO LITTLE EVIDENCE for the level: the whole range")
        words[row, column] = "; ".join(part for part in parts if part)
    return words


def _targets(grid: Grid, targets: Sequence[str]) -> list[str]:
    measured = set(grid.targets)
    others = [target for target in targets if target not in measured]
    if not others:
        return ["measured language"] * len(targets)
    known = space(targets, grid.targets)
    least = known.web_text[known.at(grid.targets)].min()
    words = {}
    for target, nearest in zip(others, nearest_measured(others, grid.targets), strict=True):
        far = "; FAR from every measured language" if nearest.far else ""
        if known.web_text[known.at([target])[0]] < least - SCARCER:
            far += "; FAR less web text than any measured language"
        words[target] = f"unmeasured language, nearest {nearest.language} at {nearest.distance:.2f}{far}"
    return [words.get(target, "measured language") for target in targets]


class Nearest(NamedTuple):
    """The measured language nearest to another one, and whether even that is far."""

    language: str
    distance: float
    far: bool


def nearest_measured(languages: Sequence[str], measured: Sequence[str]) -> list[Nearest]:
    """For each language the nearest of those measured, by combined distance; see `ISOLATED` for what is far."""
    known = space(languages, measured)
    towards = known.between("combined", languages, measured)
    limit = _usual_isolation(known.between("combined", measured, measured))
    places = towards.argmin(1)
    return [
        Nearest(measured[place], float(distance), bool(distance > limit))
        for place, distance in zip(places, towards.min(1), strict=True)
    ]


def _usual_isolation(between: Array) -> float:
    if len(between) < 2:
        return 0.0
    return float(np.quantile((between + 2 * np.eye(len(between))).min(1), ISOLATED))


def _mixes(grid: Grid, mixes: TrainingMixes) -> list[str]:
    totals = grid.mixes.sizes.sum(1)
    sources = set(grid.mixes.sources)
    foreign = np.array([source not in sources for source in mixes.sources], dtype=bool)
    words = []
    for sizes in mixes.sizes:
        total = sizes.sum()
        # A model used as it is and an adapted one do not tell about each other.
        alike = totals[(totals == 0) == (total == 0)]
        if len(alike) == 0:
            words.append("FAR: no mix like this was measured")
        elif sizes[foreign].sum() > FOREIGN_SHARE * total:
            names = [name for name, size, new in zip(mixes.sources, sizes, foreign, strict=True) if new and size]
            words.append(f"FAR: never trained on {', '.join(names)}")
        elif total > STRETCH * alike.max() or total < alike.min() / STRETCH:
            words.append(f"FAR: {total:.0f} examples, measured {alike.min():.0f} to {alike.max():.0f}")
        else:
            words.append("")
    return words
