"""Tables as people lay them out: a title above the header, headers of two rows, names of columns that repeat."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import polars as pl

from isogloss.evidence.importers.cells import read_numbers
from isogloss.languages.context import read_column

LEVELS = " / "
"""Stands between the levels of a header of several rows in the name of a column."""

Row = Sequence[str | None]


@dataclass(frozen=True)
class Sheet:
    """One table of a file.

    Attributes
    ----------
    frame : polars.DataFrame
    name : str
        Of the sheet where there are several, else of the file; empty for a table in memory.
    headers : dict of str to tuple of str
        Column to the levels of its header, from the top, as they are written.
    title : str
        What stands above the header.
    above : int
        Filled rows above the first row of numbers.
    notes : tuple of str
        What else whoever reads it should know.
    halves : tuple of str
        Columns that were one with two numbers in each cell, as `55.1/60.2`, of which nothing says which is which.
    """

    frame: pl.DataFrame
    name: str = ""
    headers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    title: str = ""
    above: int = 1
    notes: tuple[str, ...] = ()
    halves: tuple[str, ...] = ()

    def header(self, column: str) -> tuple[str, ...]:
        """The levels of the header of a column."""
        return self.headers.get(column, (column,))


def sheet_of_rows(rows: Sequence[Row], name: str) -> Sheet | None:
    """The table in rows of cells, empty ones None; None where there is no table of two rows."""
    filled = [row for row in rows if any(cell is not None for cell in row)]
    width = max((_end(row) for row in filled), default=0)
    square = [[*row[:width], *[None] * (width - len(row))] for row in filled]
    first = _header_row(square)
    if first is None or len(square) - first < 2:
        return None
    if _is_data(square[first]):
        square.insert(first, _made_up(square[first]))
    depth = 2 if _has_two_levels(square[first:]) else 1
    title = " ".join(cell for row in square[:first] for cell in row if cell is not None)
    levels = _levels(square[first : first + depth])
    data = square[first + depth :]
    kept = [place for place in range(width) if levels[place] or any(row[place] is not None for row in data)]
    names = unique_names([LEVELS.join(levels[place]) or f"column {place + 1}" for place in kept])
    columns = {name: [row[place] for row in data] for name, place in zip(names, kept, strict=True)}
    headers = {name: levels[place] or (name,) for name, place in zip(names, kept, strict=True)}
    return Sheet(pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)), name, headers, title, first + depth)


def repeated_name(name: str) -> str | None:
    """The name that stands before, of one with a number behind it."""
    match = re.fullmatch(r"(.*) \[\d+\]", name)
    return match[1] if match else None


def unique_names(names: Sequence[str]) -> list[str]:
    """Names with their number behind those that stood before: `swa`, `swa [2]`."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(f"{name} [{seen[name]}]" if seen[name] > 1 else name)
    return found


def _end(row: Row) -> int:
    return max((place + 1 for place, cell in enumerate(row) if cell is not None), default=0)


def _count(row: Row) -> int:
    return sum(cell is not None for cell in row)


def _header_row(rows: Sequence[Row]) -> int | None:
    """The first row that is filled about as much as those below it: a title fills one cell."""
    if not rows:
        return None
    counts = [_count(row) for row in rows]
    usual = sorted(counts)[len(counts) // 2]
    for place, count in enumerate(counts):
        groups = rows[place][0] is None and count > 1  # names of groups of columns leave the first one free
        if (count * 2 >= usual or groups) and (count > 1 or usual == 1):
            return place
    return None


def _numbers(row: Row) -> list[bool]:
    found = read_numbers(pl.Series("", row, dtype=pl.String)).values
    return found.is_not_null().to_list()


def _is_data(row: Row) -> bool:
    """Whether what stands where a header should is a row of scores: a language, and nothing but numbers beside it."""
    texts = [cell for cell, number in zip(row, _numbers(row), strict=True) if cell is not None and not number]
    return len(texts) == 1 < _count(row) and bool(read_column(texts).languages)


def _made_up(row: Row) -> list[str | None]:
    """A header for a table that has none."""
    numbers = _numbers(row)
    return ["language" if not number else f"system {sum(numbers[: place + 1])}" for place, number in enumerate(numbers)]


def _has_two_levels(rows: Sequence[Row]) -> bool:
    """Whether the second row is a header too: of text, below a row with gaps or repetitions, above numbers."""
    if len(rows) < 3:
        return False
    top, second, data = rows[0], rows[1], rows[2:]
    if any(_numbers(second)):
        return False
    below = [any(column) for column in zip(*map(_numbers, data[:20]), strict=True)]
    numbered = [place for place, has in enumerate(below) if has]
    if len(numbered) < 2 or any(second[place] is None for place in numbered):
        return False
    written = [top[place] for place in numbered if top[place] is not None]
    return bool(written) and (len(written) < len(numbered) or len(set(written)) < len(written))


def _levels(header: Sequence[Row]) -> list[tuple[str, ...]]:
    """The header of each column from the top down; a cell of an upper row holds for the empty ones right of it."""
    if len(header) == 1:
        return [(cell.strip(),) if cell else () for cell in header[0]]
    top, bottom = header
    spread = list(top)
    for place, (left, right) in enumerate(pairwise(spread)):
        if right is None and bottom[place + 1] is not None and bottom[place] is not None:
            spread[place + 1] = spread[place] if spread[place] is not None else left
    return [
        tuple(dict.fromkeys(cell.strip() for cell in pair if cell is not None))
        for pair in zip(spread, bottom, strict=True)
    ]
