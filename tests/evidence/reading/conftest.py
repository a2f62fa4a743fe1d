from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

Rows = Sequence[Sequence[object]]

_TYPES = """<?xml version="1.0"?><Types
 xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"""
_RELATIONS = """<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
{}</Relationships>"""
_RELATION = (
    '<Relationship Id="rId{}" Target="{}" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}"/>'
)
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


@pytest.fixture
def xlsx(tmp_path) -> Callable[..., Path]:
    """Writes a spreadsheet, sheet by sheet; None is an empty cell. Names in `hidden` are hidden sheets.

    `percent` is the format in which all numbers are shown, `merged` are ranges of cells that are one (A2:A3).
    """

    def write(
        sheets: Mapping[str, Rows], name: str = "chess.xlsx", hidden: Sequence[str] = (),
        percent: str | None = None, merged: Sequence[str] = (),
    ) -> Path:  # fmt: skip
        path = tmp_path / name
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("[Content_Types].xml", _TYPES)
            archive.writestr("_rels/.rels", _RELATIONS.format(_RELATION.format(1, "xl/workbook.xml", "officeDocument")))
            listed, relations = "", ""
            for number, (title, rows) in enumerate(sheets.items(), start=1):
                state = ' state="hidden"' if title in hidden else ""
                listed += f'<sheet name="{escape(title)}" sheetId="{number}"{state} r:id="rId{number}"/>'
                relations += _RELATION.format(number, f"worksheets/sheet{number}.xml", "worksheet")
                archive.writestr(f"xl/worksheets/sheet{number}.xml", _sheet(rows, percent is not None, merged))
            if percent is not None:
                relations += _RELATION.format(len(sheets) + 1, "styles.xml", "styles")
                archive.writestr("xl/styles.xml", _STYLES.format(_MAIN, escape(percent, {'"': "&quot;"})))
            archive.writestr("xl/_rels/workbook.xml.rels", _RELATIONS.format(relations))
            names = f'{_MAIN} xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
            archive.writestr("xl/workbook.xml", f"<workbook {names}><sheets>{listed}</sheets></workbook>")
        return path

    return write


_STYLES = (
    '<styleSheet {}><numFmts><numFmt numFmtId="164" formatCode="{}"/></numFmts>'
    '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>'
)


def _sheet(rows: Rows, styled: bool, merged: Sequence[str]) -> str:
    written = ""
    for number, row in enumerate(rows, start=1):
        cells = "".join(_cell(f"{chr(65 + place)}{number}", value, styled) for place, value in enumerate(row))
        written += f'<row r="{number}">{cells}</row>'
    joined = "".join(f'<mergeCell ref="{cells}"/>' for cells in merged)
    joined = f"<mergeCells>{joined}</mergeCells>" if merged else ""
    return f"<worksheet {_MAIN}><sheetData>{written}</sheetData>{joined}</worksheet>"


def _cell(place: str, value: object, styled: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    if isinstance(value, bytes):
        return f'<c r="{place}"><f>{value.decode()}</f></c>'
    style = ' s="1"' if styled else ""
    return f'<c r="{place}"{style}><v>{value}</v></c>'


@pytest.fixture
def ods(tmp_path) -> Callable[..., Path]:
    """Writes a spreadsheet of LibreOffice with one sheet."""

    def write(rows: Rows, name: str = "chess.ods") -> Path:
        space = "urn:oasis:names:tc:opendocument:xmlns"
        names = " ".join(f'xmlns:{key}="{space}:{key}:1.0"' for key in ("office", "table", "text"))
        cells = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
        path = tmp_path / name
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            archive.writestr("META-INF/manifest.xml", "<manifest/>")
            archive.writestr(
                "content.xml",
                f"<office:document-content {names}><office:body><office:spreadsheet>"
                f'<table:table table:name="Sheet1">{cells}</table:table>'
                "</office:spreadsheet></office:body></office:document-content>",
            )
        return path

    return write


def _ods_cell(value: object) -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, str):
        return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'
    kind = "percentage" if isinstance(value, float) and value < 1 else "float"
    number = f'office:value-type="{kind}" office:value="{value}"'
    return f"<table:table-cell {number}><text:p>{value}</text:p></table:table-cell>"
