"""Forecasts with a number of shots that nobody measured: those with the nearest number, moved and widened."""

from __future__ import annotations

from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import polars as pl

from isogloss.evidence import Evidence
from isogloss.forecasting.curves.law import law_change
from isogloss.forecasting.curves.points import Link
from isogloss.forecasting.flags import Flag
from isogloss.forecasting.grid import Array
from isogloss.forecasting.trust_word import TRUST_LEVEL, trust_word

ONE_NUMBER = 0.35
"""Standard deviation of the change of a logit for each unit of log(1 + shots), where only one number was measured.

Between prompts with and without examples, 125 pairs of a model and a data set of EuroEval differ by .62 logits (root
mean square, benchmarks/forecast_laws.py), which is about .35 for each unit if there are five examples."""


class Change(NamedTuple):
    """How much scores change on the line between two numbers of shots: the median, and its distance to both ends."""

    middle: float
    below: float
    above: float


def nearest_shots(measured: list[int], shots: int) -> int:
    """The measured number nearest in log(1 + shots); of two as near, the larger."""
    return min(sorted(measured, reverse=True), key=lambda one: abs(np.log1p(one) - np.log1p(shots)))


def change_of_shots(evidence: Evidence, start: int, end: int, level: float) -> Change:
    """The change of one score from one number of shots to another.

    Parameters
    ----------
    evidence : Evidence
        Of one task and model, with any numbers of shots.
    start, end : int
        `start` was measured.
    level : float
        Of the interval.

    Notes
    -----
    Where several numbers of shots were measured, by the law over log(1 + shots), see docs/methods/laws.md; where
    only one was, no change is expected, and its standard deviation is `ONE_NUMBER` for each unit of log(1 + shots).
    """
    if evidence.observations["shots"].drop_nulls().n_unique() > 1:
        middle, lower, upper = law_change(evidence, vary="shots", start=start, end=end, level=level)
        return Change(middle, middle - lower, upper - middle)
    link, scores = Link.of(evidence.observations), evidence.observations["score"].to_numpy()
    scale = 1.0 if link.limits is not None else float(scores.std()) or 1.0
    width = NormalDist().inv_cdf((1 + level) / 2) * ONE_NUMBER * scale * abs(float(np.log1p(end) - np.log1p(start)))
    return Change(0.0, width, width)


def with_shots(forecasts: pl.DataFrame, evidence: Evidence, start: int, end: int) -> pl.DataFrame:
    """Forecasts made with one number of shots, as they are with another one.

    Parameters
    ----------
    forecasts : polars.DataFrame
        With the columns of `FORECAST`, of one setting.
    evidence : Evidence
        Of its task and model, with any numbers of shots.
    start, end : int

    Returns
    -------
    polars.DataFrame
        Means moved by the change; distances to both ends of each interval and of the change added in squares. Flagged
        `shots_unmeasured`, and no longer `measured`.
    """
    link = Link.of(evidence.observations)
    level = float(forecasts["level"][0])
    moved = _moved(forecasts, link, change_of_shots(evidence, start, end, level))
    at_trust_level = _moved(forecasts, link, change_of_shots(evidence, start, end, TRUST_LEVEL))
    span = link.span(evidence.observations["score"].to_numpy())
    flags = [
        [flag for flag in Flag if flag in {*row, Flag.SHOTS_UNMEASURED} and flag is not Flag.MEASURED]
        for row in forecasts["flags"]
    ]
    widths = 100 * (at_trust_level[2] - at_trust_level[1]) / span
    words = [trust_word(width, some) for width, some in zip(widths, flags, strict=True)]
    columns = dict(zip(("mean", "lower", "upper"), map(pl.Series, moved), strict=True))
    return forecasts.with_columns(**columns, flags=pl.Series(flags, dtype=pl.List(pl.String)), trust=pl.Series(words))


def _moved(forecasts: pl.DataFrame, link: Link, change: Change) -> tuple[Array, Array, Array]:
    mean, *ends = (link.to_line(forecasts[name].to_numpy()) for name in ("mean", "lower", "upper"))
    below, above = mean - np.minimum(*ends), np.maximum(*ends) - mean
    middle = mean + change.middle
    low, high = middle - np.hypot(below, change.below), middle + np.hypot(above, change.above)
    scores = link.to_score(low), link.to_score(high)
    return link.to_score(middle), np.minimum(*scores), np.maximum(*scores)
