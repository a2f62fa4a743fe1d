"""JSON, tables and zip archives from outside, read with bounded work; every failure is one line that names the file."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
import zipfile
import zlib
from pathlib import Path
from typing import Any

import polars as pl

from isogloss.errors import BadFile, first_line
from isogloss.evidence.bounds import (
    check_delimited,
    check_json,
    check_json_size,
    check_memory,
    check_rows,
    check_table,
    check_unpacked,
)
from isogloss.evidence.importers.encodings import plain_path, plain_text, utf8
from isogloss.evidence.parquet_bounds import check_parquet
from isogloss.files import BYTE_ORDER_MARK, open_input, parse_delimited, without_apostrophes

_SUSPECT = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]|\0")
"""How half a character is written: escaped, in what only looks like UTF-8, or possibly in UTF-16."""
_HALF = re.compile("[\ud800-\udfff]")


def read_json(path: Path) -> Any:
    """The value in a JSON file.

    Raises
    ------
    BadFile
        If it takes too much memory, is truncated, nested too deeply, names a key twice, or is not JSON at all.
    """
    with open_input(path) as file:
        check_json_size(os.fstat(file.fileno()).st_size, str(path))
        text = file.read()
    return parse_json(text, str(path))


def read_bytes(path: Path) -> bytes:
    """All of a text file, if it is small enough to be parsed in memory."""
    with open_input(path) as file:
        check_memory(2 * os.fstat(file.fileno()).st_size, str(path))
        return plain_text(file.read(), str(path))


def parse_json(text: bytes, where: str) -> Any:
    """The value written in `text`, with errors that name `where`."""
    check_json(text, where)
    return _decode(text, where)


def _decode(text: bytes, where: str) -> Any:
    try:
        return with_whole_characters(_DECODER.decode(_as_string(text)), text)
    except _RepeatedKeyError as error:
        raise BadFile(f"the key '{error}' stands twice in one object", where=where, hint="keep one of them") from None
    except RecursionError:
        raise BadFile("is nested too deeply", where=where, hint="check that it is a result file") from None
    except json.JSONDecodeError as error:
        raise BadFile(
            f"is not complete JSON: {error.msg.lower()} (character {error.pos})",
            where=where,
            hint="check that it is whole",
        ) from None
    except UnicodeDecodeError:
        raise BadFile("is not text", where=where, hint="check that it is JSON in UTF-8") from None
    except ValueError as error:
        raise BadFile(f"is not readable JSON: {str(error).split(';')[0]}", where=where) from None


def with_whole_characters(value: Any, text: bytes) -> Any:
    """The value parsed from `text`, every half of a character (a lone surrogate) being U+FFFD instead.

    Tools that cut what a model said after so many UTF-16 units leave halves behind, and no table can hold one.
    """
    if not _SUSPECT.search(text) or not _HALF.search(written := json.dumps(value, ensure_ascii=False)):
        return value
    return json.loads(_HALF.sub("\ufffd", written), object_pairs_hook=_without_repetition)


def _as_string(text: bytes) -> str:
    return text.decode(json.detect_encoding(text), "surrogatepass")


class _RepeatedKeyError(Exception):
    """A key that an object names twice; the parser would keep only the last."""


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _RepeatedKeyError(key)
        found[key] = value
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_without_repetition)

PARQUET_MAGIC = b"PAR1"
_SEPARATORS = ",\t;|"
LONGEST_LINE = 4 << 20
"""Bytes of a line of a table; a cell with millions of letters would be copied many times."""


def read_frame(path: Path) -> pl.DataFrame:
    """The table in a file; everything in a text format is text, an empty cell is null.

    Raises
    ------
    BadFile
        If the file is not a whole table.
    """
    with open_input(path) as file:
        magic = file.read(len(PARQUET_MAGIC))
    suffix = plain_path(path).suffix.lower()
    if magic == PARQUET_MAGIC or suffix == ".parquet":
        return _read_parquet(path)
    if suffix in (".jsonl", ".ndjson") or magic.lstrip()[:1] == b"{":
        return _read_json_lines(path)
    return _read_delimited(path)


def _read_parquet(path: Path) -> pl.DataFrame:
    try:
        with open_input(path) as file:
            check_parquet(file, str(path))
            table = pl.read_parquet(file)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError, OverflowError) as error:
        raise BadFile(f"is not whole Parquet: {first_line(error)}", where=str(path)) from None
    # A text that is stored once may stand in a million cells.
    length = sum(int(column.str.len_bytes().sum()) for column in table.select(pl.col(pl.String)))
    check_table(table.height, table.width, str(path), text=length)
    return table


def _read_delimited(path: Path) -> pl.DataFrame:
    where = str(path)
    text = utf8(read_bytes(path).removeprefix(BYTE_ORDER_MARK), where)
    if b"\0" in text:
        raise BadFile("is not text", where=where, hint="give CSV, TSV, JSONL or Parquet")
    if max(map(len, text.split(b"\n"))) > LONGEST_LINE:
        raise BadFile(f"has a line of more than {LONGEST_LINE >> 20} MB", where=where, hint="check that it is a table")
    separator = separator_of(text.split(b"\n", 1)[0].decode("utf-8", "replace"), path)
    check_delimited(text, separator, where)
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
    return without_apostrophes(table)


def separator_of(text: str, path: Path) -> str:
    """What stands between the cells of delimited text, by the ending of its name, else by its first line."""
    if plain_path(path).suffix.lower() in (".tsv", ".tab"):
        return "\t"
    header = text.split("\n", 1)[0]
    return max(_SEPARATORS, key=header.count)


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
    text, rows, width = read_bytes(path).removeprefix(BYTE_ORDER_MARK), 0, 0
    size = 3 * len(text)
    check_rows(text.count(b"\n"), str(path))
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        entry = _decode(line, f"{path} line {number}")
        if not isinstance(entry, dict):
            raise BadFile("is not an object", where=f"{path} line {number}", hint="write one JSON object per line")
        if rows % 1000 == 0 or len(columns) != width:
            width = len(columns)
            check_table(rows, width, str(path), text=size)
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
    if isinstance(value, float):
        return None if math.isnan(value) else json.dumps(value) if math.isinf(value) else repr(value)
    return json.dumps(value)


LONGEST_NAME = 200


def file_beside(path: Path, name: str) -> Path | None:
    """The file of that name in the folder of another; None where there is none, or the name could lead elsewhere."""
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or set("/\\:") & set(name) or name in (".", ".."):
        return None
    found = path.with_name(name)
    return found if found.is_file() else None


_FAILURES = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError, NotImplementedError)


def read_members(path: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    """The content of those members that are there.

    Raises
    ------
    BadFile
        If it is no whole zip archive, or a member is too large.
    """
    where = str(path)
    try:
        with open_input(path) as file, zipfile.ZipFile(file) as archive:
            present = set(archive.namelist())
            return {name: _read(archive, name, where) for name in names if name in present}
    except _FAILURES as error:
        raise BadFile(f"is not a whole zip archive: {error}", where=where, hint="check that it is whole") from None


def _read(archive: zipfile.ZipFile, name: str, where: str) -> bytes:
    info = archive.getinfo(name)
    check_unpacked(info.file_size, info.compress_size, f"{where} {name}")
    # What the directory says about a size may be a lie, so no more than that is unpacked.
    with archive.open(info) as member:
        content = member.read(info.file_size + 1)
    check_unpacked(len(content), info.compress_size, f"{where} {name}")
    return content
