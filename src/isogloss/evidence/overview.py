"""Overviews: what was measured, by any columns, with what is missing and which scores say little."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from isogloss.errors import UnknownName
from isogloss.evidence.evidence import Evidence
from isogloss.evidence.limits import chances, with_limits
from isogloss.evidence.schema import IDENTITY

COLUMNS = (*IDENTITY, "origin", "importer")
"""What evidence can be counted by."""


def count_by(evidence: Evidence, by: Sequence[str]) -> pl.DataFrame:
    """One row per value of some columns.

    Parameters
    ----------
    evidence : Evidence
    by : sequence of str
        Some of `COLUMNS`.

    Returns
    -------
    polars.DataFrame
        The columns asked for; `scores`, `targets`, `mixtures` and `models`, how many there are; `mean`,
        `lowest` and `highest` score, null where a group mixes bounded scores with others; `at_chance`,
        the share of scores that a guess could reach, null where chance is unknown for all; `saturated`,
        the share at the ceiling (see `isogloss.evidence.limits`).

    Raises
    ------
    UnknownName
        If there is no such column.
    """
    rows = evidence.observations
    judged = with_limits(rows.lazy(), chances(evidence.tasks, rows["task"]))
    alike = (pl.col("scale") == "raw").n_unique() == 1
    groups = judged.group_by(_known(by)).agg(
        scores=pl.len(),
        targets=pl.col("target").n_unique(),
        mixtures=pl.col("train").n_unique(),
        models=pl.struct("model", "model_revision").n_unique(),
        mean=pl.when(alike).then(pl.col("score").mean()),
        lowest=pl.when(alike).then(pl.col("score").min()),
        highest=pl.when(alike).then(pl.col("score").max()),
        at_chance=pl.col("at_chance").mean(),
        saturated=pl.col("saturated").mean(),
    )
    return groups.sort(by, nulls_last=True).collect()


def coverage(evidence: Evidence, by: Sequence[str]) -> pl.DataFrame:
    """What is missing: per value of some columns, the languages not tested; per language, the tasks.

    Parameters
    ----------
    evidence : Evidence
    by : sequence of str
        Some of `COLUMNS`. If `target` is among them, tasks are counted, else target languages.

    Returns
    -------
    polars.DataFrame
        The columns asked for; `measured`, how many; `of`, how many there are anywhere in the evidence;
        `missing`, a sorted list of the others. The least covered come first.
    """
    counted = "task" if "target" in _known(by) else "target"
    everything = evidence.observations[counted].unique().sort()
    groups = evidence.observations.group_by(by).agg(there=pl.col(counted).unique())
    return groups.select(
        *by,
        measured=pl.col("there").list.len(),
        of=pl.lit(len(everything)),
        missing=pl.lit(everything.implode()).list.set_difference("there").list.sort(),
    ).sort("measured", *by, nulls_last=True)


def _known(by: Sequence[str]) -> list[str]:
    for name in by:
        if name not in COLUMNS:
            raise UnknownName("column", name, COLUMNS, where="--by")
    return list(by)
