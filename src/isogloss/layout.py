"""Tables as lines of text: columns side by side where they fit, else one field per line; no number is ever broken."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass

GAP = "  "
NARROWEST = 12
"""Characters that a column of text keeps, if it has so many, before fields are put below each other."""

_PIECE = re.compile(r"\s*(?:[^\s,;|/_=-]|(?<=\de)-(?=\d))*[,;|/_=-]*")
"""What stays on one line: a word with what follows it, such as `eng:1000,`, `Llama-` or `C=`; `1e-05` is one."""


@dataclass(frozen=True)
class Column:
    """A column as it is to be shown.

    Attributes
    ----------
    name : str
    cells : sequence of str
    numeric : bool
        Whether it holds numbers, which are aligned to the right.
    """

    name: str
    cells: Sequence[str]
    numeric: bool = False

    @property
    def full(self) -> int:
        """The width at which nothing is broken."""
        return max(map(_length, (self.name, *self.cells)))

    @property
    def least(self) -> int:
        """The width below which a number would be broken, or too little of a text be left."""
        if self.numeric:
            return max(self.full, 1)
        pieces = (piece for cell in self.cells for piece in _pieces(cell) if any(map(str.isdigit, piece)))
        return max(min(self.full, NARROWEST), *map(_length, pieces), 1) if self.cells else max(self.full, 1)


def lay_out(columns: Sequence[Column], width: int) -> tuple[list[str], list[str]]:
    """Lines of a table.

    Parameters
    ----------
    columns : sequence of Column
        Cells that cannot act on a terminal (see `isogloss.text.printable`).
    width : int
        Characters that a line may have; one is longer only if a single number is.

    Returns
    -------
    header, body : list of str
        The lines of the header are none where fields are below each other, each after its name.
    """
    full, room = [column.full for column in columns], width - len(GAP) * (len(columns) - 1)
    widths = full
    if sum(full) > room:  # else nothing is broken, and of many rows it takes long to find out what could be
        least = [column.least for column in columns]
        if sum(least) > room:
            return [], _below_each_other(columns, width)
        widths = _shared(least, full, room - sum(least))
    rows = zip(*(column.cells for column in columns), strict=True)
    header = _row([column.name for column in columns], widths, columns)
    return header, [line for row in rows for line in _row(row, widths, columns)]


def paragraph(text: str, width: int) -> list[str]:
    """Lines of a text, those that are too long broken between words, and words longer than a line within."""
    lines: list[str] = []
    for line in text.split("\n"):
        if _length(line) <= width:
            lines.append(line.rstrip())
            continue
        start = len(lines)
        for word in line.split():
            if len(lines) > start and _length(lines[-1]) + 1 + _length(word) <= width:
                lines[-1] += f" {word}"
                continue
            while _length(word) > width:
                cut = _cut(word, width)
                lines.append(word[:cut])
                word = word[cut:]
            lines.append(word)
    return lines


def terminal_width() -> int:
    """Characters in a line of the terminal, 80 where there is none."""
    return max(shutil.get_terminal_size((80, 24)).columns, 1)


def _shared(least: Sequence[int], full: Sequence[int], room: int) -> list[int]:
    """Widths of columns: those that need little more get it, the others share what is left."""
    widths = list(least)
    needy = sorted(range(len(least)), key=lambda place: full[place] - least[place])
    for left, place in zip(range(len(needy), 0, -1), needy, strict=True):
        more = min(full[place] - least[place], room // left)
        widths[place] += more
        room -= more
    return widths


def _row(cells: Sequence[str], widths: Sequence[int], columns: Sequence[Column]) -> list[str]:
    broken = [_broken(cell, width) for cell, width in zip(cells, widths, strict=True)]
    lines = []
    for number in range(max(map(len, broken))):
        parts = [lines_of[number] if number < len(lines_of) else "" for lines_of in broken]
        padded = [
            " " * (width - _length(part)) + part if column.numeric else part + " " * (width - _length(part))
            for part, width, column in zip(parts, widths, columns, strict=True)
        ]
        lines.append(GAP.join(padded).rstrip())
    return lines


def _below_each_other(columns: Sequence[Column], width: int) -> list[str]:
    """Each row as lines of a name and a value, with an empty line after it."""
    names = max(_length(column.name) for column in columns)
    lines = []
    for row in zip(*(column.cells for column in columns), strict=True):
        for column, cell in zip(columns, row, strict=True):
            first, *others = _broken(cell, width - names - len(GAP))
            lines.append(f"{column.name}{' ' * (names - _length(column.name))}{GAP}{first}".rstrip())
            lines += [f"{' ' * names}{GAP}{other}" for other in others]
        lines.append("")
    return lines[:-1]


def _broken(text: str, width: int) -> list[str]:
    """Text in lines of a width, broken after words and marks; within a word only if it is longer and no number."""
    width = max(width, 1)
    if _length(text) <= width:
        return [text.strip()]
    lines = [""]
    for piece in _pieces(text):
        if _length(lines[-1] + piece) > width and lines[-1]:
            lines.append("")
        piece = piece if lines[-1] else piece.lstrip()
        while _length(piece) > width and not any(map(str.isdigit, piece)):
            cut = _cut(piece, width)
            lines[-1:] = [piece[:cut], ""]
            piece = piece[cut:]
        lines[-1] += piece
    return [line.rstrip() for line in lines if line] or [""]


def _cut(text: str, width: int) -> int:
    """How many characters of a text fit into a width; one at least."""
    count = 1
    while count < len(text) and _length(text[: count + 1]) <= width:
        count += 1
    return count


def _pieces(text: str) -> list[str]:
    return [piece for piece in _PIECE.findall(text) if piece]


def _length(text: str) -> int:
    """Columns that a text takes on a terminal, where some characters take two and some none."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
