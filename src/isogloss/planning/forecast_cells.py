"""Scores of some languages with every candidate: measured where they were, else forecast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from isogloss.evidence import QUERY_TABLE, SETTING, Evidence
from isogloss.forecasting import fitted
from isogloss.progress import Progress


class Completed(NamedTuple):
    """Observations of some targets, forecasts among them.

    Attributes
    ----------
    observations : polars.DataFrame
        The measured ones, and rows with the means of forecasts.
    lowest : polars.DataFrame
        The same with the lower ends of 90 % intervals instead of means.
    forecasts : int
        How many are forecasts.
    width : float
        Mean width of their 90 % intervals.
    """

    observations: pl.DataFrame
    lowest: pl.DataFrame
    forecasts: int
    width: float


def complete(
    evidence: Evidence, observations: pl.DataFrame, targets: Sequence[str], progress: Progress | None = None
) -> Completed:
    """Scores of targets in every setting and training mix of some observations.

    Parameters
    ----------
    evidence : Evidence
        All that forecasts may learn from.
    observations : polars.DataFrame
        Of the candidates.
    targets : sequence of str
    progress : Progress, optional
    """
    measured = observations.filter(pl.col("target").is_in(list(targets)))
    cell = [*SETTING, "train", "target"]
    every = observations.select(*SETTING, "train").unique(maintain_order=True)
    cells = every.join(pl.DataFrame({"target": list(targets)}), how="cross")
    queries = cells.join(measured, on=cell, how="anti", nulls_equal=True, maintain_order="left")
    if queries.is_empty():
        return Completed(measured, measured, 0, 0.0)
    blank = pl.DataFrame(schema=QUERY_TABLE)
    queries = queries.with_columns(
        target_as_reported=pl.col("target"), query_row=pl.int_range(pl.len(), dtype=pl.Int64)
    )
    queries = pl.concat([blank, queries], how="diagonal").select(QUERY_TABLE.names())
    forecasts = fitted(evidence, queries, progress=progress).predict_interval(queries, 0.9)
    ends = {name: forecasts[name].to_numpy() for name in ("mean", "lower", "upper")}
    rows = [
        pl.concat([measured, queries.select(cell).with_columns(pl.Series("score", ends[name]))], how="diagonal")
        for name in ("mean", "lower")
    ]
    return Completed(rows[0], rows[1], queries.height, float(np.mean(ends["upper"] - ends["lower"])))
