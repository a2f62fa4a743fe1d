"""What an answer holds: sentences, tables, a picture that can be drawn, and what it rests on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from isogloss.questions.scale import FRACTION, Scale
from isogloss.text import counted

if TYPE_CHECKING:
    import polars as pl

    from isogloss.reporting import Document, Grid

MOST_LISTED = 8
"""Entries of a list that a cell shows."""


@dataclass(frozen=True)
class Table:
    """A table of an answer.

    Attributes
    ----------
    frame : polars.DataFrame
        All of it, scores on the reader's scale.
    title : str
    shown : mapping of str to str or polars.Expr
        Header to column, of what a terminal and a notebook show; all columns by default.
    digits : int
        Decimals of the numbers shown.
    rows : int, optional
        How many rows are shown; all by default.
    """

    frame: pl.DataFrame
    title: str = ""
    shown: Mapping[str, str | pl.Expr] = field(default_factory=dict)
    digits: int = 3
    rows: int | None = None

    def view(self) -> pl.DataFrame:
        """What is shown of it: some columns under headers for readers, some rows."""
        chosen = self.frame.select(**self.shown) if self.shown else self.frame
        return chosen if self.rows is None else chosen.head(self.rows)

    def grid(self, *, whole: bool = False) -> Grid:
        """The cells as they are shown, as text; `whole` has all rows, else a note says how many are left out."""
        from isogloss.reporting import Grid

        view = replace(self, rows=None).view() if whole else self.view()
        rows = [[self.cell(value) for value in row] for row in view.iter_rows()]
        left = self.frame.height - view.height
        note = f"... and {counted(left, 'row')} more" if left > 0 and not whole else ""
        return Grid(view.columns, rows, [kind.is_numeric() for kind in view.schema.values()], self.title, note)

    def cell(self, value: Any) -> str:
        """A value as it is shown."""
        if value is None:
            return "-"
        if isinstance(value, float):
            return f"{value:z.{self.digits}f}" if math.isfinite(value) else "-"
        if isinstance(value, list):
            more = [f"... and {len(value) - MOST_LISTED} more"] if len(value) > MOST_LISTED else []
            return ", ".join([str(one).replace("_", " ") for one in value[:MOST_LISTED]] + more)
        return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


@dataclass(frozen=True)
class Content:
    """The content of an answer.

    Attributes
    ----------
    question : str
        Name of the question, such as `forecast`.
    sentences : tuple of str
        What it means; the first is the verdict.
    tables : mapping of str to Table
        By name; the first is the main one.
    scale : Scale
        Of the scores in sentences, tables and pictures.
    flags : polars.DataFrame or None
        One row per warning: what it is about, the flag and what it means.
    notes : tuple of str
        What the answer rests on: shown on demand.
    assumptions : tuple of str
        How the evidence was read, where it did not say it itself.
    details : mapping of str to object
        What else there is, for JSON; scores in it are as they are stored (fractions).
    result : object
        The object of the library that the answer was made from, scores as they are stored.
    draw : callable, optional
        Draws the picture.
    views : mapping of str to callable
        By name: draws another picture of it.
    page : callable, optional
        Writes a page of its own, where there is a better one than verdict, picture and tables.
    document : callable, optional
        Composes a document of its own for `.html` and `.pdf`, given the name of the file.
    failed : bool
        Whether a part of the work failed; the shell exits with 1.
    """

    question: str
    sentences: tuple[str, ...]
    tables: Mapping[str, Table]
    scale: Scale = FRACTION
    flags: pl.DataFrame | None = None
    notes: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    result: Any = None
    failed: bool = False
    draw: Callable[[], Any] | None = field(default=None, repr=False)
    views: Mapping[str, Callable[[], Any]] = field(default_factory=dict, repr=False)
    page: Callable[[], str] | None = field(default=None, repr=False)
    document: Callable[[str], Document] | None = field(default=None, repr=False)

    @property
    def verdict(self) -> str:
        """What it means, in one sentence."""
        return self.sentences[0] if self.sentences else ""

    @property
    def table(self) -> pl.DataFrame:
        """The main table, whole."""
        return next(iter(self.tables.values())).frame

    def to_dict(self) -> dict[str, Any]:
        """All of it, of plain types that JSON can hold; numbers that it cannot hold are None."""
        flags = [] if self.flags is None else self.flags.to_dicts()
        in_answer = {"words", "notes", *self.tables}
        details = {name: value for name, value in self.details.items() if name not in in_answer}
        whole = {
            "question": self.question, "verdict": self.verdict, "sentences": self.sentences, "notes": self.notes,
            "assumptions": self.assumptions, "scale": self.scale.name, "flags": flags,
            "tables": {name: table.frame.to_dicts() for name, table in self.tables.items()}, "details": details,
        }  # fmt: skip
        return dict(_plain(whole))


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if value is None or isinstance(value, str | int | bool):
        return value
    if hasattr(value, "item"):  # a number of numpy
        return _plain(value.item())
    return str(value)
