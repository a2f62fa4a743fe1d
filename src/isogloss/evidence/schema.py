"""The one table in the middle, and the facts beside it: what each looks like, and the key of an observation."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import polars as pl

SCHEMA_VERSION = 2
"""2 added `pair` to observations, and tables of facts about models and tasks; readers take 1 as well."""

IDENTITY = (
    *("model", "model_revision", "task", "metric", "target", "train", "recipe", "shots", "split", "seed"),
    "pair",  # last, as keys of observations without one must stay what they were in version 1
)
"""Columns that say which observation it is; two rows alike in these measure the same thing."""

SETTING = ("task", "metric", "model", "model_revision", "recipe", "shots", "split", "pair")
"""Columns that stay fixed while mixes and targets vary: what one forecast compares within."""

OBSERVATION = pl.Schema(
    {
        "model": pl.String(),
        "model_revision": pl.String(),
        "task": pl.String(),
        "metric": pl.String(),
        "target": pl.String(),  # canonical language id, see isogloss.languages
        "target_as_reported": pl.String(),
        "pair": pl.String(),  # null, or the other language and its side: eng-x, x-eng, see isogloss.evidence.pairs
        "train": pl.String(),  # canonical training mix, see isogloss.evidence.training_mix; "" = used as it is
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
"""Columns of an observation that are never null."""

QUERY = pl.Schema({name: kind for name, kind in OBSERVATION.items() if name not in ("score", "standard_error")})
"""A query is an observation without its score."""

ITEM = pl.Schema(
    {
        "observation": pl.String,  # key of the observation, see isogloss.evidence.schema
        "item": pl.String,
        "score": pl.Float64,
        "prediction": pl.String,
    }
)
"""One test item's outcome."""

MODEL = pl.Schema(
    {
        "model": pl.String(),
        "model_revision": pl.String(),
        "parameters": pl.Int64(),
        "embedding_size": pl.Int64(),
        "layers": pl.Int64(),
        "released": pl.Date(),
        "languages": pl.List(pl.String()),  # canonical ids of what it was pretrained on or made for
        "max_tokens": pl.Int64(),
        "base_model": pl.String(),  # what it was adapted from
        "license": pl.String(),
        "training_tasks": pl.List(pl.String()),  # named by whoever made it; scores on these are no zero-shot scores
        "architecture": pl.String(),  # encoder, decoder, encoder-decoder, ...
        "objective": pl.String(),  # of pretraining: masked words, next word, ...
        "tokenizer": pl.String(),  # its kind: bytes, byte pairs, unigrams, ...
        "vocabulary_size": pl.Int64(),
    }
)
"""Facts about one model and revision. Only `model` is never null; a null revision stands for all of them."""

MODEL_KEY = ("model", "model_revision")

TASK = pl.Schema(
    {
        "task": pl.String(),
        "metric": pl.String(),
        "kind": pl.String(),  # classification, retrieval, ...
        "text_origin": pl.String(),  # of the test texts, one of TEXT_ORIGINS
        "chance": pl.Float64(),  # score of a guess, on the scale of score
        "licence": pl.String(),
    }
)
"""Facts about one task and metric. Only `task` is never null; a null metric stands for all of them."""

TASK_KEY = ("task", "metric")

TEXT_ORIGINS = ("human-written", "human-translated", "machine-translated", "generated")

SOURCE = pl.Schema(
    {
        "source": pl.String(),  # name of public evidence, or `import`
        "url": pl.String(),
        "revision": pl.String(),  # commit, or checksum of an archive
        "file": pl.String(),
        "checksum": pl.String(),  # of the file, as it was read
        "licence": pl.String(),
        "citation": pl.String(),
        "retrieved_at": pl.Datetime("us", "UTC"),
    }
)
"""Where the evidence in a store came from, file by file."""

SCALES = ("fraction", "percent", "raw")

AS_IT_IS = "as it is"
"""The recipe of a checkpoint that nothing was done to, among the recipes of adapted ones."""


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


def place(row: Mapping[str, Any]) -> str:
    """How errors call the row of a table that an observation came from."""
    return f"{row['origin']} row {row['origin_row']}"


_NOTHING = "-"
_ONLY_IF_FILLED = ("pair",)
"""Columns younger than the first stores: where they are empty, a key is what it was without them."""


def observation_keys(observations: pl.DataFrame) -> pl.Series:
    """One key per row: the first 16 bytes, in hexadecimal, of the SHA-256 of the identity columns.

    Parameters
    ----------
    observations : polars.DataFrame
        With the columns of `isogloss.evidence.schema.IDENTITY`; absent ones count as null.

    Returns
    -------
    polars.Series
        Named `observation`. Equal keys mean the same observation, on every machine and in every version.
    """
    identity = conform(observations, pl.Schema({name: OBSERVATION[name] for name in IDENTITY}))
    # Each value is preceded by its length, so that no two different rows can spell the same text.
    lengthened = [
        pl.when(pl.col(name).is_null())
        .then(pl.lit("" if name in _ONLY_IF_FILLED else _NOTHING))
        .otherwise(pl.format("{}:{}", pl.col(name).cast(pl.String).str.len_bytes(), pl.col(name).cast(pl.String)))
        for name in IDENTITY
    ]
    texts = identity.select(pl.concat_str(lengthened).alias("observation")).to_series()
    keys = {text: hashlib.sha256(text.encode()).digest()[:16].hex() for text in texts.unique()}
    return texts.replace_strict(keys, return_dtype=pl.String)
