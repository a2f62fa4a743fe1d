"""Overviews: what was measured, by any columns, with what is missing and which scores say little."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from isogloss.errors import UnknownName
from isogloss.evidence.evidence import Evidence
from isogloss.evidence.limits import JUDGED, chances, with_limits
from isogloss.evidence.parts import Query
from isogloss.evidence.schema import IDENTITY
from isogloss.evidence.store import Store

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
        the share at the ceiling (see `isogloss.evidence.limits`).

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
            mean=pl.when(alike).then(pl.col("score").mean()),
            lowest=pl.when(alike).then(pl.col("score").min()),
            highest=pl.when(alike).then(pl.col("score").max()),
            at_chance=pl.col("at_chance").mean(),
            saturated=pl.col("saturated").mean(),
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
        `missing`, a sorted list of the others. The least covered come first.
    """
    counted = "task" if "target" in _known(by) else "target"
    everything = _ask(source, lambda rows: rows.select(pl.col(counted).unique()), [*by]).to_series().sort()
    groups = _ask(source, lambda rows: rows.group_by(by).agg(there=pl.col(counted).unique()), [*by])
    return groups.select(
        *by,
        measured=pl.col("there").list.len(),
        of=pl.lit(len(everything)),
        missing=pl.lit(everything.implode()).list.set_difference("there").list.sort(),
    ).sort("measured", *by, nulls_last=True)


def _ask(source: Evidence | Store, query: Query, columns: list[str]) -> pl.DataFrame:
    if isinstance(source, Store):
        return source.ask(query, columns)
    return query(source.observations.lazy()).collect()


def _known(by: Sequence[str]) -> list[str]:
    for name in by:
        if name not in COLUMNS:
            raise UnknownName("column", name, COLUMNS, where="by")
    return list(by)
