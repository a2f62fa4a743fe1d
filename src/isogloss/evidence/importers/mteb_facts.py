"""What MTEB says of languages and models: which language a row is about, and `model_meta.json`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from isogloss.errors import UnknownLanguage
from isogloss.evidence.importers.files import parse_json, read_bytes, read_json
from isogloss.evidence.schema import MODEL
from isogloss.languages import Language, resolve

DEFAULT = "default"
PROGRAMMING = "-Code"
"""How MTEB marks programming languages: python-Code."""

VARIANTS = {"en-ext": "en"}
"""Subsets that look like a pair and are not."""


def with_targets(table: pl.DataFrame, read_as: Mapping[str, str]) -> pl.DataFrame:
    """`table` with `target`, a code or a pair `first|second`, or else a `reason` why there is none.

    `read_as` says how to read a code, ahead of all else.
    """
    known = table.select("languages", "subset").unique()
    about = [_about(languages, subset, read_as) for languages, subset in known.iter_rows()]
    about_each = known.with_columns(
        target=pl.Series([target for target, _ in about], dtype=pl.String),
        reason=pl.Series([reason for _, reason in about], dtype=pl.String),
    )
    return table.join(about_each, on=["languages", "subset"], how="left", nulls_equal=True, maintain_order="left")


def separate_subsets(table: pl.DataFrame) -> pl.DataFrame:
    """Give subsets that share a language tasks of their own, except the one that is named for the language."""
    shared = pl.struct("model", "rev", "task", "split", "target")
    several = pl.col("reason").is_null() & (pl.col("subset").n_unique().over(shared) > 1)
    if not table.select(several.any()).item():
        return table
    named = {
        (target, subset): subset == DEFAULT or _names(subset, _known(target.split("|")[0]))
        for target, subset in table.filter(several).select("target", "subset").unique().iter_rows()
    }
    flags = pl.DataFrame(
        [(*key, flag) for key, flag in named.items()], schema=["target", "subset", "_named"], orient="row"
    )
    joined = table.join(flags, on=["target", "subset"], how="left", maintain_order="left")
    task = pl.when(several & ~pl.col("_named").fill_null(True)).then(pl.format("{}/{}", "task", "subset"))
    return joined.with_columns(task=pl.coalesce(task, "task")).drop("_named")


def languages_of_subset(subset: str) -> str | None:
    """What a subset alone says, `fr`, `fr|en`; None if it says nothing. Old files have no more."""
    subset = VARIANTS.get(subset, subset)
    parts = subset.split("-")
    if len(parts) == 2 and subset == subset.lower() and all(_known(part) for part in parts):
        return "|".join(parts)
    return subset if subset != DEFAULT and _known(subset) else None


def _about(languages: str | None, subset: str, read_as: Mapping[str, str]) -> tuple[str | None, str | None]:
    codes = [code for code in (languages or "").split("|") if code]
    if not codes:
        return None, "names no language"
    if any(code.endswith(PROGRAMMING) for code in codes):
        return None, "is about a programming language"
    read = {code: _known(read_as.get(code, code)) for code in codes}
    if len(read) > 2:
        return None, "lists more than two languages"
    for code, language in read.items():
        if language is None:
            return None, f"in an unknown language, '{code}'; map it to one"
    if len(set(read.values())) == 2:
        return _pair(read, [read_as.get(part, part) for part in subset.split("-")])
    return "|".join(codes), None


def _pair(read: Mapping[str, Language | None], parts: list[str]) -> tuple[str | None, str | None]:
    """The two in the order in which the parts of the subset's name name them, if it names both."""
    first, second = read
    if len(parts) == 2:
        for one, other in ((first, second), (second, first)):
            if _names(parts[0], read[one]) and _names(parts[1], read[other]):
                return f"{one}|{other}", None
    return None, "lists two languages, but its subset is no pair"


def _names(text: str, language: Language | None) -> bool:
    """Whether a text names a language, be it by its macrolanguage or without its script."""
    other = _known(text)
    return bool(_codes(language) & _codes(other))


def _codes(language: Language | None) -> set[str]:
    return set() if language is None else {language.iso639_3, language.macro or language.iso639_3}


@lru_cache(maxsize=1 << 14)
def _known(code: str) -> Language | None:
    try:
        return resolve(code)
    except UnknownLanguage:
        return None


META = "model_meta.json"


def read_meta(path: Path) -> dict[str, Any] | None:
    """The facts in a `model_meta.json`; None if there is none, or it names no model."""
    return _facts(read_json(path), path.absolute().parent.name) if path.is_file() else None


def read_metas(path: Path) -> list[dict[str, Any] | None]:
    """The facts in a file with one such record per line; none if there is no such file."""
    if not path.is_file():
        return []
    lines = read_bytes(path).splitlines()
    records = [parse_json(line, f"{path} line {number}") for number, line in enumerate(lines, 1) if line.strip()]
    return [_facts(record, None) for record in records]


def model_facts(records: list[dict[str, Any]]) -> pl.DataFrame:
    """A table with the columns of `isogloss.evidence.schema.MODEL`, languages as MTEB writes them."""
    return pl.DataFrame(records, schema=MODEL)


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
