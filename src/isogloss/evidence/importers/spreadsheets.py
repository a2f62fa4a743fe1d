"""Spreadsheets (xlsx, xlsm, xlsb, xls, ods): every visible sheet that holds a table."""

from __future__ import annotations

import os
import re
import zipfile
import zlib
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from isogloss.errors import BadFile, first_line
from isogloss.evidence.bounds import check_archive, check_memory
from isogloss.evidence.importers.sheets import Row, Sheet, sheet_of_rows
from isogloss.files import open_input

SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
CELL = 100
"""Bytes that a cell takes at most, beside its text; empty ones between others are kept in memory too."""


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
    _check_size(path)
    try:
        with open_input(path) as file, calamine.load_workbook(file) as book:
            shown = [
                sheet.name
                for sheet in book.sheets_metadata
                if sheet.visible == calamine.SheetVisibleEnum.Visible and sheet.typ == calamine.SheetTypeEnum.WorkSheet
            ]
            grids = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=True) for name in shown}
    except calamine.PasswordError:
        raise BadFile("is protected by a password", where=where, hint="save it without one") from None
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise BadFile(
            f"is not a whole spreadsheet: {first_line(error)}", where=where, hint="save it again, or give CSV"
        ) from None
    found = [sheet_of_rows([_row(row) for row in rows], name) for name, rows in grids.items()]
    sheets = [sheet for sheet in found if sheet is not None]
    if not sheets:
        raise BadFile("holds no table", where=where, hint="give a sheet with a header and rows below it")
    return sheets


def _row(cells: list[Any]) -> Row:
    return [_text(cell) for cell in cells]


def _text(cell: Any) -> str | None:
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return repr(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else repr(cell)
    if isinstance(cell, datetime | date | time | timedelta):
        return str(cell)
    return str(cell).strip() or None


_REFERENCE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')


def _check_size(path: Path) -> None:
    """Refuse a spreadsheet that unpacks to too much, or has a cell far from all others."""
    where = str(path)
    try:
        with open_input(path) as file:
            check_memory(os.fstat(file.fileno()).st_size, where)
            if not zipfile.is_zipfile(file):
                return
            with zipfile.ZipFile(file) as archive:
                check_archive(archive, where)
                for name in archive.namelist():
                    if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name):
                        _check_references(archive.read(name), where)
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
