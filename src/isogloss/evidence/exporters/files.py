"""What all exporters need: safe names of files, and why a format cannot say an observation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import polars as pl

from isogloss.errors import UnknownLanguage
from isogloss.languages import resolve

Files = Iterator[tuple[str, str]]
"""Name and content of each file."""


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


def written(content: Any) -> str:
    """A document as JSON."""
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def language_code(target: str) -> str:
    """A language as a BCP 47 tag, `zho-Hant`, where that is read back as the same one; else its id."""
    code = target.replace("_", "-")
    try:
        return code if resolve(code).id == target else target
    except UnknownLanguage:
        return target
