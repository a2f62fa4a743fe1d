"""What languages are asked for in text: weights, tables of similarities, files to write."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isogloss.errors import BadValue
from isogloss.files import atomic_write, check_place
from isogloss.languages.similarity import register_similarity

if TYPE_CHECKING:
    import polars as pl

ENDINGS = (".csv", ".parquet", ".json")
"""Of files that the catalogue is written to."""


def parse_weights(text: str | None) -> dict[str, float] | None:
    """Weights of kinds from `syntactic=2,genetic=1`.

    Raises
    ------
    BadValue
    """
    if text is None:
        return None
    weights: dict[str, float] = {}
    for part in text.split(","):
        kind, equals, number = (piece.strip() for piece in part.partition("="))
        try:
            weight = float(number)
        except ValueError:
            equals = ""
        if not kind or not equals:
            raise BadValue(f"'{part}' is no weight", where="weights", hint="write them as syntactic=2,genetic=1")
        if kind in weights:
            raise BadValue(f"two weights of '{kind}'", where="weights", hint="keep one")
        weights[kind] = weight
    return weights


def register_tables(texts: Iterable[str]) -> None:
    """Register similarities from `NAME=FILE` or `NAME@LAYER=FILE`.

    Raises
    ------
    BadValue, BadFile, UnknownLanguage
    """
    for text in texts:
        name, equals, path = text.partition("=")
        name, at, layer = name.partition("@")
        if not name or not equals or not path or (at and not layer.isdecimal()):
            raise BadValue(f"'{text}' names no table", where="--table", hint="write NAME=FILE or NAME@LAYER=FILE")
        register_similarity(name, path, layer=int(layer) if at else None)


def write_table(table: pl.DataFrame, path: Path) -> int:
    """Write a table by the ending of `path`; returns its rows.

    Raises
    ------
    BadValue, BadFile
    """
    import polars as pl

    check_place(path, ENDINGS)
    lists = [name for name, kind in table.schema.items() if isinstance(kind, pl.List)]
    flat = table.drop("provenance").with_columns(pl.col(lists).list.join("|"))
    writers: dict[str, Callable[[Path], Any]] = {
        ".csv": flat.write_csv,
        ".parquet": table.write_parquet,
        ".json": table.write_json,
    }
    atomic_write(path, writers[path.suffix])
    return table.height
