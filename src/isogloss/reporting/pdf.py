"""A document as a PDF: A4, tagged for screen readers (PDF/UA-1), typeset by Typst without a network."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import asdict
from functools import singledispatch
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from isogloss.errors import BadValue
from isogloss.extras import need
from isogloss.reporting.document import LONG, Document, Grid, Items, Picture
from isogloss.text import printable

TEMPLATE = Path(__file__).parent / "data" / "report.typ"
PIXEL_SCALE = 1.25
"""Of pictures against their canvas: 280 dots per inch on A4."""


def to_pdf(document: Document) -> bytes:
    """The PDF of a document.

    Raises
    ------
    MissingExtra
        Without the extra `pdf`.
    BadValue
        If no font on this machine has a letter of the document: screen readers would not read it.

    Notes
    -----
    Texts reach the typesetter as data, so that none of them is read as its language.
    """
    need("typst", extra="pdf")
    import typst

    with TemporaryDirectory() as name:
        folder = Path(name)
        sections = [
            {"title": printable(section.title), "new_page": section.new_page,
             "parts": [_part(part, folder) for part in section.parts]}
            for section in document.sections
        ]  # fmt: skip
        content = {"title": printable(document.title), "footer": printable(document.footer), "sections": sections}
        (folder / "document.json").write_text(json.dumps(content), encoding="utf-8")
        shutil.copy(TEMPLATE, folder / "report.typ")
        try:
            made: bytes = typst.compile(
                str(folder / "report.typ"), root=str(folder), format="pdf", pdf_standards=["ua-1"]
            )
        except typst.TypstError as error:
            if (letter := _WITHOUT_FONT.search(str(error))) is None:
                raise
            hint = "install a font of that script, such as one of Noto, or write .html"
            raise BadValue(f"no font on this machine has '{letter[1]}'", where="PDF", hint=hint) from None
    return made


_WITHOUT_FONT = re.compile(r'the text `"(.+?)"` could not be displayed')


@singledispatch
def _part(part: object, folder: Path) -> dict[str, Any]:
    """A part of a document for the template; pictures are written to `folder`."""
    return {"kind": "paragraph", "text": printable(str(part))}


@_part.register
def _(part: Items, folder: Path) -> dict[str, Any]:
    return {"kind": "items", "texts": [printable(text) for text in part.texts]}


@_part.register
def _(part: Grid, folder: Path) -> dict[str, Any]:
    halves = [asdict(half) for half in part.halves(LONG)]
    for half in halves:
        half["columns"], half["title"] = [printable(name) for name in half["columns"]], printable(half["title"])
        half["rows"] = [[printable(cell) for cell in row] for row in half["rows"]]
    return {"kind": "grid", "halves": halves, "note": printable(part.note)}


@_part.register
def _(part: Picture, folder: Path) -> dict[str, Any]:
    from isogloss.charts.files import png

    name = f"{len(list(folder.iterdir()))}.png"
    (folder / name).write_bytes(png(part.chart, PIXEL_SCALE))
    return {"kind": "picture", "file": name, "text": printable(part.text)}
