"""The plan of one table: its layout, and what its cells and headers leave open, as a mapping."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from isogloss.errors import BadFile
from isogloss.evidence.importers.base import RawTable, ReadOptions
from isogloss.evidence.importers.headers import is_bookkeeping
from isogloss.evidence.importers.mapping import ColumnMapping
from isogloss.evidence.importers.sheets import Sheet, repeated_name
from isogloss.evidence.importers.table import NEEDED, Table
from isogloss.evidence.reading.columns import sort_columns
from isogloss.evidence.reading.decisions import BY_MAPPING, Confidence, Decision, sentences
from isogloss.evidence.reading.halves import name_halves, with_halves_apart
from isogloss.evidence.reading.layout import Layout, lay_out, score_values
from isogloss.evidence.reading.vocabulary import is_metric, metric_in, of_lower_scores, role_of
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
        None where the columns have the names of an observation, or somebody described them.
    importer : Table
    """

    sheet: Sheet
    options: ReadOptions
    where: str
    decisions: tuple[Decision, ...] = ()
    mapping: ColumnMapping | None = None
    importer: Table = field(default_factory=Table)

    def execute(self) -> RawTable:
        """Read the table, with what is unclear as it is.

        Raises
        ------
        BadFile, BadValue
        """
        options = self.options if self.mapping is None else replace(self.options, mapping=self.mapping)
        raw = self.importer.tidy(self.sheet.frame, options, self.where)
        if self.mapping is None:
            return raw
        return replace(raw, marks_queries=False, notes=(*sentences(self.decisions), *raw.notes))


def plan_table(sheet: Sheet, options: ReadOptions, where: str) -> TablePlan:
    """Decide how a table is read; one whose columns have the names of an observation needs no decision.

    Raises
    ------
    BadFile, BadValue
        If it cannot be read as scores of languages.
    """
    _refuse_repeated(sheet, where)
    sheet, options, halved = name_halves(with_halves_apart(sheet), options)
    present = {*sheet.frame.columns, *options.values}
    if sheet.frame.is_empty() or present.issuperset({*NEEDED, "score"}):
        return TablePlan(sheet, options, where)
    columns = sort_columns(sheet)
    if not columns.scores and "score" not in columns.roles and present.issuperset(set(NEEDED) - {"metric"}):
        return TablePlan(sheet, options, where)  # of queries
    layout = lay_out(sheet, columns, options, where)
    layout.decisions += halved
    _ask_about_repeated(layout, options.values.get("task") or sheet.name or "scores")
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
    details = [name for name in layout.rest if is_bookkeeping(name) or not (layout.melt and is_summary(name))]
    if details:
        layout.decide("kept beside the scores", ", ".join(details), Confidence.CERTAIN)
    mapping = ColumnMapping(columns=layout.columns, values=values, melt=layout.melt, scale=scale, details=details,
                            pair=layout.pair, regex=layout.regex)  # fmt: skip
    return TablePlan(sheet, options, where, tuple(layout.decisions), mapping)


def _refuse_repeated(sheet: Sheet, where: str) -> None:
    """Refuse two columns of the same name where that name means something in a table of one score a row."""
    present = set(sheet.frame.columns)
    for column in sheet.frame.columns:
        name = repeated_name(column)
        if name in present and name is not None and (name in OBSERVATION or role_of(name)):
            raise BadFile(f"the column '{name}' stands twice", where=where, hint="rename one of them")


def _ask_about_repeated(layout: Layout, task: str) -> None:
    """Two columns of scores of the same name are of two test sets, or of two of something else."""
    twice = [name for column in layout.melt if (name := repeated_name(column)) in layout.melt]
    spelt = [column.casefold() for column in layout.melt]
    twice += [column for column in layout.melt if spelt.count(column.casefold()) > 1]  # f1 and F1
    if twice:
        layout.decide(
            "task", f"the columns {', '.join(dict.fromkeys(map(repr, twice)))} stand twice: which test set is which?",
            Confidence.UNCLEAR, answer=f"{BY_MAPPING}, where tasks are numbered: write the name of each test set there",
        )  # fmt: skip
        _number_tasks(layout, task)


def _number_tasks(layout: Layout, task: str) -> None:
    """Number the tasks of columns of the same name, from left to right, so that a written mapping keeps them apart."""
    before: Counter[str] = Counter()
    for column, values in layout.melt.items():
        plain = (repeated_name(column) or column).casefold()
        before[plain] += 1
        values["task"] = f"{values.get('task', task)} {before[plain]}"


def _settle_metric(layout: Layout, sheet: Sheet, options: ReadOptions, values: dict[str, Any]) -> None:
    """The metric, and of one that nothing names also scale and direction."""
    if layout.has("metric", options):
        return
    corner = sheet.frame.columns[0]
    header = layout.columns.get("score", corner if layout.melt else "")
    lower = [name for name in (header, sheet.title, *layout.melt) if of_lower_scores(name) and not is_metric(name)]
    if is_metric(header):
        values["metric"] = header
        layout.decide("metric", header, Confidence.CERTAIN, f"the header '{header}'")
        return
    for place, text in (("title", sheet.title), ("name", sheet.name)):
        if text and (metric := metric_in(text)) is not None:
            values["metric"] = metric
            layout.decide("metric", metric, Confidence.ASSUMED, f"the {place} '{text[:80]}'", answer="metric=...")
            return
    values["metric"] = UNNAMED
    if lower and options.better is None:
        layout.decide("metric", f"'{lower[0]}': are lower scores better, and of which metric are they?",
                      Confidence.UNCLEAR,
                      answer="metric=... (and better=lower, scale=... of an unknown one)")  # fmt: skip
        return
    if options.better is None:
        values["higher_is_better"] = True
    layout.decide(
        "metric", f"'{UNNAMED}', {options.better or 'higher'} is better", Confidence.ASSUMED,
        "nothing names the metric", answer="metric=...",
    )  # fmt: skip
    if options.scale is None:
        _settle_scale(layout, sheet, values)


def _settle_scale(layout: Layout, sheet: Sheet, values: dict[str, Any]) -> None:
    scores, percent = score_values(sheet, layout)
    plain = scores.filter(~percent)
    lowest, highest = float(scores.min() or 0.0), float(scores.max() or 0.0)  # type: ignore[arg-type]  # a column of numbers
    extent = f"scores from {lowest:g} to {highest:g}"
    highest_plain = float(plain.max() or 0.0)  # type: ignore[arg-type]  # a column of numbers
    signs, small = bool(percent.any()), bool(((plain > 0) & (plain < 1)).any())
    if signs and small:
        answer = "all of them on one scale, such as 91% for 0.91"
        if highest_plain > 1:
            answer = f"scale=percent if all are percentages, else {answer}"
        layout.decide("scale", "some cells have a percent sign, others hold fractions of 1", Confidence.UNCLEAR, extent,
                      answer=answer)  # fmt: skip
        return
    if lowest >= 0 and highest <= 1 and not signs:
        values["scale"] = "fraction"
        layout.decide("scale", "fractions of 1", Confidence.CERTAIN, extent)
    elif lowest >= 0 and highest <= 100 and (signs or (highest > 10 and not small)):
        values["scale"] = "percent"
        layout.decide("scale", "percentages", Confidence.CERTAIN, extent)
    else:
        layout.decide("scale", f"nothing says what the {extent} are", Confidence.UNCLEAR, extent,
                      answer="metric=... or scale=percent (or fraction, raw)")  # fmt: skip
