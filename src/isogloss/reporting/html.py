"""A document as one HTML file: read without scripts, printed on A4, its texts escaped, its pictures inside."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from functools import singledispatch
from html import escape
from pathlib import Path
from string import Template

from isogloss.reporting.document import LONG, Document, Grid, Items, Picture, Section
from isogloss.text import printable

STYLE = Path(__file__).parent / "data" / "report.css"
PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="color-scheme" content="light">
<title>$title</title>
<style>
$style</style>
</head>
<body>
<header><h1>$title</h1></header>
<main>
$sections
</main>
<footer><p>$footer</p></footer>
</body>
</html>
""")
"""The policy keeps the page from loading or running anything, whatever a name in it says."""


def to_html(document: Document) -> str:
    """The page of a document."""
    sections = "\n".join(_section(section, number) for number, section in enumerate(document.sections, start=1))
    return PAGE.substitute(
        title=_text(document.title), style=STYLE.read_text(encoding="utf-8"), sections=sections,
        footer=_text(document.footer),
    )  # fmt: skip


def _section(section: Section, number: int) -> str:
    parts = "\n".join(part_html(part) for part in section.parts)
    paged = ' class="new-page"' if section.new_page else ""
    if not section.title:
        return f"<section{paged}>\n{parts}\n</section>"
    heading = f'<h2 id="section-{number}">{_text(section.title)}</h2>'
    return f'<section{paged} aria-labelledby="section-{number}">\n{heading}\n{parts}\n</section>'


@singledispatch
def part_html(part: object) -> str:
    """A part of a document as HTML; what is none of the others is a paragraph."""
    return f"<p>{_text(str(part))}</p>"


@part_html.register
def _(part: Items) -> str:
    return f"<ul>{''.join(f'<li>{_text(text)}</li>' for text in part.texts)}</ul>"


@part_html.register
def _(part: Grid) -> str:
    halves = part.halves(LONG)
    tables = "".join(map(_table, halves))
    return (f'<div class="halves">{tables}</div>' if len(halves) > 1 else tables) + _note(part)


@part_html.register
def _(part: Picture) -> str:
    from isogloss.charts import to_svg

    data = b64encode(to_svg(part.chart).encode()).decode()
    return f'<figure><img alt="{_text(part.text)}" src="data:image/svg+xml;base64,{data}"></figure>'


def table_html(grid: Grid) -> str:
    """A table with the note below it."""
    return _table(grid) + _note(grid)


def _note(grid: Grid) -> str:
    return f"<p>{_text(grid.note)}</p>" if grid.note else ""


def _table(grid: Grid) -> str:
    kinds = [' class="number"' if number else "" for number in grid.numeric]
    head = "".join(
        f'<th scope="col"{kind}>{_text(name)}</th>' if name else "<td></td>"  # a header that says nothing is none
        for name, kind in zip(grid.columns, kinds, strict=True)
    )
    body = "".join(f"<tr>{_cells(row, kinds)}</tr>" for row in grid.rows)
    caption = f"<caption>{_text(grid.title)}</caption>" if grid.title else ""
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cells(row: Sequence[str], kinds: Sequence[str]) -> str:
    """The first cell names its row."""
    first = f'<th scope="row"{kinds[0]}>{_text(row[0])}</th>'
    return first + "".join(f"<td{kind}>{_text(cell)}</td>" for cell, kind in zip(row[1:], kinds[1:], strict=True))


def _text(value: str) -> str:
    return escape(printable(value))
