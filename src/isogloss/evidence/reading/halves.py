"""Cells with two numbers, as `55.1/60.2`: two columns in place of one, each of its own metric."""

from __future__ import annotations

import re
from dataclasses import replace

import polars as pl

from isogloss.evidence.importers.base import ReadOptions
from isogloss.evidence.importers.cells import halves
from isogloss.evidence.importers.sheets import Sheet
from isogloss.evidence.reading.columns import may_be_scores
from isogloss.evidence.reading.decisions import Confidence, Decision
from isogloss.evidence.reading.vocabulary import is_metric

FIRST, SECOND = "first", "second"
"""What two numbers in a cell are called of which nothing says which is which."""


def _two_names(text: str) -> tuple[str, str, str] | None:
    """What stands before the two names at the end of a text, and the names: `Rook (F1/EM)` is Rook, F1, EM."""
    plain = text.strip().rstrip(")]").rstrip()
    sign = max(plain.rfind("/"), plain.rfind("|"))
    before, second = plain[: max(sign, 0)].rstrip(), plain[sign + 1 :].strip()
    first = re.split(r"[\s(\[:,]", before)[-1]
    if sign < 1 or not first or not second or first == second or re.search(r"[\s()\[\]]", second):
        return None
    return before.removesuffix(first).rstrip(" ([:,-"), first, second


def with_halves_apart(sheet: Sheet) -> Sheet:
    """The table with two columns in place of each whose cells hold two numbers, as `55.1/60.2`.

    Columns that hold something else by their headers stay as they are, such as models called `0/0`, or dates.
    """
    columns: list[pl.Series] = []
    headers = dict(sheet.headers)
    unnamed: list[str] = []
    for name in sheet.frame.columns:
        both = halves(sheet.frame[name]) if may_be_scores(sheet, name) else None
        if both is None:
            columns.append(sheet.frame[name])
            continue
        *above, last = sheet.header(name)
        named = _two_names(last)
        base, *names = named or (last, FIRST, SECOND)
        for half, label in zip(both, names, strict=True):
            column = f"{name} [{label}]"
            while column in sheet.frame.columns:
                column += " "
            columns.append(half.alias(column))
            headers[column] = (*above, *filter(None, [base]), label)
            unnamed += [] if named else [column]
    if len(columns) == sheet.frame.width:
        return sheet
    return replace(sheet, frame=pl.DataFrame(columns), headers=headers, halves=tuple(unnamed))


def name_halves(sheet: Sheet, options: ReadOptions) -> tuple[Sheet, ReadOptions, list[Decision]]:
    """Say which metrics two numbers in a cell are of: as the caller or the title says, else to be asked."""
    if not sheet.halves:
        return sheet, options, []
    names, decisions = _two_metrics(options.values.get("metric", "")), []
    if names is not None:
        options = replace(options, values={name: value for name, value in options.values.items() if name != "metric"})
    else:
        names = next((both for text in (sheet.title, sheet.name) if (both := _two_metrics(text)) is not None), None)
    if names is None:
        example = next(iter(sheet.halves)).rpartition(" [")[0]
        decisions.append(Decision(
            "metric", f"the cells of '{example}' hold two numbers each: of which metrics?", Confidence.UNCLEAR,
            "a slash between them", answer="metric=f1/em, or whichever they are",
        ))  # fmt: skip
    else:
        labels = dict(zip((FIRST, SECOND), names, strict=True))
        named = {column: (*sheet.header(column)[:-1], labels[sheet.header(column)[-1]]) for column in sheet.halves}
        sheet = replace(sheet, headers={**sheet.headers, **named})
    return sheet, options, decisions


def _two_metrics(text: str) -> tuple[str, str] | None:
    both = _two_names(text)
    return both[1:] if both is not None and all(map(is_metric, both[1:])) else None
