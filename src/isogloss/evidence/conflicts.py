"""Conflicts: observations of which different scores were recorded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

from isogloss.evidence.duplicates import TOLERANCE
from isogloss.evidence.evidence import Evidence
from isogloss.evidence.importers.base import ReadOptions
from isogloss.evidence.read import expand, read_source
from isogloss.evidence.schema import IDENTITY
from isogloss.evidence.store import Store


def find_conflicts(sources: Iterable[Any]) -> pl.DataFrame:
    """Conflicts within and between stores, files and tables, as `conflicts` gives them.

    Of a store also those scores are looked at that later ones supersede.
    """
    return conflicts(pl.concat([_rows(source) for source in expand(sources)]))


def _rows(source: Any) -> pl.DataFrame:
    if isinstance(source, Store):
        return source.rows()
    return (
        source.observations
        if isinstance(source, Evidence)
        else read_source(source, ReadOptions()).normalised.observations
    )


def conflicts(observations: pl.DataFrame) -> pl.DataFrame:
    """One row per observation whose recorded scores differ, the widest spread first.

    Parameters
    ----------
    observations : polars.DataFrame
        With the columns of `isogloss.evidence.schema.OBSERVATION`, in the order in which they were read.

    Returns
    -------
    polars.DataFrame
        The columns of `IDENTITY`; `scores` and `origins`, lists from the oldest to the newest; `spread`,
        the highest less the lowest; `counts`, the score recorded last, which is the one a store gives.
    """
    in_time = observations.sort("recorded_at", maintain_order=True, nulls_last=False)
    grouped = in_time.group_by(IDENTITY, maintain_order=True).agg(
        scores=pl.col("score"),
        origins=pl.col("origin"),
        spread=pl.col("score").max() - pl.col("score").min(),
        counts=pl.col("score").last(),
    )
    return grouped.filter(pl.col("spread") > TOLERANCE).sort(
        "spread", *IDENTITY, descending=[True, *[False] * len(IDENTITY)]
    )
