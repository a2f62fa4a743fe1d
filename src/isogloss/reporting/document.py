"""What a document is made of: headings, sentences, lists, tables of text, and pictures with a text alternative."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Items:
    """A list of short texts."""

    texts: Sequence[str]


@dataclass(frozen=True)
class Grid:
    """A table whose cells are text already.

    Attributes
    ----------
    columns : sequence of str
    rows : sequence of sequence of str
    numeric : sequence of bool
        For each column, whether it stands to the right.
    title : str
    note : str
        Below the table: how many rows it leaves out, for one.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: Sequence[bool]
    title: str = ""
    note: str = ""

    def halves(self, most: int) -> list[Grid]:
        """The table in two to stand side by side, where it has more than `most` rows and is narrow."""
        if len(self.rows) <= most or len(self.columns) > MOST_COLUMNS or self._letters > MOST_LETTERS:
            return [self]
        middle = (len(self.rows) + 1) // 2
        parts = enumerate((self.rows[:middle], self.rows[middle:]), start=1)
        title = self.title or "Table"
        return [Grid(self.columns, rows, self.numeric, f"{title} ({number} of 2)") for number, rows in parts]

    @property
    def _letters(self) -> int:
        """Letters of the widest cell of each column together."""
        return sum(max(map(len, cells)) for cells in zip(self.columns, *self.rows, strict=True))


MOST_COLUMNS, MOST_LETTERS = 5, 60
"""Columns, and letters across, of a table of which two fit beside each other."""
LONG = 14
"""Rows from which a narrow table is drawn in two halves."""


@dataclass(frozen=True)
class Picture:
    """A chart and what it shows in words, for who cannot see it."""

    chart: Any
    text: str


Part = str | Items | Grid | Picture
"""A paragraph, a list, a table or a picture."""


@dataclass(frozen=True)
class Section:
    """Parts under a heading.

    Attributes
    ----------
    title : str
        Empty for what stands under the title of the document itself.
    parts : sequence of Part
    new_page : bool
        Whether it begins a page on paper.
    """

    title: str
    parts: Sequence[Part]
    new_page: bool = False


@dataclass(frozen=True)
class Document:
    """A document.

    Attributes
    ----------
    title : str
    sections : sequence of Section
    footer : str
        On every page of paper, and at the end of the page on a screen.
    """

    title: str
    sections: Sequence[Section]
    footer: str = ""
