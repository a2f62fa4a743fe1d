"""The one table in the middle: what an observation, a query and a raw table look like, declared once."""

from __future__ import annotations

import polars as pl

SCHEMA_VERSION = 1

IDENTITY = ("model", "model_revision", "task", "metric", "target", "train", "recipe", "shots", "split", "seed")
"""Columns that say which observation it is; two rows alike in these measure the same thing."""

SETTING = ("task", "metric", "model", "model_revision", "recipe", "shots", "split")
"""Columns that stay fixed while mixtures and targets vary: what one forecast compares within."""

OBSERVATION = pl.Schema(
    {
        "model": pl.String(),
        "model_revision": pl.String(),
        "task": pl.String(),
        "metric": pl.String(),
        "target": pl.String(),  # canonical language id, see isogloss.languages
        "target_as_reported": pl.String(),
        "train": pl.String(),  # canonical training mixture, see isogloss.evidence.mixture; "" = used as it is
        "recipe": pl.String(),
        "shots": pl.Int32(),  # examples in the prompt
        "split": pl.String(),
        "seed": pl.Int64(),
        "score": pl.Float64(),  # a fraction 0..1 where the metric is bounded
        "scale": pl.String(),  # how the source wrote it: fraction, percent or raw (unbounded)
        "higher_is_better": pl.Boolean(),
        "items": pl.Int64(),  # number of test items behind the score
        "standard_error": pl.Float64(),  # on the scale of score
        "origin": pl.String(),  # file or run it came from
        "origin_row": pl.Int64(),  # 0-based position there
        "importer": pl.String(),
        "recorded_at": pl.Datetime("us", "UTC"),
        "details": pl.String(),  # JSON: versions, seconds, anything else worth keeping
    }
)
"""Column names and types of a table of observations. Only model, task, metric, target, train, score,
scale and higher_is_better are never null."""

REQUIRED = ("model", "task", "metric", "target", "train", "score", "scale", "higher_is_better")

QUERY = pl.Schema({name: kind for name, kind in OBSERVATION.items() if name not in ("score", "standard_error")})
"""A query is an observation without its score."""

ITEM = pl.Schema(
    {
        "observation": pl.String,  # key of the observation, see isogloss.evidence.keys
        "item": pl.String,
        "score": pl.Float64,
        "prediction": pl.String,
    }
)
"""One test item's outcome."""

SCALES = ("fraction", "percent", "raw")


def conform(table: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """`table` with exactly the columns and types of `schema`, in its order; absent columns become null.

    Raises
    ------
    polars.exceptions.InvalidOperationError
        If a value does not fit its column's type.
    """
    return table.select(
        (pl.col(name).cast(kind) if name in table.columns else pl.lit(None, dtype=kind)).alias(name)
        for name, kind in schema.items()
    )
