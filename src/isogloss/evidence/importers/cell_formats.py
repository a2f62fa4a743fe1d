"""What a spreadsheet knows of a cell beside its value: whether it is shown in percent, and whether it was computed."""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from xml.parsers.expat import ExpatError, ParserCreate

from isogloss.errors import BadFile
from isogloss.evidence.bounds import check_memory

_SHEET = re.compile(r"<(?:\w+:)?sheet\b([^>]*)>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\b([^>]*)>")
_ATTRIBUTE = re.compile(r"""([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_FORMAT = re.compile(r"<(?:\w+:)?numFmt\b([^>]*)>")
_CELL_STYLES = re.compile(r"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", re.DOTALL)
_STYLE = re.compile(r"<(?:\w+:)?xf\b([^>]*)>")
_CELL = re.compile(r"<(?:\w+:)?c\b([^>]*)>")
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_UNCOMPUTED = re.compile(r"<(?:\w+:)?f\b[^>]*(?:/>|>[^<]*</(?:\w+:)?f>)(?!\s*<(?:\w+:)?v>[^<])")
_QUOTED = re.compile(r'"[^"]*"|\\.')
_OF_PERCENT = {"9", "10"}
"""Built-in formats of Excel: `0%` and `0.00%`."""
_ODS = re.compile(r"<table:(table-row|table-cell|covered-table-cell|table)(?=[\s/>])([^>]*)>")
MOST_REPEATED, FEW = 200, 100_000
"""Times that the cells of an ods file may be repeated on average, if they are more than so many then."""
CELL = 100
"""Bytes that a cell takes at most, beside its text; empty ones between others are kept in memory too."""

Place = tuple[int, int]


@dataclass(frozen=True)
class CellFormats:
    """What is known of the cells of a sheet.

    Attributes
    ----------
    percent : frozenset of (int, int)
        Row and column, from 0, of cells that are shown in percent: 0.815 as 81.5 %.
    uncomputed : int
        Formulas whose value the program that saved the file did not compute.
    """

    percent: frozenset[Place] = frozenset()
    uncomputed: int = 0


def cell_formats(archive: zipfile.ZipFile, where: str) -> dict[str, CellFormats]:
    """What is known of the cells of each sheet of an xlsx or ods file; of other spreadsheets nothing.

    Raises
    ------
    BadFile
        If an ods file repeats cells so often that they take too much memory.
    """
    names = set(archive.namelist())
    if "content.xml" in names:
        _check_whole(archive.read("content.xml"), where)
        return _of_ods(_text(archive, "content.xml"), where)
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return {}
    styles = _percent_styles(_text(archive, "xl/styles.xml")) if "xl/styles.xml" in names else frozenset()
    found = {}
    for name, member in _sheets(archive):
        if member in names:
            text = _text(archive, member)
            places = frozenset(_styled(text, styles)) if styles else frozenset()
            found[name] = CellFormats(places, len(_UNCOMPUTED.findall(text)))
    return found


def _check_whole(content: bytes, where: str) -> None:
    """Refuse XML that breaks off, at the end of which the reader of ods files would wait without end."""
    try:
        ParserCreate().Parse(content, True)
    except ExpatError as error:
        raise BadFile(f"is not a whole spreadsheet: {error}", where=where, hint="save it again, or give CSV") from None


def _text(archive: zipfile.ZipFile, member: str) -> str:
    return archive.read(member).decode("utf-8", "replace")


def _attributes(text: str) -> dict[str, str]:
    return {name: html.unescape(one or other) for name, one, other in _ATTRIBUTE.findall(text)}


def _sheets(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Each sheet by name, and the member of the archive that holds it."""
    relations = map(_attributes, _RELATION.findall(_text(archive, "xl/_rels/workbook.xml.rels")))
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    for sheet in map(_attributes, _SHEET.findall(_text(archive, "xl/workbook.xml"))):
        identifier = next((value for name, value in sheet.items() if name.endswith(":id")), None)
        target = targets.get(identifier, "")
        yield sheet.get("name", ""), target.removeprefix("/") if target[:1] == "/" else str(PurePosixPath("xl", target))


def _percent_styles(text: str) -> frozenset[str]:
    """Numbers of the styles of cells that show percentages."""
    formats = [_attributes(one) for one in _FORMAT.findall(text)]
    percent = {one.get("numFmtId") for one in formats if "%" in _QUOTED.sub("", one.get("formatCode", ""))}
    styles = _CELL_STYLES.search(text)
    numbers = [_attributes(one).get("numFmtId") for one in _STYLE.findall(styles[0])] if styles else []
    return frozenset(str(place) for place, number in enumerate(numbers) if number in percent | _OF_PERCENT)


def _styled(text: str, styles: frozenset[str]) -> Iterator[Place]:
    for attributes in map(_attributes, _CELL.findall(text)):
        if attributes.get("s") in styles and (place := _PLACE.fullmatch(attributes.get("r", ""))):
            column = 0
            for letter in place[1]:
                column = 26 * column + ord(letter) - 64
            yield int(place[2]) - 1, column - 1


def _of_ods(text: str, where: str) -> dict[str, CellFormats]:
    found: dict[str, set[Place]] = {"": set()}
    name, row, column, rows, filled, cells = "", -1, 0, 1, 0, 0
    for kind, written in _ODS.findall(text):
        attributes = _attributes(written)
        if kind == "table":
            name, row, rows = attributes.get("table:name", ""), 0, 0
            found[name] = set()
        elif kind == "table-row":
            row, column, rows = row + rows, 0, _times(attributes, "table:number-rows-repeated")
        else:
            times = _times(attributes, "table:number-columns-repeated")
            column += times
            if not written.endswith("/"):
                filled, cells = filled + rows * times, cells + 1
                check_memory(filled * CELL, where)
                if filled > max(MOST_REPEATED * cells, FEW):
                    raise BadFile(f"repeats {cells} cells {filled} times", where=where, hint="give CSV, or xlsx")
            if attributes.get("office:value-type") == "percentage":
                found[name].update((line, cell) for line in range(row, row + rows)
                                   for cell in range(column - times, column))  # fmt: skip
    return {name: CellFormats(frozenset(places)) for name, places in found.items()}


def _times(attributes: dict[str, str], name: str) -> int:
    written = attributes.get(name, "1")
    return int(written) if written.isdecimal() and len(written) < 8 else 1
