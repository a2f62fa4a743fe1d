"""Numbers as people write them in cells: `42.5%`, `81,4`, `55.1 ± 0.4`, `**61.0**`, `n/a`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from isogloss.text import counted

ABSENT = frozenset(
    {
        *(
            "",
            "-",
            "--",
            "---",
            "–",
            "—",
            "−",
            "?",
            "??",
            "???",
            "*",
            ".",
            "..",
            "...",
            "…",
            "/",
            "x",
            "n/a",
            "n.a.",
            "n.a",
            "na",
        ),
        *("nan", "none", "null", "nil", "oom", "tbd", "todo", "err", "error", "failed", "timeout", "missing", "n/d"),
        *("#n/a", "#value!", "#div/0!", "#ref!", "#name?", "not available", "not applicable", "unknown"),
    }
)
"""What people and programs write where there is no number, in small letters."""

_DECORATION = re.compile(
    r"\\(?:textbf|textit|underline|emph|mathbf|bf|text|mathrm)\b|</?(?:b|strong|i|em|u|sup|sub|span|mark)\b[^>]*>"
    r"|[*_`${}†‡§¶↑↓▲▼🥇🥈🥉\\]|&nbsp;|\u00a0|\u202f"
)
_NUMBER = r"[-+−]?(?:\d+(?:[.,]\d+)?|[.,]\d+)(?:[eE][-+]?\d+)?"
_CELL = re.compile(
    rf"(?P<value>{_NUMBER})\s*(?P<percent>%?)\s*"
    rf"(?:(?:±|\+/-|\+-|pm)\s*(?P<error>{_NUMBER})\s*%?|[(\[]\s*(?P<beside>[^()\[\]]*)[)\]])?"
)
_COMMA = re.compile(r"[-+−]?(\d*),(\d+)")


LOOKED_AT = 5_000
"""Values of a column that are looked at to tell what it holds."""


@dataclass(frozen=True)
class Numbers:
    """A column of cells as numbers.

    Attributes
    ----------
    values, errors : polars.Series of Float64
        The number in each cell, and what stands behind a `±`; null where there is none.
    percent : polars.Series of Boolean
        Whether a percent sign follows.
    wrong : polars.Series of Boolean
        Whether a cell holds something that is neither a number nor a way to write that there is none.
    notes : tuple of str
        What was left out, and what was taken for what.
    """

    values: pl.Series
    errors: pl.Series
    percent: pl.Series
    wrong: pl.Series
    notes: tuple[str, ...] = ()


def read_numbers(column: pl.Series) -> Numbers:
    """Read a column of text as numbers; one of numbers is as it is."""
    count = len(column)
    nothing = pl.Series([None], dtype=pl.Float64).new_from_index(0, count)
    no = pl.Series([False]).new_from_index(0, count)
    if column.dtype != pl.String:
        values = column.cast(pl.Float64, strict=False)
        return Numbers(values, nothing, no, values.is_null() & column.is_not_null())
    values = column.str.strip_chars().cast(pl.Float64, strict=False).fill_nan(None)
    if values.null_count() == column.null_count():
        return Numbers(values, nothing, no, no)
    written = column.filter(values.is_null() & column.is_not_null()).unique(maintain_order=True).to_list()
    if not written:
        return Numbers(values, nothing, no, no)
    plain = {cell: _DECORATION.sub("", cell).strip() for cell in written}
    comma = _commas_are_decimal(plain.values())
    read = {cell: _read(text, comma) for cell, text in plain.items()}
    looked_up = pl.DataFrame(
        [(cell, *found) for cell, found in read.items()],
        schema={
            "_cell": pl.String,
            "v": pl.Float64,
            "e": pl.Float64,
            "p": pl.Boolean,
            "w": pl.Boolean,
            "b": pl.Boolean,
        },
        orient="row",
    )
    joined = column.alias("_cell").to_frame().join(looked_up, on="_cell", how="left", maintain_order="left")
    beside, errors = int(joined["b"].fill_null(False).sum()), len(joined["e"].drop_nulls())
    are = {count: "is" if count == 1 else "are" for count in (errors, beside)}
    notes = [f"{counted(errors, 'number')} behind ± {are[errors]} read as standard errors"] if errors else []
    notes += [f"{counted(beside, 'number')} in parentheses beside scores {are[beside]} left out"] if beside else []
    return Numbers(
        pl.select(pl.coalesce(values, joined["v"])).to_series(),
        joined["e"],
        joined["p"].fill_null(False),
        joined["w"].fill_null(False),
        tuple(notes),
    )


def is_numeric(column: pl.Series) -> bool:
    """Whether most cells that are not empty are numbers, and there is one at all."""
    if column.dtype.is_numeric():
        return True
    if column.dtype != pl.String:
        return False
    numbers = read_numbers(column.head(LOOKED_AT))
    counted = int(numbers.values.is_not_null().sum())
    return counted > 0 and int(numbers.wrong.sum()) < counted


def number_in(cell: str) -> float | None:
    """The number in one cell; None where there is none."""
    plain = _DECORATION.sub("", cell).strip()
    return _read(plain, _commas_are_decimal([plain]))[0]


def is_absent(cell: str) -> bool:
    """Whether a cell says that there is no number."""
    return cell.strip().casefold() in ABSENT


_HALVES = re.compile(rf"\s*({_NUMBER}\s*%?)\s*[/|]\s*({_NUMBER}\s*%?)\s*")


def halves(column: pl.Series) -> tuple[pl.Series, pl.Series] | None:
    """Two columns in place of one whose cells hold two numbers each, as `55.1/60.2`; None for all else."""
    if column.dtype != pl.String:
        return None
    cells = column.drop_nulls().head(LOOKED_AT)
    if not cells.str.contains(r"[/|]").any():  # asked first, as few columns hold any
        return None
    looked_at = [cell for cell in cells.to_list() if not is_absent(cell)]
    both = sum(_HALVES.fullmatch(_DECORATION.sub("", cell)) is not None for cell in looked_at)
    if not looked_at or 2 * both <= len(looked_at):
        return None
    plain = {cell: _DECORATION.sub("", cell) for cell in column.drop_nulls().unique().to_list()}
    found = {cell: match.groups() if (match := _HALVES.fullmatch(text)) else (cell, None)
             for cell, text in plain.items()}  # fmt: skip
    first, second = (
        column.replace_strict({cell: parts[side] for cell, parts in found.items()}, return_dtype=pl.String)
        for side in (0, 1)
    )
    return first, second


def _read(text: str, comma: bool) -> tuple[float | None, float | None, bool, bool, bool]:
    """Value, error, whether in percent, whether it is no number at all, and whether more stands beside it."""
    if is_absent(text):
        return None, None, False, False, False
    match = _CELL.fullmatch(text)
    if match is None or (not comma and _COMMA.search(text)):
        return None, None, False, True, False
    error = match["error"]
    return (
        _float(match["value"]),
        _float(error) if error else None,
        bool(match["percent"]),
        False,
        bool(match["beside"]),
    )


def _float(text: str) -> float:
    return float(text.replace(",", ".").replace("−", "-"))


def _commas_are_decimal(cells: Iterable[str]) -> bool:
    """Whether commas are decimal points: not if each stands before three digits, as it may mean a thousand."""
    found = [match for cell in cells for match in _COMMA.finditer(cell)]
    return any(len(match[2]) != 3 or match[1] in ("", "0") for match in found)
