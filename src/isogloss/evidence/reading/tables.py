"""The plan of one table: its layout, and what its cells and headers leave open, as a mapping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from isogloss.errors import BadFile, BadValue
from isogloss.evidence.importers.base import DROPPED, RawTable, ReadOptions
from isogloss.evidence.importers.cells import read_numbers
from isogloss.evidence.importers.mapping import ColumnMapping
from isogloss.evidence.importers.sheets import Sheet, repeated_name
from isogloss.evidence.importers.table import NEEDED, Table
from isogloss.evidence.reading.columns import sort_columns
from isogloss.evidence.reading.decisions import Confidence, Decision, sentences
from isogloss.evidence.reading.layout import Layout, lay_out, score_values
from isogloss.evidence.reading.vocabulary import is_metric, metric_in, role_of
from isogloss.evidence.schema import OBSERVATION
from isogloss.languages.context import is_summary

UNNAMED = "score"
"""What scores are called of which nothing says the metric."""


@dataclass(frozen=True)
class TablePlan:
    """How one table is read.

    Attributes
    ----------
    sheet : Sheet
    options : ReadOptions
    where : str
    decisions : tuple of Decision
    mapping : ColumnMapping or None
        None where the columns have the names of an observation.
    left_out : tuple of str
        Columns of numbers that are summaries.
    """

    sheet: Sheet
    options: ReadOptions
    where: str
    decisions: tuple[Decision, ...] = ()
    mapping: ColumnMapping | None = None
    left_out: tuple[str, ...] = ()

    def execute(self) -> RawTable:
        """Read the table.

        Raises
        ------
        BadValue
            If something has to be asked first: all of it at once.
        """
        if unclear := [one for one in self.decisions if one.confidence is Confidence.UNCLEAR]:
            raise BadValue(
                "; ".join(one.value for one in unclear),
                where=self.where,
                hint="give " + " ".join(dict.fromkeys(one.answer for one in unclear)),
            )
        raw = Table().tidy(self.sheet.frame, replace(self.options, mapping=self.mapping), self.where)
        if self.mapping is None:
            return raw
        return replace(raw, dropped=pl.concat([raw.dropped, *map(self._dropped, self.left_out)]), marks_queries=False,
                       notes=(*sentences(self.decisions), *raw.notes))  # fmt: skip

    def _dropped(self, column: str) -> pl.DataFrame:
        numbers = read_numbers(self.sheet.frame[column]).values
        rows = pl.DataFrame({"origin_row": numbers.is_not_null().arg_true()}, schema={"origin_row": pl.Int64})
        return rows.with_columns(reason=pl.lit(f"summary column '{column}'")).cast(DROPPED)


def read_tables(
    sheets: Sequence[Sheet], importer: Table, options: ReadOptions, where: str, *, queries: bool = False
) -> RawTable:
    """Read the tables of one file; of several, those that hold no scores of languages are left out, with a note.

    Raises
    ------
    BadFile, BadValue
        If a single one cannot be read, or none of several.
    """
    if type(importer) is not Table or options.mapping is not None or queries:
        return importer.tidy(sheets[0].frame, options, where)
    if len(sheets) == 1:
        plan = plan_table(sheets[0], options, where)
        return plan.execute()
    read, notes = [], []
    for sheet in sheets:
        place = f"{where} sheet {sheet.name}"
        try:
            plan = plan_table(sheet, options, place)
        except BadFile as error:
            notes.append(f"sheet '{sheet.name}' is left out: {error.reason}")
            continue
        raw = plan.execute()
        read.append(replace(raw, rows=raw.rows.with_columns(origin=pl.lit(place))))
    if not read:
        raise BadFile("holds no table of scores", where=where, hint="; ".join(notes))
    return RawTable(
        pl.concat([raw.rows for raw in read], how="diagonal_relaxed"),
        pl.concat([raw.dropped for raw in read]),
        marks_queries=all(raw.marks_queries for raw in read),
        notes=(*(note for raw in read for note in raw.notes), *notes),
    )


def plan_table(sheet: Sheet, options: ReadOptions, where: str) -> TablePlan:
    """Decide how a table is read; one whose columns have the names of an observation needs no decision.

    Raises
    ------
    BadFile, BadValue
        If it cannot be read as scores of languages.
    """
    _refuse_repeated(sheet, where)
    present = {*sheet.frame.columns, *options.values}
    if sheet.frame.is_empty() or present.issuperset({*NEEDED, "score"}):
        return TablePlan(sheet, options, where)
    columns = sort_columns(sheet)
    if not columns.scores and "score" not in columns.roles and present.issuperset(set(NEEDED) - {"metric"}):
        return TablePlan(sheet, options, where)  # of queries
    layout = lay_out(sheet, columns, options, where)
    _ask_about_repeated(layout)
    values: dict[str, Any] = {}
    _settle_metric(layout, sheet, options, values)
    for what, otherwise in (("task", "scores"), ("model", "model")):
        if not layout.has(what, options):
            values[what] = sheet.name or otherwise
            reason = "after the file" if sheet.name else "nothing names it"
            layout.decide(what, f"'{values[what]}'", Confidence.ASSUMED, reason, answer=f"{what}=...")
    if not layout.has("train", options):
        values["train"] = ""
        reason = "no column of training languages"
        layout.decide("train", "used as they are", Confidence.ASSUMED, reason, answer="train=...")
    scale = values.pop("scale", None)
    details = [name for name in layout.rest if not is_summary(name)]
    mapping = ColumnMapping(columns=layout.columns, values=values, melt=layout.melt, scale=scale, details=details)
    left_out = tuple(name for name in layout.rest if is_summary(name))
    return TablePlan(sheet, options, where, tuple(layout.decisions), mapping, left_out)


def _refuse_repeated(sheet: Sheet, where: str) -> None:
    """Refuse two columns of the same name where that name means something in a table of one score a row."""
    for column in sheet.frame.columns:
        name = repeated_name(column)
        if name in sheet.frame.columns and name is not None and (name in OBSERVATION or role_of(name)):
            raise BadFile(f"the column '{name}' stands twice", where=where, hint="rename one of them")


def _ask_about_repeated(layout: Layout) -> None:
    """Two columns of scores of the same name are of two test sets, or of two of something else."""
    twice = [name for column in layout.melt if (name := repeated_name(column)) in layout.melt]
    if twice:
        layout.decide(
            "task", f"the columns {', '.join(dict.fromkeys(map(repr, twice)))} stand twice: which test set is which?",
            Confidence.UNCLEAR, answer="a mapping file as mapping=...",
        )  # fmt: skip


def _settle_metric(layout: Layout, sheet: Sheet, options: ReadOptions, values: dict[str, Any]) -> None:
    """The metric, and of one that nothing names also scale and direction."""
    if layout.has("metric", options):
        return
    header = layout.columns.get("score")
    if header is not None and is_metric(header):
        values["metric"] = header
        layout.decide("metric", header, Confidence.CERTAIN, f"the header '{header}'")
        return
    for place, text in (("title", sheet.title), ("name", sheet.name)):
        if text and (metric := metric_in(text)) is not None:
            values["metric"] = metric
            layout.decide("metric", metric, Confidence.ASSUMED, f"the {place} '{text[:80]}'", answer="metric=...")
            return
    values["metric"] = UNNAMED
    if options.better is None:
        values["higher_is_better"] = True
    layout.decide("metric", f"'{UNNAMED}', higher is better", Confidence.ASSUMED, "nothing names the metric",
                  answer="metric=...")  # fmt: skip
    if options.scale is None:
        _settle_scale(layout, sheet, values)


def _settle_scale(layout: Layout, sheet: Sheet, values: dict[str, Any]) -> None:
    scores = score_values(sheet, layout)
    signs = any(bool(read_numbers(sheet.frame[name]).percent.any()) for name in layout.scores)
    lowest, highest = float(scores.min() or 0.0), float(scores.max() or 0.0)  # type: ignore[arg-type]
    extent = f"scores from {lowest:g} to {highest:g}"
    small = bool(((scores > 0) & (scores < 1)).any())
    if lowest >= 0 and highest <= 1 and not signs:
        values["scale"] = "fraction"
        layout.decide("scale", "fractions of 1", Confidence.CERTAIN, extent)
    elif lowest >= 0 and highest <= 100 and (signs or (highest > 10 and not small)):
        values["scale"] = "percent"
        layout.decide("scale", "percentages", Confidence.CERTAIN, extent)
    else:
        layout.decide("scale", f"nothing says what the {extent} are", Confidence.UNCLEAR, extent,
                      answer="metric=... or scale=percent (or fraction, raw)")  # fmt: skip
