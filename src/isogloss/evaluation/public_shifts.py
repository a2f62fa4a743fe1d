"""How far forecasts were off on public tables, for evidence with too few languages to simulate a shift."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

ALL, PROMPTED = "all", "prompted"


class PublicShift(NamedTuple):
    """Errors on public tables under one simulated shift, as `benchmarks/public_shifts.py` writes them.

    Attributes
    ----------
    shift : {"hard", "random"}
        Whether the richest languages were measured and the poorest third forecast, or any and all others.
    kind : {"all", "prompted"}
        Which tables.
    measured : int
        Languages that were measured.
    tables : int
    error : float
        Mean absolute error in points.
    coverage : float
        Share of 90 % intervals that held.
    """

    shift: str
    kind: str
    measured: int
    tables: int
    error: float
    coverage: float


def public_shift(shift: str, measured: int, *, prompted: bool) -> PublicShift:
    """The row of public tables nearest to some evidence.

    Parameters
    ----------
    shift : {"hard", "random"}
    measured : int
        Measured languages.
    prompted : bool
        Whether the evidence is of prompted models.
    """
    rows = [one for one in _rows() if one.shift == shift and one.kind == (PROMPTED if prompted else ALL)]
    return min(rows, key=lambda one: abs(float(np.log(one.measured / measured))))


@lru_cache(maxsize=1)
def _rows() -> tuple[PublicShift, ...]:
    lines = files("isogloss.evaluation").joinpath("data", "public_shifts.tsv").read_text(encoding="utf-8").splitlines()
    cells = [line.split("\t") for line in lines if not line.startswith("#")][1:]
    return tuple(
        PublicShift(shift, kind, int(measured), int(tables), float(error), float(coverage))
        for shift, kind, measured, tables, error, coverage in cells
    )
