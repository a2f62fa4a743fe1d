"""Files that hold tables, whatever their format, as the sheets in them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from isogloss.errors import BadFile
from isogloss.evidence.bounds import check_delimited, check_memory
from isogloss.evidence.importers.encodings import encoding_note, plain_path, plain_text, utf8
from isogloss.evidence.importers.files import PARQUET_MAGIC, read_bytes, read_frame, read_json, separator_of
from isogloss.evidence.importers.nested import sheet_of_json
from isogloss.evidence.importers.sheets import Sheet, sheet_of_rows
from isogloss.evidence.importers.spreadsheets import is_spreadsheet, read_spreadsheet
from isogloss.evidence.importers.text_tables import is_text_table, read_text_tables
from isogloss.files import BYTE_ORDER_MARK, open_input

HEAD = 64 * 1024
LINES = 60
"""Lines at the head of delimited text in which an untidy header shows."""
_SAYS_NOTHING = re.compile(
    r"(sheet|tabelle|feuil|hoja|blad|foglio|planilha|arkusz|лист|工作表|シート)\s*\d*", re.IGNORECASE
)


def read_sheets(path: Path, values: Mapping[str, str] | None = None) -> list[Sheet]:
    """Every table in a file.

    Parameters
    ----------
    path : pathlib.Path
    values : mapping of str to str, optional
        What the user said holds for every row, by column.

    Raises
    ------
    BadFile
        If the file cannot be read, or holds no table.
    """
    with open_input(path) as file:
        head = plain_text(file.read(HEAD), str(path), whole=False)
    plain = plain_path(path)
    stem = plain.stem
    if plain.suffix.lower() == ".json" and not _is_lines(head):
        return [sheet_of_json(read_json(path), stem, dict(values or {}), str(path))]
    if is_text_table(head, plain.suffix):
        content = read_bytes(path)
        check_memory(64 * len(content), str(path))
        if sheets := read_text_tables(utf8(content, str(path)).decode(), stem):
            return [replace(sheet, notes=encoding_note(content)) for sheet in sheets]
    if is_spreadsheet(head, path.suffix):
        sheets = read_spreadsheet(path)
        if len(sheets) == 1 and _SAYS_NOTHING.fullmatch(sheets[0].name):
            return [replace(sheets[0], name=stem)]
        return sheets
    if head.startswith(PARQUET_MAGIC) or plain.suffix.lower() in (".parquet", ".jsonl", ".ndjson", ".json"):
        return [Sheet(read_frame(path), stem)]
    sheet = _untidy(path, head, stem) or Sheet(read_frame(path), stem)
    return [replace(sheet, notes=encoding_note(read_bytes(path)))]


def sheet_of_text(text: str) -> Sheet:
    """The table in text that somebody copied: delimited, or of Markdown, HTML or LaTeX.

    Raises
    ------
    BadFile
        If it holds no table, or several.
    """
    where = "text"
    check_memory(64 * len(text), where)
    sheets = read_text_tables(text, "")
    if not sheets:
        separator = separator_of(text.strip(), Path(where))
        check_delimited(text.encode("utf-8", "replace"), separator, where)
        try:
            rows = _rows(text.strip(), separator)
        except csv.Error as error:
            raise BadFile(f"is not a whole table: {error}", where=where) from None
        sheet = sheet_of_rows(rows, "")
        if sheet is not None:
            _refuse_ragged(rows, sheet.above, where)
            sheets = [sheet]
    if len(sheets) != 1:
        found = f"{len(sheets)} tables" if sheets else "no table"
        raise BadFile(f"holds {found}", where=where, hint="give one table with a header and rows below it")
    return sheets[0]


def _is_lines(head: bytes) -> bool:
    """Whether a text has an object on its first line, and more below."""
    first, _, rest = head.strip().partition(b"\n")
    try:
        return bool(rest.strip()) and isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


def _untidy(path: Path, head: bytes, name: str) -> Sheet | None:
    """The table in delimited text whose header is not simply its first line; None for all else."""
    first = head.removeprefix(BYTE_ORDER_MARK).decode("utf-8", "replace")
    separator = separator_of(first, path)
    try:
        lines = _rows("\n".join(first.split("\n", LINES)[:LINES]), separator)
        found = sheet_of_rows(lines, name)
        if found is None or _is_tidy(found, lines):
            return None
        text = utf8(read_bytes(path).removeprefix(BYTE_ORDER_MARK), str(path))
        check_delimited(text, separator, str(path))
        rows = _rows(text.decode(), separator)
    except csv.Error:
        return None
    sheet = sheet_of_rows(rows, name)
    if sheet is not None:
        _refuse_ragged(rows, sheet.above, str(path))
    return sheet


def _is_tidy(sheet: Sheet, rows: list[list[str | None]]) -> bool:
    """Whether the header is the first line, and names each column once."""
    return sheet.above == 1 and sheet.frame.columns == [cell or "" for cell in rows[0]]


def _refuse_ragged(rows: list[list[str | None]], above: int, where: str) -> None:
    filled = [(number, row) for number, row in enumerate(rows) if any(cell is not None for cell in row)]
    width = len(filled[above - 1][1])
    for number, row in filled[above:]:
        if len(row) != width:
            raise BadFile(
                f"has {len(row)} of {width} cells", where=f"{where} line {number + 1}",
                hint="check that it is whole, and put cells that hold a comma in quotes",
            )  # fmt: skip


def _rows(text: str, separator: str) -> list[list[str | None]]:
    lines = csv.reader(io.StringIO(text), delimiter=separator)
    return [[cell.strip() or None for cell in line] for line in lines]
