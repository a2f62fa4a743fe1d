"""Keys: a short stable name for an observation, by which its items refer to it."""

from __future__ import annotations

import hashlib

import polars as pl

from isogloss.evidence.schema import IDENTITY, OBSERVATION, conform

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
