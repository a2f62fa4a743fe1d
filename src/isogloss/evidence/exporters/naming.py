"""What exporters share."""

from __future__ import annotations

import polars as pl


def safe_name(text: str) -> str:
    """`text` as part of a file name: what separates folders or begins a hidden file becomes a dash."""
    plain = "".join(mark if mark.isalnum() or mark in "._-+=@ " else "-" for mark in text).strip()
    return plain.lstrip(".") or "-"


def first_reason(reasons: dict[str, pl.Expr]) -> pl.Expr:
    """The first reason whose condition holds in a row, null if none does."""
    return pl.coalesce(*(pl.when(holds).then(pl.lit(reason)) for reason, holds in reasons.items()))


def count_reasons(reasons: pl.Series) -> dict[str, int]:
    """How often each reason stands there, nulls aside."""
    return dict(sorted(reasons.drop_nulls().value_counts().iter_rows()))
