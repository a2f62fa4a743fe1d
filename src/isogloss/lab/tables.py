"""Tables of texts: Parquet, CSV, TSV or JSON lines, with the columns a task needs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from isogloss.errors import BadFile, UnknownName

FORMATS = (".parquet", ".csv", ".tsv", ".jsonl", ".ndjson")


def read_table(path: Path, columns: Mapping[str, str]) -> pl.DataFrame:
    """Some columns of a table as text, renamed, and `row`, the 0-based position in the file.

    Parameters
    ----------
    path : pathlib.Path
    columns : mapping of str to str
        What a column is to be called, to what the file calls it.

    Raises
    ------
    BadFile
        If the file is missing, empty, or not what its ending says.
    UnknownName
        If it lacks a column.
    """
    if not path.is_file():
        raise BadFile("no such file", where=str(path), mend="correct `file`, or name its folder with --data")
    try:
        table = _scan(path)
        for name in columns.values():
            if name not in table.columns:
                raise UnknownName("column", name, table.columns, where=str(path))
        table = table.select(pl.col(name).cast(pl.String).alias(to) for to, name in columns.items())
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise BadFile(f"cannot be read as {path.suffix[1:]} ({reason})", where=str(path)) from None
    if table.is_empty():
        raise BadFile("holds no rows", where=str(path))
    return table.with_row_index("row")


def _scan(path: Path) -> pl.DataFrame:
    match path.suffix.lower():
        case ".parquet":
            return pl.read_parquet(path, glob=False)
        case ".csv" | ".tsv" as suffix:
            # Everything is text here: a label 01 or an item id 007 must stay as it is written.
            return pl.read_csv(path, separator="\t" if suffix == ".tsv" else ",", infer_schema=False, glob=False)
        case ".jsonl" | ".ndjson":
            return pl.read_ndjson(path, infer_schema_length=None)
        case suffix:
            raise UnknownName("table format", suffix or path.name, FORMATS, where=str(path))
