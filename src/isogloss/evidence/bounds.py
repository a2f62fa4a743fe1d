"""Bounds on what is read from outside: the memory that a file would take, judged before it is parsed.

A small file can stand for a large table: compressed, repeated, or with a header of a million columns. Bytes on disk
say little, so that each format is judged by what its own counts (bytes, values, rows, columns) take at worst.
"""

from __future__ import annotations

import os
import re
import zipfile

from isogloss.errors import BadFile, BadValue

MEGABYTE = 1 << 20
MEMORY = 1024
"""Megabytes that reading one file may take, unless the environment variable `ISOGLOSS_READ_MEMORY` says otherwise."""

MAX_COLUMNS = 10_000
"""No table has as many languages, tasks and facts together."""

CELL = 16
"""Bytes that polars takes for a cell of text, beside the text itself."""

VALUE = 100
"""Bytes that Python takes at most for a value of JSON and its place in a list or object, beside text."""

MAX_MEMBERS = 1_000_000
MAX_RATIO = 200
"""An archive that unpacks to more times its size, and to more than `SMALL` bytes, is refused."""
SMALL = 16 * MEGABYTE

_QUOTED = re.compile(rb'"[^"]*"?')


def memory() -> int:
    """Bytes that reading one file may take.

    Raises
    ------
    BadValue
        If `ISOGLOSS_READ_MEMORY` is no whole number above 0.
    """
    written = os.environ.get("ISOGLOSS_READ_MEMORY", str(MEMORY))
    if not re.fullmatch("0*[1-9][0-9]{0,8}", written):
        raise BadValue(f"'{written}' is no number of megabytes", where="ISOGLOSS_READ_MEMORY", hint=f"write {MEMORY}")
    return int(written) * MEGABYTE


def check_memory(size: int, where: str, at_least: int = 0) -> None:
    """Refuse what takes more memory than one file may.

    Parameters
    ----------
    size : int
        Bytes that it takes at worst.
    where : str
        The file, for the error.
    at_least : int, default 0
        Bytes that it may take whatever the limit.

    Raises
    ------
    BadFile
    """
    limit = memory()
    if size > max(limit, at_least):
        needed = -(-size // MEGABYTE)
        raise BadFile(
            f"would take up to {needed} MB of memory, more than the {limit // MEGABYTE} MB that one file may",
            where=where,
            hint=f"split it, or, if you trust it, set ISOGLOSS_READ_MEMORY={needed}",
        )


WIDE = 50
"""Columns from which on most hold scores."""

FILLED = 3
"""Cells of a wide table for each row that a long one may have."""

_most_rows: list[int] = []


def limit_rows(most: int | None) -> None:
    """Let no table that this process reads from now on have more rows, whatever memory there is; None lifts that."""
    _most_rows[:] = [] if most is None else [most]


def check_rows(count: int, where: str, columns: int = 1) -> None:
    """Refuse a table of more rows than `limit_rows` lets it have; where nobody set a limit, memory alone bounds them.

    A table of more than `WIDE` columns may have `FILLED` times as many cells, as each may become a row.

    Raises
    ------
    BadFile
    """
    if _most_rows and count > _most_rows[0]:
        raise BadFile(f"holds {count:,} rows, more than {_most_rows[0]:,}", where=where, hint="send a part of it")
    if _most_rows and columns > WIDE and count * columns > FILLED * _most_rows[0]:
        cells = f"holds {count * columns:,} cells, more than {FILLED * _most_rows[0]:,}"
        raise BadFile(cells, where=where, hint="send a part of it")


def check_columns(count: int, where: str) -> None:
    """Refuse a table of more columns than any table of scores has.

    Raises
    ------
    BadFile
    """
    if count > MAX_COLUMNS:
        hint = "check that it is a table of scores, one row per line"
        raise BadFile(f"has {count} columns, more than the {MAX_COLUMNS} that a table may have", where=where, hint=hint)


def check_table(rows: int, columns: int, where: str, text: int = 0) -> None:
    """Refuse a table of too many columns, or of cells that take too much memory beside `text` bytes of text.

    Raises
    ------
    BadFile
    """
    check_columns(columns, where)
    check_rows(rows, where, columns)
    check_memory(rows * columns * CELL + text, where)


def check_delimited(text: bytes, separator: str, where: str) -> None:
    """Refuse delimited text whose table is too large; short rows are filled up, so that each may be a whole one.

    Raises
    ------
    BadFile
    """
    # The text itself, the copy that the parser is given, and the cells.
    rows = text.count(b"\n") + (not text.endswith(b"\n")) - 1
    check_table(rows, _header_width(text, separator.encode()), where, text=3 * len(text))


def _header_width(text: bytes, separator: bytes) -> int:
    """Cells of the first line, or of the first lines if a quoted cell breaks them."""
    end = quotes = 0
    while (text and not end) or (quotes % 2 and end < len(text)):
        start, end = end, text.find(b"\n", end) + 1 or len(text)
        quotes += text.count(b'"', start, end)
    return _QUOTED.sub(b"", text[:end]).count(separator) + 1


def check_json(text: bytes, where: str) -> None:
    """Refuse JSON whose values would take too much memory.

    Raises
    ------
    BadFile
    """
    check_json_size(len(text), where)
    if len(text) < MEGABYTE:  # at most a value per byte
        return
    # A string takes as much for each character as for its widest one, in the text and again as a value.
    width = 1 if text.isascii() else 4
    values = sum(text.count(mark) for mark in (b",", b":", b"[", b"{"))
    check_memory(len(text) * (1 + 2 * width) + values * VALUE, where)


def check_json_size(size: int, where: str) -> None:
    """Refuse JSON that is too large whatever it holds, before it is read.

    Raises
    ------
    BadFile
    """
    check_memory(3 * size, where)


def check_archive(archive: zipfile.ZipFile, where: str) -> None:
    """Refuse a zip archive (also a workbook) whose members say that they unpack to too much.

    Raises
    ------
    BadFile
    """
    if len(archive.filelist) > MAX_MEMBERS:
        raise BadFile("has too many members", where=where, hint="check that it is what it should be")
    for info in archive.filelist:
        check_unpacked(info.file_size, info.compress_size, f"{where} {info.filename}")
    check_memory(sum(info.file_size for info in archive.filelist), where)


def check_unpacked(size: int, packed: int, where: str) -> None:
    """Refuse what unpacks to too much, or to so many times its size that it can be nothing but a trap.

    Raises
    ------
    BadFile
    """
    if size > SMALL and size > MAX_RATIO * max(packed, 1):
        raise BadFile(
            f"unpacks from {packed} bytes to {size // MEGABYTE} MB",
            where=where,
            hint="check that it is what it should be",
        )
    check_memory(size, where)
