"""Scores of alignment as observations, so that they lie in a store beside what tasks measured."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from isogloss.alignment.registry import alignment_measures
from isogloss.alignment.scoring import EACH
from isogloss.languages import resolve

if TYPE_CHECKING:
    import polars as pl

KIND = "alignment"
"""Kind of task, in the facts of a store."""
NORMAL = 1.959964


def observations_of(scores: pl.DataFrame, model: str, revision: str | None = None) -> pl.DataFrame:
    """Observations from a table of `score`; values that do not exist are left out.

    Parameters
    ----------
    scores : polars.DataFrame
    model : str
    revision : str, optional
        What tells the vectors from those of other models and sentences of that name.

    Returns
    -------
    polars.DataFrame
        With columns of `isogloss.evidence.schema.OBSERVATION`. The task is `alignment with PIVOT`, the recipe says
        pooling and layer, items are sentences, and the standard error is a fourth of the interval.
    """
    import polars as pl

    ids = {name: resolve(name).id for name in {*scores["lang_a"].drop_nulls(), *scores["lang_b"]}}
    bounded = {name: alignment_measures.get(name).lowest >= 0 for name in scores["metric"].unique()}
    layer = pl.when(pl.col("layers") == EACH).then(pl.format("layer {}", "layer")).otherwise(
        pl.format("{} over layers", "layers")
    )  # fmt: skip
    pivot = pl.col("lang_a").replace_strict(ids, return_dtype=pl.String)
    return scores.drop_nulls("value").select(
        model=pl.lit(model), model_revision=pl.lit(revision, dtype=pl.String),
        task=pl.when(pivot.is_null()).then(pl.lit(KIND)).otherwise(pl.format(f"{KIND} with {{}}", pivot)),
        metric="metric", target=pl.col("lang_b").replace_strict(ids, return_dtype=pl.String),
        target_as_reported="lang_b", train=pl.lit(""), recipe=pl.format("{} pooling, {}", "pooling", layer),
        score="value",
        scale=pl.when(pl.col("metric").replace_strict(bounded)).then(pl.lit("fraction")).otherwise(pl.lit("raw")),
        higher_is_better=pl.col("metric") != "anisotropy", items="n",
        standard_error=(pl.col("upper") - pl.col("lower")) / (2 * NORMAL), origin=pl.lit("isogloss align score"),
        importer=pl.lit(KIND), details=pl.lit(json.dumps({"kind": KIND})),
    )  # fmt: skip


def facts_of(observations: pl.DataFrame) -> pl.DataFrame:
    """Facts about their tasks: the kind, with columns of `isogloss.evidence.schema.TASK`."""
    import polars as pl

    return observations.select("task", kind=pl.lit(KIND)).unique().sort("task")
