"""Scores of behaviour as observations, so that they lie in a store beside what tasks measured."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from isogloss.behaviour.metric import BehaviourMetric
from isogloss.behaviour.registry import behaviour_metrics
from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.evidence.pairs import About, about_pair
from isogloss.metrics import Metric
from isogloss.stats.intervals import NORMAL_QUANTILE

KIND = "behaviour"
"""Kind of task, in the facts of a store; also the task of items that name none."""


def observations_of(
    scores: pl.DataFrame,
    *,
    find: Callable[[str], BehaviourMetric | Metric] = behaviour_metrics.get,
    kind: str = KIND,
    command: str = "behaviour score",
    details: Mapping[tuple[str, str], Mapping[str, Any]] | None = None,
) -> pl.DataFrame:
    """Observations from `BehaviourScores.scores`: one for each score of a single language that exists.

    Parameters
    ----------
    scores : polars.DataFrame
    find : callable
        From the name of a metric to what it is.
    kind : str
        Of the task; also the task of items that name none.
    command : str
        What made the scores.
    details : mapping, optional
        By metric and language, what is kept beside a score.

    Returns
    -------
    polars.DataFrame
        With columns of `isogloss.evidence.schema.OBSERVATION`. The split is the part, or none where
        scores have a `source_language` and are about a pair. The standard error is a fourth of the interval. Metrics of
        which neither end is good count as better when higher.

    Raises
    ------
    BadValue
        If a score is of no named model.
    NotEnoughEvidence
        If no score is of a single language.
    """
    rows = scores.drop_nulls(["value", "language"])
    if rows.is_empty():
        raise NotEnoughEvidence("no score is of a single language", where="items", hint="leave into=... out")
    if (rows["model"] == "").any():
        raise BadValue("name no model", where="items", hint="add a column model")
    metrics = {name: find(name) for name in rows["metric"].unique()}
    bounded = {name: _is_bounded(one) for name, one in metrics.items()}
    better = {name: one.higher_is_better is not False for name, one in metrics.items()}
    metric = pl.col("metric")
    kept = [
        json.dumps({"kind": kind, **(details or {}).get((name, language), {})})
        for name, language in rows.select("metric", "language").iter_rows()
    ]
    origins = rows["source_language"] if "source_language" in rows.columns else [None] * rows.height
    about = [_about(*one) for one in zip(origins, rows["language"], strict=True)]
    return rows.select(
        "model", "metric", task=pl.when(pl.col("task") == "").then(pl.lit(kind)).otherwise("task"),
        target=pl.Series([one.target for one in about], dtype=pl.String),
        pair=pl.Series([one.pair for one in about], dtype=pl.String), target_as_reported="language",
        train=pl.lit(""), split=pl.lit(None, pl.String) if "source_language" in rows.columns else "part", score="value",
        scale=pl.when(metric.replace_strict(bounded)).then(pl.lit("fraction")).otherwise(pl.lit("raw")),
        higher_is_better=metric.replace_strict(better), items="items",
        standard_error=(pl.col("upper") - pl.col("lower")) / (2 * NORMAL_QUANTILE),
        origin=pl.lit(f"isogloss {command}"), importer=pl.lit(KIND), details=pl.Series(kept, dtype=pl.String),
    )  # fmt: skip


def _about(origin: str | None, language: str) -> About:
    """Which language a score from one language into another is about."""
    return About(language) if origin in (None, language) else about_pair(str(origin), language)


def _is_bounded(metric: BehaviourMetric | Metric) -> bool:
    return metric.lowest is not None and metric.highest is not None and metric.lowest >= 0 and metric.highest <= 1


def facts_of(observations: pl.DataFrame, kind: str = KIND) -> pl.DataFrame:
    """Facts about their tasks: the kind, with columns of `isogloss.evidence.schema.TASK`."""
    return observations.select("task", kind=pl.lit(kind)).unique().sort("task")
