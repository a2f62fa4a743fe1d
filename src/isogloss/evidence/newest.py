"""Of several rows for one observation the one recorded last counts: found without sorting what is there once."""

from __future__ import annotations

import polars as pl

from isogloss.evidence.schema import IDENTITY

ROW = "_row"
HASH = pl.struct(IDENTITY).hash().alias("_hash")
"""Equal for equal identities, and nearly never for others; only good within one process."""


def newest(observations: pl.DataFrame) -> pl.DataFrame:
    """One row per observation, the one recorded last; of those recorded at the same time the last one."""
    hashes = observations.select(HASH).to_series()
    if hashes.n_unique() == observations.height:
        return observations
    several = observations.select(*IDENTITY, "recorded_at").with_row_index(ROW).filter(hashes.is_duplicated())
    order = several.sort("recorded_at", maintain_order=True, nulls_last=False)
    kept = order.unique(subset=list(IDENTITY), keep="last")[ROW]
    superseded = several.filter(~pl.col(ROW).is_in(kept.implode()))[ROW]
    return observations.with_row_index(ROW).filter(~pl.col(ROW).is_in(superseded.implode())).drop(ROW)
