"""Scales: bounded scores become fractions, and percent never mixes with fractions."""

from __future__ import annotations

from typing import Any

import polars as pl

from isogloss.errors import BadValue, UnknownName
from isogloss.evidence.schema import SCALES, place
from isogloss.metrics.registry import find_metric, lowest_fraction

TOLERANCE = 1e-9
"""How far rounding may carry a fraction beyond its bound; what lies beyond is cut off."""


LEAST_PERCENT = 5.0
"""No error rate is five times as large as what there is to get right: a score above is a percentage."""

WRITTEN_EITHER_WAY = ("comet", "comet_da", "cometkiwi_da", "comet_qe_da", "bertscore", "bleurt")

_SCALED = ("score", "standard_error")


def settle_scales(rows: pl.DataFrame, declared: str | None) -> pl.DataFrame:
    """Scores and standard errors on the scale that isogloss keeps, with `scale` saying what they were on.

    One scale holds for all scores of a (task, metric) in a file. Where nobody declared it, scores that
    never exceed 1 are fractions and others percentages; a metric that is known to be neither is raw.

    Parameters
    ----------
    rows : polars.DataFrame
        Columns of an observation, every score given.
    declared : str or None
        fraction, percent or raw, for all rows but those of metrics known to be neither fractions nor percentages;
        else the rows' own `scale` decides, where it has one.

    Raises
    ------
    BadValue
        If a score is not finite or out of range, or if percentages and fractions are mixed.
    """
    _check_finite(rows)
    if declared is not None:
        raw = [name for name in rows["metric"].unique() if find_metric(name).is_fraction is False]
        scale = pl.when(pl.col("metric").is_in(raw)).then(pl.lit("raw")).otherwise(pl.lit(declared))
        rows = rows.with_columns(scale=scale)
    if unknown := set(rows["scale"].drop_nulls().unique()) - set(SCALES):
        first = rows.filter(pl.col("scale") == min(unknown)).row(0, named=True)
        raise UnknownName("scale", min(unknown), SCALES, where=place(first))
    by = ["task", "metric", "scale"]
    size = pl.col("score").abs()
    # Each extreme with its position, so that an error can name its row.
    groups = (
        rows.with_row_index("_at")
        .group_by(by, maintain_order=True)
        .agg(
            lowest=pl.col("score").min(),
            lowest_at=pl.col("_at").get(pl.col("score").arg_min()),
            highest=pl.col("score").max(),
            highest_at=pl.col("_at").get(pl.col("score").arg_max()),
            largest=size.max(),
            largest_at=pl.col("_at").get(size.arg_max()),
            small=pl.col("score").filter((size > 0) & (size < 1)).first(),
            small_at=pl.col("_at").filter((size > 0) & (size < 1)).first(),
        )
    )
    settled = groups.select(
        *by,
        settled=pl.Series([_scale_of(group, rows) for group in groups.iter_rows(named=True)], dtype=pl.String),
    )
    rows = rows.join(settled, on=by, how="left", nulls_equal=True, maintain_order="left")
    divisor = (rows["settled"] == "percent").to_numpy() * 99.0 + 1.0
    # In numpy, because polars multiplies by the reciprocal and 81.5 percent would not be 0.815.
    score, error = (pl.Series(rows[name].to_numpy() / divisor, nan_to_null=True) for name in _SCALED)
    return rows.with_columns(
        score=pl.when(pl.col("settled") == "raw").then(score).otherwise(score.clip(-1.0, 1.0)),
        standard_error=error,
        scale="settled",
    ).drop("settled")


def _check_finite(rows: pl.DataFrame) -> None:
    for name, good, lowest in (
        ("score", pl.col("score").is_finite(), "a finite number"),
        ("standard_error", pl.col("standard_error").is_finite() & (pl.col("standard_error") >= 0), "0 or more"),
    ):
        bad = rows.filter(~good)
        if bad.height:
            first = bad.row(0, named=True)
            raise BadValue(
                f"{name.replace('_', ' ')} {first[name]:g} is not {lowest}",
                where=place(first),
                hint="correct it, or leave the cell empty if nothing was measured",
            )


def _scale_of(group: dict[str, Any], rows: pl.DataFrame) -> str:
    lowest = lowest_fraction(group["metric"])
    scale: str | None = group["scale"]
    if scale == "raw":
        return "raw"
    if scale is None and not find_metric(group["metric"]).is_fraction:
        if _may_be_percent(group["metric"]) and group["small"] is not None and group["largest"] > LEAST_PERCENT:
            _raise_mixed(group, rows)
        return "raw"
    if scale is None:
        # A score below all that the metric can have tells nothing of the scale: it is refused below.
        largest = group["largest"] if lowest < 0 else group["highest"]
        scale = "fraction" if largest <= 1 + TOLERANCE else "percent"
        if scale == "percent" and group["small"] is not None:
            _raise_mixed(group, rows)
    top = 100.0 if scale == "percent" else 1.0
    for end, beyond in (("lowest", lowest * top - group["lowest"]), ("highest", group["highest"] - top)):
        if beyond > TOLERANCE * top:
            raise BadValue(
                f"{group['metric']} {group[end]:g} lies outside {lowest * top:g} to {top:g} ({scale})",
                where=place(rows.row(group[f"{end}_at"], named=True)),
                hint="correct it, or declare another scale: scale=raw if this metric has no bounds"
                + (", scale=percent if these are percentages" if end == "highest" and scale == "fraction" else ""),
            )
    return scale


def _may_be_percent(metric: str) -> bool:
    """Whether scores without an upper end are written as fractions by some and as percentages by others."""
    known = find_metric(metric)
    return known.unit in ("fraction", "percent") or known.name.removeprefix("x").endswith(WRITTEN_EITHER_WAY)


def _raise_mixed(group: dict[str, Any], rows: pl.DataFrame) -> None:
    largest, small = (rows.row(group[f"{which}_at"], named=True) for which in ("largest", "small"))
    beside = f"row {small['origin_row']}" if small["origin"] == largest["origin"] else place(small)
    raise BadValue(
        f"percentages mixed with fractions in {group['task']} {group['metric']}: {largest['score']:g} here, "
        f"{group['small']:g} in {beside}",
        where=place(largest),
        hint=f"give scale={'percent' if find_metric(group['metric']).is_fraction else 'raw'} if all are written alike, "
        "else write all of them on one scale",
    )
