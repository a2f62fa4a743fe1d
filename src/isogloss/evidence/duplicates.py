"""Several rows for one observation: the newest of them, or how they are settled."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from isogloss.errors import ConflictingScores, UnknownName
from isogloss.evidence.schema import IDENTITY, OBSERVATION, place
from isogloss.text import counted

ROW = "_row"
HASH = pl.struct(IDENTITY).hash().alias("_hash")
"""Equal for equal identities, and nearly never for others; only good within one process."""


AHEAD = timedelta(days=1)
"""How far clocks of different machines may be apart before a date counts as one of the future."""


def credible_date() -> pl.Expr:
    """When a row was recorded, null if that is in the future: such a date says nothing about the order of rows."""
    dated = pl.col("recorded_at")
    return pl.when(dated <= datetime.now(UTC) + AHEAD).then(dated)


def newest(observations: pl.DataFrame) -> pl.DataFrame:
    """One row per observation: the one recorded last, of those recorded at the same time the last one.

    A row that is dated in the future counts as recorded before all others, with a warning where there are others.
    """
    hashes = observations.select(HASH).to_series()
    if hashes.n_unique() == observations.height:
        return observations
    repeated = hashes.is_duplicated()
    several = observations.filter(repeated).select(*IDENTITY, credible_date())
    several = several.with_columns(repeated.arg_true().alias(ROW))
    if late := several["recorded_at"].null_count() - observations.filter(repeated)["recorded_at"].null_count():
        warnings.warn(
            f"{counted(late, 'score')} dated in the future give way to others of the same observation; "
            "correct the clock that dated them, and import them again",
            stacklevel=2,
        )
    order = several.sort("recorded_at", maintain_order=True, nulls_last=False)
    kept = order.unique(subset=list(IDENTITY), keep="last")[ROW]
    superseded = several.filter(~pl.col(ROW).is_in(kept.implode()))[ROW]
    return observations.with_row_index(ROW).filter(~pl.col(ROW).is_in(superseded.implode())).drop(ROW)


MOST_NAMED = 3
"""Differences between two rows that an error names."""

WAYS = ("error", "mean", "last")
TOLERANCE = 1e-9
"""Scores nearer than this are the same; 71.3 percent and 0.713 differ in the last bit."""


def settle_duplicates(observations: pl.DataFrame, how: str = "error") -> tuple[pl.DataFrame, pl.DataFrame]:
    """One row per observation.

    Parameters
    ----------
    observations : polars.DataFrame
        Normalised, in the order in which they were read. Further columns stay where they are.
    how : {"error", "mean", "last"}
        What to do where scores of the same observation differ. The mean has no standard error.

    Returns
    -------
    kept : polars.DataFrame
    dropped : polars.DataFrame
        `origin`, `origin_row`, `reason` and any further columns of every row that went into another.

    Raises
    ------
    ConflictingScores
        If scores differ and `how` is "error".
    """
    if how not in WAYS:
        raise UnknownName("way to settle duplicates", how, WAYS)
    if observations.select(HASH).to_series().n_unique() == observations.height:
        return observations, _dropped(observations.clear())
    spread = (pl.col("score").max() - pl.col("score").min()).over(IDENTITY)
    marked = observations.with_columns(
        _differs=spread > TOLERANCE,
        _first=pl.struct(IDENTITY).is_first_distinct(),
        _last=pl.struct(IDENTITY).is_last_distinct(),
    )
    if how == "error" and marked["_differs"].any():
        _raise_conflict(marked.filter("_differs"))
    if how == "mean":
        marked = _with_means(marked)
    stays = pl.when(pl.lit(how == "last")).then("_last").otherwise("_first")
    extra = ["_differs", "_first", "_last"]
    return marked.filter(stays).drop(extra), _dropped(marked.filter(~stays).drop(extra))


def contradictions(before: pl.DataFrame, after: pl.DataFrame) -> str | None:
    """What scores of some observations say that were recorded differently before, as a sentence; None where none is.

    Parameters
    ----------
    before, after : polars.DataFrame
        With the columns of an observation; `before` has one row per observation.
    """
    joined = after.join(before, on=IDENTITY, how="inner", nulls_equal=True, suffix="_before", maintain_order="left")
    differing = joined.filter((pl.col("score") - pl.col("score_before")).abs() > TOLERANCE)
    if differing.is_empty():
        return None
    row = differing.row(0, named=True)
    other = {name: row.get(f"{name}_before", row[name]) for name in OBSERVATION}
    told = _differences(other, row)
    if other["origin"] != row["origin"]:
        told = [*told, f"file ({other['origin']}, {row['origin']})"]
    verb = "was" if differing.height == 1 else "were"
    return (
        f"{counted(differing.height, 'score')} in the store {verb} recorded differently before, of which the last "
        f"recorded counts: {row['model']}, {row['task']}, {row['metric']}, target {row['target']} was "
        f"{other['score']:g} and is {row['score']:g} here"
        + (f"; they differ in {'; '.join(told)}" if told else "")
        + "; if these are different runs, import them with recipe=... of their own"
    )


def _with_means(marked: pl.DataFrame) -> pl.DataFrame:
    same_items = pl.col("items").n_unique().over(IDENTITY) == 1
    return marked.with_columns(
        score=pl.when("_differs").then(pl.col("score").mean().over(IDENTITY)).otherwise("score"),
        standard_error=pl.when(~pl.col("_differs")).then("standard_error"),
        items=pl.when(~pl.col("_differs") | same_items).then("items"),
    )


def _dropped(rows: pl.DataFrame) -> pl.DataFrame:
    others = [name for name in rows.columns if name not in OBSERVATION]
    return rows.select("origin", "origin_row", *others, reason=pl.lit("duplicate", dtype=pl.String))


def _raise_conflict(conflicting: pl.DataFrame) -> None:
    first = conflicting.row(0, named=True)
    same = conflicting.filter(pl.all_horizontal(pl.col(name).eq_missing(pl.lit(first[name])) for name in IDENTITY))
    other = same.filter((pl.col("score") - first["score"]).abs() > TOLERANCE).row(0, named=True)
    others = f"row {other['origin_row']}" if other["origin"] == first["origin"] else place(other)
    differing = _differences(first, other)
    mix = f"trained on {_shortened(first['train'])}" if first["train"] else "used as it is"
    raise ConflictingScores(
        f"{first['score']:g} here and {other['score']:g} in {others} for the same observation "
        f"({first['model']}, {first['task']}, {first['metric']}, target {first['target']}, {mix})"
        + (f"; they differ in {'; '.join(differing)}" if differing else ""),
        where=place(first),
        hint=_hint(differing),
    )


def _differences(first: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """What two rows of one observation say differently beside their scores: `prompt (p1, p2)`."""
    said = [_details(row) | {"language": row["target_as_reported"]} for row in (first, other)]
    names = [name for name in dict.fromkeys((*said[0], *said[1])) if said[0].get(name) != said[1].get(name)]
    return [f"{name} ({said[0].get(name)}, {said[1].get(name)})"[:120] for name in names[:MOST_NAMED]]


def _details(row: Mapping[str, Any]) -> dict[str, Any]:
    try:
        details = json.loads(row["details"] or "{}")
    except ValueError:
        return {}
    return details if isinstance(details, dict) else {}


_OF_CHECKPOINTS = re.compile(r"quant|precision|dtype|bits|step|epoch|checkpoint|revision|version|variant|size")
"""What stands in the names of columns that tell checkpoints or loadings of one model apart."""


def _hint(differing: list[str]) -> str:
    settle = "choose duplicates=mean or duplicates=last"
    if not differing:
        return f"tell them apart by a column of their own (seed, split, shots, recipe, model_revision), or {settle}"
    name = differing[0].partition(" (")[0]
    if name == "language":
        return f"read one as another language: languages={{...}}, or {settle}"
    if _OF_CHECKPOINTS.search(name.casefold()):
        return f"call the column '{name}' model_revision, or {settle}"
    return f"call the column '{name}' recipe if it is another way to ask or to adapt, or {settle}"


def _shortened(mix: str, longest: int = 40) -> str:
    return mix if len(mix) <= longest else mix[: longest - 3] + "..."
