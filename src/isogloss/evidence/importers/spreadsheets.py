"""Spreadsheets (xlsx, xlsm, xlsb, xls, ods): every visible sheet that holds a table."""

from __future__ import annotations

import os
import re
import zipfile
import zlib
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from isogloss.errors import BadFile, first_line
from isogloss.evidence.bounds import check_archive, check_memory
from isogloss.evidence.importers.cell_formats import CELL, CellFormats, cell_formats
from isogloss.evidence.importers.sheets import Row, Sheet, sheet_of_rows
from isogloss.files import open_input
from isogloss.text import counted

SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
MANIFEST = "META-INF/manifest.xml"
"""Member of an ods file that says which others are encrypted."""

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def is_spreadsheet(head: bytes, suffix: str) -> bool:
    """Whether a file is a spreadsheet, by its ending and its first bytes."""
    return suffix.lower() in SUFFIXES and head.startswith((ZIP, OLE))


def read_spreadsheet(path: Path) -> list[Sheet]:
    """Its tables, sheet by sheet; hidden sheets are left out.

    Raises
    ------
    BadFile
        If it is damaged, needs a password, is too large or holds no table.
    """
    import python_calamine as calamine

    where = str(path)
    formats = _formats(path)
    try:
        with open_input(path) as file, calamine.load_workbook(file) as book:
            shown = [
                sheet.name
                for sheet in book.sheets_metadata
                if sheet.visible == calamine.SheetVisibleEnum.Visible and sheet.typ == calamine.SheetTypeEnum.WorkSheet
            ]
            grids = {name: _grid(book.get_sheet_by_name(name), formats.get(name, CellFormats())) for name in shown}
    except calamine.PasswordError:
        raise _protected(where) from None
    except (calamine.CalamineError, OSError, ValueError) as error:
        if _is_encrypted(path):
            raise _protected(where) from None
        raise BadFile(
            f"is not a whole spreadsheet: {first_line(error)}", where=where, hint="save it again, or give CSV"
        ) from None
    sheets = [
        replace(sheet, notes=_uncomputed(name, formats.get(name, CellFormats())))
        for name, rows in grids.items()
        if (sheet := sheet_of_rows(rows, name)) is not None
    ]
    if not sheets:
        raise BadFile("holds no table", where=where, hint="give a sheet with a header and rows below it")
    return sheets


def _grid(sheet: Any, formats: CellFormats) -> list[Row]:
    """The cells of a sheet as text; each cell of a column that is merged with those below it holds their value."""
    top, left = sheet.start or (0, 0)
    rows = [
        [_text(cell, (top + row, left + column) in formats.percent) for column, cell in enumerate(cells)]
        for row, cells in enumerate(sheet.to_python(skip_empty_area=True))
    ]
    for (first, column), (last, _) in sheet.merged_cell_ranges or ():
        for row in range(first + 1, min(last + 1, top + len(rows))):
            if first >= top and column >= left and column - left < len(rows[row - top]):
                rows[row - top][column - left] = rows[first - top][column - left]
    return rows  # type: ignore[return-value]  # lists of cells are rows


def _uncomputed(name: str, formats: CellFormats) -> tuple[str, ...]:
    if not formats.uncomputed:
        return ()
    return (
        f"{counted(formats.uncomputed, 'formula')} of sheet '{name}' without a value: "
        "open the file in a spreadsheet program and save it to have them computed",
    )


def _text(cell: Any, percent: bool) -> str | None:
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and percent:
        return f"{float(Decimal(repr(cell)) * 100)!r}%"
    if isinstance(cell, float):
        return repr(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else repr(cell)
    if isinstance(cell, datetime | date | time | timedelta):
        return str(cell)
    return str(cell).strip() or None


def _protected(where: str) -> BadFile:
    return BadFile("is protected by a password", where=where, hint="save it without one")


def _is_encrypted(path: Path) -> bool:
    """Whether this is what Excel makes of a workbook with a password: an OLE file around an encrypted package."""
    with open_input(path) as file:
        content = file.read()
    return content.startswith(OLE) and "EncryptedPackage".encode("utf-16-le") in content


_REFERENCE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')


def _formats(path: Path) -> dict[str, CellFormats]:
    """How cells are shown; refuses a spreadsheet that unpacks to too much, or has a cell far from all others."""
    where = str(path)
    try:
        with open_input(path) as file:
            check_memory(os.fstat(file.fileno()).st_size, where)
            if not zipfile.is_zipfile(file):
                return {}
            with zipfile.ZipFile(file) as archive:
                check_archive(archive, where)
                if MANIFEST in archive.namelist() and b"encryption-data" in archive.read(MANIFEST):
                    raise _protected(where)
                for name in archive.namelist():
                    if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name):
                        _check_references(archive.read(name), where)
                return cell_formats(archive, where)
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, RuntimeError, EOFError) as error:
        raise BadFile(f"is not a whole spreadsheet: {first_line(error)}", where=where) from None


def _check_references(text: bytes, where: str) -> None:
    columns, last = 1, 1
    for letters, row in (match.groups() for match in _REFERENCE.finditer(text)):
        number = 0
        for letter in letters:
            number = 26 * number + letter - 64
        columns, last = max(columns, number), max(last, int(row))
    check_memory(columns * last * CELL, f"{where} (a cell in row {last}, one in column {columns})")
