"""What evidence holds, counted by any column, and where its scores contradict each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from isogloss.errors import UnknownName
from isogloss.evidence.duplicates import TOLERANCE, credible_date
from isogloss.evidence.evidence import Evidence, written_scale
from isogloss.evidence.importers.base import ReadOptions
from isogloss.evidence.limits import JUDGED, chances, with_limits
from isogloss.evidence.parts import Query
from isogloss.evidence.read import expand, read_source
from isogloss.evidence.schema import IDENTITY
from isogloss.evidence.store import Store
from isogloss.evidence.summing import mean_in_order
from isogloss.languages.near_identical import count_once

COLUMNS = (*IDENTITY, "origin", "importer")
"""What evidence can be counted by."""


def settings(source: Evidence | Store) -> pl.DataFrame:
    """One row per setting, as `Evidence.settings` gives it; a store is not read whole for that."""
    return source.summary() if isinstance(source, Store) else source.settings()


def count_by(source: Evidence | Store, by: Sequence[str]) -> pl.DataFrame:
    """One row per value of some columns.

    Parameters
    ----------
    source : Evidence or Store
    by : sequence of str
        Some of `COLUMNS`.

    Returns
    -------
    polars.DataFrame
        The columns asked for; `scores`, `targets`, `mixes` and `models`, how many there are; `mean`,
        `lowest` and `highest` score, null where a group mixes bounded scores with others; `at_chance`,
        the share of scores that a guess could reach, null where chance is unknown for all; `saturated`,
        the share at the ceiling (see `isogloss.evidence.limits`); `scale`, how the scores were written.

    Raises
    ------
    UnknownName
        If there is no such column.
    """
    columns = _known(by)
    names = _ask(source, lambda rows: rows.select(pl.col("task").unique()), columns).to_series()
    guesses = chances(source.facts()[1] if isinstance(source, Store) else source.tasks, names)
    return _ask(source, lambda rows: _counted(rows, columns, guesses), [*columns, *JUDGED])


def _counted(rows: pl.LazyFrame, by: list[str], guesses: list[pl.DataFrame]) -> pl.LazyFrame:
    alike = (pl.col("scale") == "raw").n_unique() == 1
    groups = (
        with_limits(rows, guesses)
        .group_by(by)
        .agg(
            scores=pl.len(),
            targets=pl.col("target").n_unique(),
            mixes=pl.col("train").n_unique(),
            models=pl.struct("model", "model_revision").n_unique(),
            mean=pl.when(alike).then(mean_in_order("score")),
            lowest=pl.when(alike).then(pl.col("score").min()),
            highest=pl.when(alike).then(pl.col("score").max()),
            at_chance=pl.col("at_chance").mean(),
            saturated=pl.col("saturated").mean(),
            scale=written_scale(),
        )
    )
    return groups.sort(by, nulls_last=True)


def coverage(source: Evidence | Store, by: Sequence[str]) -> pl.DataFrame:
    """What is missing: per value of some columns, the languages not tested; per language, the tasks.

    Parameters
    ----------
    source : Evidence or Store
    by : sequence of str
        Some of `COLUMNS`. If `target` is among them, tasks are counted, else target languages.

    Returns
    -------
    polars.DataFrame
        The columns asked for; `measured`, how many; `of`, how many there are anywhere in the evidence;
        `missing`, a sorted list of the others. The least covered come first. Near-identical languages are one.
    """
    counted = "task" if "target" in _known(by) else "target"
    targets = _ask(source, lambda rows: rows.select(pl.col("target").unique()), ["target"]).to_series()
    once = pl.col("target").replace(count_once(targets))
    all_of_it = _ask(source, lambda rows: rows.with_columns(once).select(pl.col(counted).unique()), ["target", "task"])
    everything = all_of_it.to_series().sort()
    groups = _ask(
        source, lambda rows: rows.with_columns(once).group_by(by).agg(there=pl.col(counted).unique()), [*by, "target"]
    )
    return groups.select(
        *by,
        measured=pl.col("there").list.len(),
        of=pl.lit(len(everything)),
        missing=pl.lit(everything.implode()).list.set_difference("there").list.sort(),
    ).sort("measured", *by, nulls_last=True)


CELL = ("task", "metric", "model", "target")
"""What tells apart the cells of `cells`."""


def cells(source: Evidence | Store) -> pl.DataFrame:
    """The table of models and languages that evidence fills in part, one row per cell with a score.

    Returns
    -------
    polars.DataFrame
        `task`, `metric`, `model` and `target`; `score`, the mean, and `scores`, how many; `scale`, how they were
        written; `written`, what a file called the language, null where none said it.
    """
    return _ask(source, _cells, [*CELL, "score", "scale", "target_as_reported"])


def _cells(rows: pl.LazyFrame) -> pl.LazyFrame:
    written = pl.col("target_as_reported").drop_nulls().sort().first()
    groups = rows.group_by(CELL).agg(
        score=mean_in_order("score"), scores=pl.len(), scale=written_scale(), written=written
    )
    return groups.sort(CELL)


def transfers(source: Evidence | Store) -> pl.DataFrame:
    """Mean scores of models that were trained on one language, by that language and its number of examples.

    Returns
    -------
    polars.DataFrame
        `task`, `metric`, `model`, `source`, `size` (null where nobody recorded it), `target`, `score` and `scale`.
    """
    return _ask(source, _transfers, [*CELL, "train", "score", "scale"])


def _transfers(rows: pl.LazyFrame) -> pl.LazyFrame:
    one = rows.filter(pl.col("train") != "", ~pl.col("train").str.contains(",", literal=True))
    cells = one.group_by("task", "metric", "model", "train", "target").agg(
        score=mean_in_order("score"), scale=written_scale()
    )
    parts = pl.col("train").str.split_exact(":", 1)
    key = ("task", "metric", "model", "source", "size", "target")
    return cells.select(
        *key[:3], "target", "score", "scale", source=parts.struct[0], size=parts.struct[1].cast(pl.Int64)
    ).sort(key)


def _ask(source: Evidence | Store, query: Query, columns: list[str]) -> pl.DataFrame:
    if isinstance(source, Store):
        return source.ask(query, columns)
    return query(source.observations.lazy()).collect()


def _known(by: Sequence[str]) -> list[str]:
    for name in by:
        if name not in COLUMNS:
            raise UnknownName("column", name, COLUMNS, where="by")
    return list(by)


def recorded(sources: Iterable[Any], options: ReadOptions | None = None) -> pl.DataFrame:
    """All observations of stores, files and tables, also those of a store that later ones supersede."""
    return pl.concat([_rows(source, options or ReadOptions()) for source in expand(sources)])


def _rows(source: Any, options: ReadOptions) -> pl.DataFrame:
    if isinstance(source, Store):
        return source.rows()
    evidence = source if isinstance(source, Evidence) else read_source(source, options).normalised
    return evidence.observations


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
    in_time = observations.sort(credible_date(), maintain_order=True, nulls_last=False)
    grouped = in_time.group_by(IDENTITY, maintain_order=True).agg(
        scores=pl.col("score"),
        origins=pl.col("origin"),
        spread=pl.col("score").max() - pl.col("score").min(),
        counts=pl.col("score").last(),
    )
    return grouped.filter(pl.col("spread") > TOLERANCE).sort(
        "spread", *IDENTITY, descending=[True, *[False] * len(IDENTITY)]
    )
