"""Reading CSV, TSV, JSONL and Parquet from outside into a table, with one-line errors."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import polars as pl

from isogloss.errors import BadFile, first_line
from isogloss.evidence.importers.jsonfile import parse_json, read_bytes
from isogloss.files import BYTE_ORDER_MARK, parse_delimited

PARQUET_MAGIC = b"PAR1"
_SEPARATORS = ",\t;|"


def read_frame(path: Path) -> pl.DataFrame:
    """The table in a file; everything in a text format is text, an empty cell is null.

    Raises
    ------
    BadFile
        If the file is not a whole table.
    """
    with path.open("rb") as file:
        magic = file.read(len(PARQUET_MAGIC))
    suffix = path.suffix.lower()
    if magic == PARQUET_MAGIC or suffix == ".parquet":
        return _read_parquet(path)
    if suffix in (".jsonl", ".ndjson") or magic.lstrip()[:1] == b"{":
        return _read_json_lines(path)
    return _read_delimited(path)


def _read_parquet(path: Path) -> pl.DataFrame:
    try:
        with path.open("rb") as file:
            return pl.read_parquet(file)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError, OverflowError) as error:
        raise BadFile(f"is not whole Parquet: {first_line(error)}", where=str(path)) from None


def _read_delimited(path: Path) -> pl.DataFrame:
    text = read_bytes(path).removeprefix(BYTE_ORDER_MARK)
    where = str(path)
    try:
        text.decode()
    except UnicodeDecodeError as error:
        raise BadFile(
            f"is not UTF-8 text: byte {error.start}", where=where, hint="convert it, or give JSONL or Parquet"
        ) from None
    if b"\0" in text:
        raise BadFile("is not text", where=where, hint="give CSV, TSV, JSONL or Parquet")
    header = text.split(b"\n", 1)[0].decode("utf-8", "replace")
    separator = "\t" if path.suffix.lower() in (".tsv", ".tab") else max(_SEPARATORS, key=header.count)
    try:
        table = parse_delimited(text, separator)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, ValueError) as error:
        raise BadFile(
            f"is not a whole table: {first_line(error)}", where=where, hint="put cells that hold a comma in quotes"
        ) from None
    for column in table.columns:
        if repeated := re.fullmatch(r"(.*)_duplicated_\d+", column):
            raise BadFile(f"the column '{repeated[1]}' stands twice", where=where, hint="rename one of them")
    if table.width > 1 and table[:, -1].null_count():
        _refuse_short_rows(text, separator, table.width, where)
    return table


def _refuse_short_rows(text: bytes, separator: str, width: int, where: str) -> None:
    """Tell a cell left empty from a row that breaks off, which polars fills up with nulls."""
    lines = csv.reader(io.StringIO(text.decode("utf-8", "replace")), delimiter=separator)
    try:
        for number, row in enumerate(lines, start=-1):
            if row and len(row) < width:
                raise BadFile(
                    f"has {len(row)} of {width} cells", where=f"{where} row {number}", hint="check that it is whole"
                )
    except csv.Error as error:
        raise BadFile(f"is not a whole table: {error}", where=where) from None


def _read_json_lines(path: Path) -> pl.DataFrame:
    columns: dict[str, list[str | None]] = {}
    rows = 0
    for number, line in enumerate(read_bytes(path).removeprefix(BYTE_ORDER_MARK).splitlines(), start=1):
        if not line.strip():
            continue
        entry = parse_json(line, f"{path} line {number}")
        if not isinstance(entry, dict):
            raise BadFile("is not an object", where=f"{path} line {number}", hint="write one JSON object per line")
        for key, value in entry.items():
            cells = columns.setdefault(key, [])
            cells.extend([None] * (rows - len(cells)))
            cells.append(_as_text(value))
        rows += 1
    for cells in columns.values():
        cells.extend([None] * (rows - len(cells)))
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)
