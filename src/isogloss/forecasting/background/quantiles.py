"""Residual quantiles: how far truth lies from forecasts in units of their standard deviation, learnt across tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from isogloss.forecasting.background.factor_learning import learn_factors
from isogloss.forecasting.background.link import ChanceLink
from isogloss.forecasting.background.profiles import read_profiles
from isogloss.forecasting.background.shifts import shift_table
from isogloss.forecasting.background.slopes import SHARING, learn_slopes
from isogloss.forecasting.background.table_model import TableModel
from isogloss.forecasting.background.tables import ScoreTable
from isogloss.forecasting.grid import Array

NORMAL = NormalDist()
PROBABILITIES = (0.005, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.995)
SHIFTED = (
    ("hard", 15), ("soft", 3), ("soft", 9), ("soft", 25), ("random", 9), ("random", 25),
)  # fmt: skip
"""Simulated shifts, and how many languages are measured in each."""
PROMPTED = "prompted"
PROMPTED_PRIOR = 2.0
"""Test corpora of prompted models at which their own quantiles count as much as everybody's."""
WIDENING = 1.1
"""Test corpora are few, and the next one may differ from all: quantiles are drawn out by this factor."""
FEWEST_LANGUAGES = 20
"""Languages of a table from which quantiles are learnt."""


@dataclass(frozen=True)
class ResidualQuantiles:
    """Quantiles of standardised residuals at `PROBABILITIES`.

    Attributes
    ----------
    general, prompted : arrays of shape (probabilities,)
        Of all tables, and of those of prompted models.
    """

    general: Array
    prompted: Array

    def at(self, probability: float, *, prompted: bool = False) -> float:
        """The quantile at any probability; between those learnt, linear in the normal score."""
        values = self.prompted if prompted else self.general
        at, scores = NORMAL.inv_cdf(probability), [NORMAL.inv_cdf(one) for one in PROBABILITIES]
        place = int(np.clip(np.searchsorted(scores, at), 1, len(scores) - 1))
        slope = (values[place] - values[place - 1]) / (scores[place] - scores[place - 1])
        return float(values[place] + slope * (at - scores[place]))

    def bounds(self, level: float, *, prompted: bool = False) -> tuple[float, float]:
        """Multiples of the standard deviation between which truth lies with probability `level`."""
        lower, upper = (self.at(tail, prompted=prompted) for tail in ((1 - level) / 2, (1 + level) / 2))
        return min(lower, 0.0), max(upper, 0.0)


@dataclass(frozen=True)
class Residuals:
    """Standardised residuals of one table under all simulated shifts, each table forecast without its test corpus."""

    table: ScoreTable
    values: Array


def simulate_residuals(tables: Sequence[ScoreTable], seeds: int = 1) -> list[Residuals]:
    """Residuals of every table of at least `FEWEST_LANGUAGES` languages, with its test corpus left out."""
    found = []
    used = [table for table in tables if len(table.languages) >= FEWEST_LANGUAGES]
    for corpus in dict.fromkeys(table.corpus for table in used):
        others = [table for table in tables if table.corpus != corpus]
        factors = learn_factors(read_profiles(others))
        model = TableModel(factors, learn_slopes(others, factors))
        found += [Residuals(table, _of_table(table, model, seeds)) for table in used if table.corpus == corpus]
    return [one for one in found if len(one.values)]


def learn_quantiles(residuals: Sequence[Residuals]) -> ResidualQuantiles:
    """Quantiles over tables; tables of the same test corpus and kind share a weight."""
    general = _weighted_quantiles(residuals)
    prompted = [one for one in residuals if one.table.kind == PROMPTED]
    if not prompted:
        return ResidualQuantiles(general, general)
    corpora = len({one.table.corpus for one in prompted})
    share = corpora / (corpora + PROMPTED_PRIOR)
    return ResidualQuantiles(general, share * _weighted_quantiles(prompted) + (1 - share) * general)


def _of_table(table: ScoreTable, model: TableModel, seeds: int) -> Array:
    link, found = ChanceLink(table.chance), []
    for shift, count in SHIFTED:
        for seed in range(seeds):
            if (shifted := shift_table(table, shift, count, seed)) is None:
                continue
            fitted = model.fit(link.forward(shifted.evidence), shifted.names(shifted.measured))
            forecast = fitted.predict(shifted.names(shifted.forecast))
            residuals = (link.forward(shifted.truth) - forecast.mean) / forecast.deviation
            found.append(residuals[~np.isnan(residuals)])
    return np.concatenate(found) if found else np.zeros(0)


def _weighted_quantiles(residuals: Sequence[Residuals]) -> Array:
    count = Counter((one.table.corpus, one.table.kind) for one in residuals)
    weights = [count[one.table.corpus, one.table.kind] ** -SHARING / len(one.values) for one in residuals]
    values = np.concatenate([one.values for one in residuals])
    each = np.concatenate([np.full(len(one.values), weight) for one, weight in zip(residuals, weights, strict=True)])
    order = np.argsort(values)
    shares = (np.cumsum(each[order]) - each[order] / 2) / each.sum()
    return WIDENING * np.interp(PROBABILITIES, shares, values[order])
