"""Tables in texts: of Markdown, HTML and LaTeX; several may stand in one file, between paragraphs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

from isogloss.errors import BadFile
from isogloss.evidence.importers.sheets import Row, Sheet, sheet_of_rows

SUFFIXES = (".md", ".markdown", ".html", ".htm", ".tex", ".latex", ".txt")
MAX_SPAN = 200
"""Columns or rows that a cell of HTML may span."""
MAX_CELLS = 1_000_000
LONGEST_HEADING = 300

_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*")
_HEADING = re.compile(r"\s*#+\s*(.+?)\s*#*\s*|\s*\*\*(.+?)\*\*:?\s*")
_TABULAR = re.compile(r"\\begin\{(tabular[x*]?|longtable)\}(.*?)\\end\{\1\}", re.DOTALL)
_MULTICOLUMN = re.compile(r"\\multicolumn\{(\d+)\}\{[^{}]*\}\{((?:[^{}]|\{[^{}]*\})*)\}")
_OPTION = r"(?:\[[^\]]*\])?"
_MULTIROW = re.compile(
    rf"\\multirow\*?{_OPTION}\{{(\d+)\}}{_OPTION}\{{[^{{}}]*\}}{_OPTION}\{{((?:[^{{}}]|\{{[^{{}}]*\}})*)\}}"
)
_RULES = re.compile(r"\\(?:toprule|midrule|bottomrule|hline|cmidrule(?:\([^)]*\))?\{[^}]*\}|cline\{[^}]*\}|\[[^\]]*\])")
_COMMAND = re.compile(
    r"\\(?:textbf|textit|textsc|texttt|underline|emph|mathbf|text|mathrm|bf|it|small|footnotesize)\b\s*"
)
_CAPTION = re.compile(r"\\caption\*?\{((?:[^{}]|\{[^{}]*\})*)\}")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_TAG = re.compile(r"<[^<>]{1,200}>")


def is_text_table(head: bytes, suffix: str) -> bool:
    """Whether a file is a text that holds a table, by its ending and its first bytes."""
    text = head.decode("utf-8", "replace")
    if suffix.lower() not in SUFFIXES:
        return False
    return "<table" in text.casefold() or "\\begin{tabular" in text or bool(_markdown_starts(text.splitlines()))


def read_text_tables(text: str, name: str) -> list[Sheet]:
    """Every table in a text; one of several is called after the heading above it."""
    found = [*_markdown(text), *_html(text), *_latex(text)]
    sheets = []
    for number, (heading, rows) in enumerate(found, start=1):
        called = name if len(found) == 1 else heading or f"{name} {number}"
        if (sheet := sheet_of_rows(rows, called)) is not None:
            sheets.append(replace(sheet, title=" ".join(filter(None, (heading, sheet.title)))))
    return sheets


def _markdown_starts(lines: list[str]) -> list[int]:
    return [
        number
        for number, line in enumerate(lines[1:], start=1)
        if "|" in line and "-" in line and _RULE.fullmatch(line) and "|" in lines[number - 1]
    ]


def _markdown(text: str) -> Iterator[tuple[str, list[Row]]]:
    lines = text.splitlines()
    heading, starts = "", set(_markdown_starts(lines))
    for number, line in enumerate(lines):
        if len(line) < LONGEST_HEADING and (match := _HEADING.fullmatch(line)):
            heading = match[1] or match[2]
        if number not in starts:
            continue
        body = [lines[number - 1]]
        for below in lines[number + 1 :]:
            if "|" not in below:
                break
            body.append(below)
        yield heading, [_cells(row) for row in body]


def _cells(line: str) -> Row:
    row = line.strip().removeprefix("|").removesuffix("|").replace("\\|", "\0")
    return [_clean(cell.replace("\0", "|")) for cell in row.split("|")]


def _clean(cell: str) -> str | None:
    """A cell without emphasis, links and tags."""
    plain = _TAG.sub("", _LINK.sub(r"\1", cell)).strip()
    for mark in ("**", "__", "*", "`"):
        if plain.startswith(mark) and plain.endswith(mark) and len(plain) > 2 * len(mark):
            plain = plain.removeprefix(mark).removesuffix(mark).strip()
    return plain or None


def _html(text: str) -> list[tuple[str, list[Row]]]:
    if "<table" not in text.casefold():
        return []
    parser = _Tables()
    parser.feed(text)
    parser.close()
    return [(heading, _spread(rows)) for heading, rows in parser.tables]


class _Tables(HTMLParser):
    """Collects the cells of tables; scripts and styles are text of no table."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[tuple[str, list[list[tuple[str, int, int]]]]] = []
        self._texts: list[str] | None = None
        self._spans = (1, 1)
        self._heading = ""
        self._silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._silent = True
        elif tag == "table":
            self.tables.append((self._heading, []))
        elif tag == "tr" and self.tables:
            self._close()
            self.tables[-1][1].append([])
        elif tag in ("td", "th") and self.tables and self.tables[-1][1]:
            self._close()
            given = dict(attrs)
            self._spans = (_span(given.get("colspan")), _span(given.get("rowspan")))
            self._texts = []
        elif tag in ("h1", "h2", "h3", "h4", "caption"):
            self._texts = []

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._silent = False
        elif tag in ("td", "th", "tr", "table"):
            self._close()
        elif tag in ("h1", "h2", "h3", "h4", "caption") and self._texts is not None:
            self._heading, self._texts = " ".join("".join(self._texts).split()), None

    def handle_data(self, data: str) -> None:
        if self._texts is not None and not self._silent:
            self._texts.append(data)

    def _close(self) -> None:
        if self._texts is not None and self.tables and self.tables[-1][1]:
            self.tables[-1][1][-1].append((" ".join("".join(self._texts).split()), *self._spans))
        self._texts = None


def _span(value: str | None) -> int:
    return min(int(value), MAX_SPAN) if value and value.isdecimal() and int(value) > 0 else 1


def _spread(rows: list[list[tuple[str, int, int]]]) -> list[Row]:
    """Cells that span several columns or rows as one cell and empty ones; in the rows below, the cell again."""
    below: dict[tuple[int, int], str] = {}
    spread: list[Row] = []
    for number, cells in enumerate(rows):
        row: list[str | None] = []
        waiting = list(cells)
        while waiting or (number, len(row)) in below:
            if (number, len(row)) in below:
                row.append(below[number, len(row)] or None)
                continue
            text, across, down = waiting.pop(0)
            for lower in range(1, min(down, len(rows) - number)):
                below[number + lower, len(row)] = text
            if len(below) > MAX_CELLS:
                raise BadFile("has cells that span too much", where="table", hint="give CSV")
            row += [text or None, *[None] * (across - 1)]
        spread.append(row)
    return spread


def _latex(text: str) -> Iterator[tuple[str, list[Row]]]:
    for match in _TABULAR.finditer(text):
        body = re.sub(r"(?<!\\)%.*", "", match[2])
        body = re.sub(r"^\s*(\[[^\]]*\])?\s*(\{(?:[^{}]|\{[^{}]*\})*\}\s*)+", "", body)
        rows = _latex_rows(re.split(r"\\\\(?:\[[^\]]*\])?", _RULES.sub("", body)))
        around = text[max(0, match.start() - 500) : match.start()], text[match.end() : match.end() + 500]
        before, after = (_CAPTION.findall(part.rpartition("\\end{table")[2] if part is around[0]
                                          else part.partition("\\begin{table")[0]) for part in around)  # fmt: skip
        yield next(iter([*before[-1:], *after[:1]]), ""), [row for row in rows if any(row)]


def _latex_rows(lines: list[str]) -> list[Row]:
    """Rows of cells; a cell that spans several rows stands in each of them."""
    below: dict[tuple[int, int], str | None] = {}
    rows: list[Row] = []
    for number, line in enumerate(lines):
        cells = _latex_cells(line)
        for place, cell in enumerate(cells):
            if (match := _MULTIROW.fullmatch(cell.strip())) is not None:
                cells[place] = match[2]
                for lower in range(1, min(int(match[1][:3]), MAX_SPAN)):
                    below[number + lower, place] = match[2]
            elif not cell.strip() and (number, place) in below:
                cells[place] = below[number, place] or ""
        rows.append([_plain(cell) for cell in cells])
    return rows


def _latex_cells(line: str) -> list[str]:
    spread = _MULTICOLUMN.sub(lambda match: match[2] + "&" * (int(match[1][:3]) - 1), line)
    return re.split(r"(?<!\\)&", spread)


def _plain(cell: str) -> str | None:
    return re.sub(r"[{}$~]", " ", _COMMAND.sub("", cell)).replace("\\", "").strip() or None
