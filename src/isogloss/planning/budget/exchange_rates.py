"""Exchange rates: labelled examples that one of another type counts as, as the evidence shows."""

from __future__ import annotations

import numpy as np
import polars as pl

from isogloss.errors import InputError
from isogloss.evidence import TrainingMix
from isogloss.evidence.training_mix import LABELLED
from isogloss.forecasting.curves.points import Link
from isogloss.forecasting.grid import Array
from isogloss.planning.costs import Costs

BEND = 10.0
"""Examples from which a log law begins to bend, as in forecasts and curves."""
HIGHEST = 2.0
FEWEST = 10


def exchange_rates(costs: Costs, observations: pl.DataFrame) -> dict[str, float]:
    """Exchange rate of every type that has a price but is not labelled: as the costs say, else as measured.

    Raises
    ------
    InputError
        For a kind about which neither says anything.
    """
    rates = dict(costs.exchange_rates)
    for kind in costs.prices:
        if kind == "labelled" or kind in rates:
            continue
        measured = measure_exchange_rate(observations, kind)
        if measured is None:
            raise InputError(
                f"no exchange rate of {kind} examples was measured",
                where="costs",
                hint=f"say how many labelled ones one counts as: [exchange_rates] {kind} = 0.3",
            )
        rates[kind] = measured
    return rates


def measure_exchange_rate(observations: pl.DataFrame, kind: str) -> float | None:
    """Labelled examples that one example of a kind counts as, over all languages.

    Parameters
    ----------
    observations : polars.DataFrame
        Of one setting.
    kind : str
        `translated`, `post-edited` or `generated`.

    Returns
    -------
    float or None
        Between 0 and 2; None where fewer than ten scores have examples of that kind.

    Notes
    -----
    Least squares of score (its logit, where it has a range) = level of language and rest of the mix + slope of the
    language x log(1 + (labelled + rate x others) / 10), over the rate.
    """
    rows = _amounts(observations, kind)
    if rows is None or int((rows["other"] > 0).sum()) < FEWEST:
        return None
    line = Link.of(observations).to_line(rows["score"].to_numpy())
    labelled, other = rows["labelled"].to_numpy(), rows["other"].to_numpy()
    language = rows["target"].rank("dense").to_numpy() - 1
    cell = rows.select(pl.struct("target", "rest").rank("dense"))["target"].to_numpy() - 1
    from scipy.optimize import minimize_scalar

    def loss(rate: float) -> float:
        return _residual(line, np.log1p((labelled + rate * other) / BEND), cell, language)

    grid = np.linspace(0.0, HIGHEST, 41)
    best = int(np.argmin([loss(rate) for rate in grid]))
    ends = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    return float(minimize_scalar(loss, bounds=ends, method="bounded").x)


def _amounts(observations: pl.DataFrame, kind: str) -> pl.DataFrame | None:
    """Labelled examples and others of the kind behind each score, where there are no more kinds of the target's own."""
    rows = []
    for train, target, score in observations.select("train", "target", "score").iter_rows():
        mix = TrainingMix.parse(train, language=str)
        own = {part.kind: part.size for part in mix.parts if part.language == target}
        if any(size is None for size in own.values()) or set(own) - {LABELLED, kind}:
            continue
        rows.append((target, str(mix.without(target)), own.get(LABELLED, 0), own.get(kind, 0), score))
    if not rows:
        return None
    return pl.DataFrame(
        rows,
        schema={
            "target": pl.String,
            "rest": pl.String,
            "labelled": pl.Float64,
            "other": pl.Float64,
            "score": pl.Float64,
        },
        orient="row",
    )


def _residual(line: Array, dose: Array, cell: Array, language: Array) -> float:
    """Squares left by a level for each cell and a slope for each language."""
    cell, language = cell.astype(int), language.astype(int)
    count = np.bincount(cell)
    centred = line - (np.bincount(cell, line) / count)[cell]
    dose = dose - (np.bincount(cell, dose) / count)[cell]
    slope = np.bincount(language, dose * centred) / (np.bincount(language, dose**2) + 1e-9)
    return float(((centred - slope[language] * dose) ** 2).sum())
