"""What languages are asked for in text: weights, tables of similarities, files to write."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from isogloss.errors import BadFile, BadValue
from isogloss.languages.similarity import register_similarity

if TYPE_CHECKING:
    import polars as pl


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
            raise BadValue(f"'{part}' is no weight", where="weights", mend="write them as syntactic=2,genetic=1")
        if kind in weights:
            raise BadValue(f"two weights of '{kind}'", where="weights", mend="keep one")
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
            raise BadValue(f"'{text}' names no table", where="--table", mend="write NAME=FILE or NAME@LAYER=FILE")
        register_similarity(name, path, layer=int(layer) if at else None)


def write_table(table: pl.DataFrame, path: Path) -> int:
    """Write a table by the ending of `path`; returns its rows.

    Raises
    ------
    BadValue, BadFile
    """
    import polars as pl

    try:
        if path.suffix == ".parquet":
            table.write_parquet(path)
        elif path.suffix == ".json":
            table.write_json(path)
        elif path.suffix == ".csv":
            lists = [name for name, kind in table.schema.items() if isinstance(kind, pl.List)]
            flat = table.drop("provenance").with_columns(pl.col(lists).list.join("|"))
            flat.write_csv(path)
        else:
            raise BadValue(f"unknown ending '{path.suffix}'", where=str(path), mend="write to .parquet, .csv or .json")
    except OSError as error:
        raise BadFile(f"cannot be written: {error}", where=str(path)) from None
    return table.height
