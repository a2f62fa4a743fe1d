"""Scores of behaviour as observations, so that they lie in a store beside what tasks measured."""

from __future__ import annotations

import json

import polars as pl

from isogloss.behaviour.registry import behaviour_metrics
from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.stats.intervals import NORMAL_QUANTILE

KIND = "behaviour"
"""Kind of task, in the facts of a store; also the task of items that name none."""


def observations_of(scores: pl.DataFrame) -> pl.DataFrame:
    """Observations from `BehaviourScores.scores`: one for each score of a single language that exists.

    Parameters
    ----------
    scores : polars.DataFrame

    Returns
    -------
    polars.DataFrame
        With columns of `isogloss.evidence.schema.OBSERVATION`. The split is the part, and the standard error a fourth
        of the interval. Metrics of which neither end is good count as better when higher.

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
    metrics = {name: behaviour_metrics.get(name) for name in rows["metric"].unique()}
    bounded = {name: one.lowest >= 0 and one.highest <= 1 for name, one in metrics.items()}
    better = {name: one.higher_is_better is not False for name, one in metrics.items()}
    metric = pl.col("metric")
    return rows.select(
        "model", "metric", task=pl.when(pl.col("task") == "").then(pl.lit(KIND)).otherwise("task"), target="language",
        target_as_reported="language", train=pl.lit(""), split="part", score="value",
        scale=pl.when(metric.replace_strict(bounded)).then(pl.lit("fraction")).otherwise(pl.lit("raw")),
        higher_is_better=metric.replace_strict(better), items="items",
        standard_error=(pl.col("upper") - pl.col("lower")) / (2 * NORMAL_QUANTILE),
        origin=pl.lit("isogloss behaviour score"), importer=pl.lit(KIND), details=pl.lit(json.dumps({"kind": KIND})),
    )  # fmt: skip


def facts_of(observations: pl.DataFrame) -> pl.DataFrame:
    """Facts about their tasks: the kind, with columns of `isogloss.evidence.schema.TASK`."""
    return observations.select("task", kind=pl.lit(KIND)).unique().sort("task")
