"""What MTEB knows of each model: its `model_meta.json`, as facts about models."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from isogloss.evidence.importers.jsonfile import parse_json, read_bytes, read_json
from isogloss.evidence.schema import MODEL

META = "model_meta.json"


def read_meta(path: Path) -> dict[str, Any] | None:
    """The facts in a `model_meta.json`; None if there is none, or it names no model."""
    return _facts(read_json(path), _revision(path)) if path.is_file() else None


def read_metas(path: Path) -> list[dict[str, Any] | None]:
    """The facts in a file with one such record per line; none if there is no such file."""
    if not path.is_file():
        return []
    lines = read_bytes(path).splitlines()
    records = [parse_json(line, f"{path} line {number}") for number, line in enumerate(lines, 1) if line.strip()]
    return [_facts(record, None) for record in records]


def model_facts(found: list[dict[str, Any]]) -> pl.DataFrame:
    """A table with the columns of `isogloss.evidence.schema.MODEL`, languages as MTEB writes them."""
    return pl.DataFrame(found, schema=MODEL)


def _revision(path: Path) -> str:
    return path.absolute().parent.name


def _facts(record: Any, revision: str | None) -> dict[str, Any] | None:
    if not isinstance(record, dict) or not isinstance(record.get("name"), str):
        return None
    return {
        "model": record["name"],
        "model_revision": revision or _text(record.get("revision")),
        "parameters": _count(record.get("n_parameters")),
        "embedding_size": _count(record.get("embed_dim")),
        "layers": None,
        "released": _date(record.get("release_date")),
        "languages": _texts(record.get("languages")),
        "max_tokens": _count(record.get("max_tokens")),
        "base_model": _text(record.get("adapted_from")),
        "license": _text(record.get("license")),
        "training_tasks": _texts(record.get("training_datasets")),
    }


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _texts(value: Any) -> list[str] | None:
    """A list, the keys of an object, or a single text; null where nothing is known or nothing is listed."""
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list | dict):
        return None
    return sorted({text for text in values if isinstance(text, str)}) or None


def _count(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return int(value) if 1 <= value < 2**63 else None


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return None
