"""Simulated shifts: which languages of a table count as measured, and which are forecast."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isogloss.forecasting.background.side_facts import shared_web_text
from isogloss.forecasting.background.tables import ScoreTable
from isogloss.forecasting.grid import Array
from isogloss.languages import Language, resolve

SHIFTS = ("hard", "soft", "random")
"""Measured: the richest languages; languages drawn the more often the richer they are; languages at random.
Forecast: the poorest third of the table; at random all others."""
KINDS = ("family", "script")
"""Further shifts. Measured: languages at random of all families (scripts) but one; forecast: those of that one."""
STEEPNESS = 1.2
"""Growth of the log odds of being measured with each power of ten of web text."""
POOREST_SHARE, FEWEST_FORECAST, FEWEST_AT_RANDOM = 3, 4, 5
MOST_ROWS, FEWEST_IN_ROW = 10, 5
TIE = 0.02
"""Languages with equal web text are ordered at random, by up to this."""


@dataclass(frozen=True)
class Shifted:
    """A table split for one simulated shift.

    Attributes
    ----------
    table : ScoreTable
        Only the rows that are used.
    measured, forecast : arrays of int
        Columns whose scores are evidence, and columns whose scores are forecast.
    """

    table: ScoreTable
    measured: NDArray[np.intp]
    forecast: NDArray[np.intp]

    @property
    def evidence(self) -> Array:
        """Scores of the measured columns, of shape (rows, measured)."""
        return self.table.scores[:, self.measured]

    @property
    def truth(self) -> Array:
        """Scores of the columns to forecast, of shape (rows, forecast)."""
        return self.table.scores[:, self.forecast]

    def names(self, columns: NDArray[np.intp]) -> list[str]:
        """Languages of some columns."""
        return [self.table.languages[column] for column in columns]


def shift_table(table: ScoreTable, shift: str, count: int, seed: int) -> Shifted | None:
    """Split a table for one simulated shift; None where it is too small. Near-identical languages count as one.

    Parameters
    ----------
    shift : {"hard", "soft", "random", "family", "script"}
    count : int
        Languages that are measured.
    seed : int
    """
    table = table.merged()
    random = np.random.default_rng([seed, count, zlib.crc32(table.name.encode()), zlib.crc32(shift.encode())])
    web = np.array([shared_web_text(language) for language in table.languages])
    web += random.uniform(0, TIE, len(web))
    rows = np.sort(random.choice(len(table.rows), min(MOST_ROWS, len(table.rows)), replace=False))
    if shift in KINDS:
        sides = _by_kind([resolve(language) for language in table.languages], shift, count, random)
    elif shift == "random":
        sides = _at_random(len(web), count, random)
    else:
        sides = _by_web_text(web, shift, count, random)
    if sides is None:
        return None
    measured, forecast = sides
    scores = table.scores[rows]
    kept = (~np.isnan(scores[:, measured])).sum(1) >= min(FEWEST_IN_ROW, count)
    measured = measured[(~np.isnan(scores[np.ix_(kept, measured)])).any(0)]
    if not kept.any() or not len(measured):
        return None
    return Shifted(table.take(rows[kept]), np.sort(measured), np.sort(forecast))


Sides = tuple[NDArray[np.intp], NDArray[np.intp]]


def _at_random(width: int, count: int, random: np.random.Generator) -> Sides | None:
    if count > width - FEWEST_AT_RANDOM:
        return None
    order = random.permutation(width)
    return order[:count], order[count:]


def _by_web_text(web: Array, shift: str, count: int, random: np.random.Generator) -> Sides | None:
    order = np.argsort(web)
    third = max(FEWEST_FORECAST, len(web) // POOREST_SHARE)
    forecast, rest = order[:third], order[third:]
    if len(rest) < count:
        return None
    odds = np.exp(STEEPNESS * (web[rest] - web[rest].max()))
    drawn = random.choice(rest, count, replace=False, p=odds / odds.sum())
    return rest[-count:] if shift == "hard" else drawn, forecast


def _by_kind(known: Sequence[Language], shift: str, count: int, random: np.random.Generator) -> Sides | None:
    kinds = np.array([one.script if shift == "script" else (*one.family, "")[0] for one in known])
    sizes = Counter(kind for kind in kinds.tolist() if kind)
    left_out = sorted(kind for kind, size in sizes.items() if size >= FEWEST_FORECAST and len(known) - size >= count)
    if not left_out:
        return None
    inside = kinds == random.choice(left_out)
    return random.choice(np.flatnonzero(~inside), count, replace=False), np.flatnonzero(inside)
