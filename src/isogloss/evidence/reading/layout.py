"""The layout of a table: languages down or across, one score a row or many, and what the other names are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from isogloss.errors import BadFile
from isogloss.evidence.importers.base import ReadOptions
from isogloss.evidence.importers.cells import read_numbers
from isogloss.evidence.importers.sheets import Sheet
from isogloss.evidence.pairs import is_of_translations
from isogloss.evidence.reading.columns import LANGUAGES, Columns, labels_of, languages_in
from isogloss.evidence.reading.decisions import Confidence, Decision
from isogloss.evidence.reading.vocabulary import FIRST, ONLY_OF_PAIRS, SECOND, is_metric, is_task, metric_in
from isogloss.languages.context import read_column
from isogloss.languages.names import fold

SHOWN = 6


@dataclass
class Layout:
    """How a table is laid out.

    Attributes
    ----------
    columns : dict of str to str
        Column of an observation to the column that fills it.
    melt : dict of str to dict
        Each column of scores to what holds for its scores; empty for a table of one score a row.
    pair : list of str
        Columns with the languages of pairs, from and to; one where headers name the other.
    rest : list of str
        Columns that are none of these.
    decisions : list of Decision
    """

    columns: dict[str, str] = field(default_factory=dict)
    melt: dict[str, dict[str, Any]] = field(default_factory=dict)
    pair: list[str] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)

    def decide(self, what: str, value: str, confidence: Confidence, reason: str = "", **more: Any) -> None:
        """Note a decision."""
        self.decisions.append(Decision(what, value, confidence, reason, **more))

    def has(self, name: str, options: ReadOptions) -> bool:
        """Whether something says the values of a column of an observation."""
        return name in self.columns or name in options.values or any(name in values for values in self.melt.values())

    @property
    def scores(self) -> list[str]:
        """The columns that hold scores."""
        return list(self.melt) or [self.columns["score"]]


def lay_out(sheet: Sheet, columns: Columns, options: ReadOptions, where: str) -> Layout:
    """Tell the layout of a table.

    Raises
    ------
    BadFile
        If it has no scores, or nothing in it names languages.
    """
    if "score" not in columns.roles and not columns.scores:
        raise BadFile("holds no column of scores", where=where, hint="give a table with numbers")
    layout = Layout(dict(columns.roles))
    across = None if "score" in columns.roles else languages_in(sheet, columns.scores)
    down = _column_of_languages(columns)
    if (two := _two_languages(sheet, columns)) is not None:
        _down(layout, sheet, columns, two[1], options)
        _tell_pair_from_training(layout, sheet, options, two)
    elif across is not None and down is not None and columns.languages.get(down, 0) >= LANGUAGES:
        _across(layout, sheet, columns, across, down)
        _tell_matrix(layout, sheet, options, down)
    elif across is not None and (down is None or "target" not in columns.roles):
        _across(layout, sheet, columns, across)
    elif down is not None:
        _down(layout, sheet, columns, down, options)
        _ask_about_others(layout, sheet, columns, down)
    else:
        present = ", ".join(sheet.frame.columns[:12]) + (", ..." if sheet.frame.width > 12 else "")
        raise BadFile(
            f"no column and no header names languages (it has {present})", where=where,
            hint="give a column of languages, called language",
        )  # fmt: skip
    used = {*layout.columns.values(), *layout.melt, *layout.pair}
    layout.rest = [name for name in sheet.frame.columns if name not in used]
    return layout


def _two_languages(sheet: Sheet, columns: Columns) -> tuple[str, str] | None:
    """Columns of the languages from which and to which: `source` and `target`, `src` and `tgt`, `from` and `to`."""
    found: dict[str, str] = {}
    for name in sheet.frame.columns:
        for side, names in (("first", FIRST), ("second", SECOND)):
            if fold(name) in names and columns.languages.get(name, 0) >= LANGUAGES:
                found.setdefault(side, name)
    return (found["first"], found["second"]) if len(found) == 2 else None


def _ask_about_others(layout: Layout, sheet: Sheet, columns: Columns, down: str) -> None:
    """Ask which of two columns of languages is tested, unless both say the same."""
    for other in columns.texts:
        if other == down or columns.languages.get(other, 0) < LANGUAGES:
            continue
        rows = sheet.frame.select(pl.col(down, other).cast(pl.String)).drop_nulls().unique(maintain_order=True)
        first, second = (read_column(rows[name]).languages for name in (down, other))
        apart = [a for a, b in rows.iter_rows() if a in first and b in second and first[a].code != second[b].code]
        if len(apart) * 2 > rows.height:
            layout.decide("target", f"the columns '{down}' and '{other}' both name languages: which are tested?",
                          Confidence.UNCLEAR, answer="a mapping file as mapping=...")  # fmt: skip


def _tell_pair_from_training(layout: Layout, sheet: Sheet, options: ReadOptions, two: tuple[str, str]) -> None:
    """Whether two languages are those of a translation, or those of training and test."""
    first, second = two
    if _is_translated(layout, sheet, options) or fold(first) in ONLY_OF_PAIRS:
        layout.columns = {name: column for name, column in layout.columns.items() if column not in two}
        layout.pair = [first, second]
        layout.decisions = [one for one in layout.decisions if one.what != "target"]
        layout.decide("target", f"pairs, from '{first}' to '{second}'", Confidence.CERTAIN, "scores of translations")
    else:
        layout.columns["train"] = first
        layout.decide("train", f"the column '{first}'", Confidence.ASSUMED, "scores are not of translations",
                      alternatives=("pair",), answer="a mapping file as mapping=...")  # fmt: skip


def _tell_matrix(layout: Layout, sheet: Sheet, options: ReadOptions, down: str) -> None:
    """What the languages of rows are where those of columns are tested: translated from, or trained on."""
    if _is_translated(layout, sheet, options):
        layout.pair = [down]
        layout.decide("target", f"pairs, from '{down}' to the columns", Confidence.ASSUMED, "scores of translations")
    elif {"train", "training", "source", "transfer", "finetuned", "trained"} & set(fold(down).split()):
        layout.columns["train"] = down
        layout.decide("train", f"the column '{down}'", Confidence.CERTAIN, "its header")
    else:
        layout.decide("layout", "rows and columns both name languages: which are tested?", Confidence.UNCLEAR,
                      answer="metric=... if they are of translations, else a mapping file as mapping=...")  # fmt: skip


def _is_translated(layout: Layout, sheet: Sheet, options: ReadOptions) -> bool:
    """Whether all metrics that are named are of translations."""
    named = [options.values.get("metric"), *(str(values.get("metric", "")) for values in layout.melt.values())]
    if (column := layout.columns.get("metric")) is not None:
        named += sheet.frame[column].cast(pl.String).drop_nulls().unique().to_list()
    elif (score := layout.columns.get("score")) is not None and is_metric(score):
        named.append(score)
    corner = sheet.frame.columns[0]
    named.append(corner if is_metric(corner) else metric_in(sheet.title) or metric_in(sheet.name))
    known = [name for name in named if name]
    return bool(known) and all(map(is_of_translations, known))


def _column_of_languages(columns: Columns) -> str | None:
    """The column that names languages: the one that is called so, else that which holds most."""
    target = columns.roles.get("target")
    if target is not None and (columns.languages[target] > 0 or not columns.texts):
        return target
    best = max(columns.texts, key=lambda name: columns.languages[name], default=None)
    return best if best is not None and columns.languages[best] >= LANGUAGES else target


def _down(layout: Layout, sheet: Sheet, columns: Columns, target: str, options: ReadOptions) -> None:
    """Languages in rows."""
    layout.columns["target"] = target
    values = sheet.frame[target].cast(pl.String).drop_nulls().unique(maintain_order=True)
    languages = len(read_column(values).languages)
    if "score" in columns.roles:
        layout.decide("layout", f"one score a row, in '{columns.roles['score']}'", Confidence.CERTAIN)
    elif len(columns.scores) == 1:
        (name,) = columns.scores
        layout.columns["score"] = name
        layout.decide("layout", f"one score a row, in '{name}'", Confidence.CERTAIN, "the only column of numbers")
        if not is_metric(name) and not layout.has("model", options):
            layout.melt[name] = {"model": sheet.header(name)[-1]}
            del layout.columns["score"]
    else:
        layout.melt = {name: {} for name in columns.scores}
        _name_levels(layout, sheet, options, range(_depth(sheet, columns.scores)))
        layout.decide("layout", f"{languages} languages in rows", Confidence.CERTAIN, f"in the column '{target}'")
    layout.decide("target", f"the column '{target}'", Confidence.CERTAIN)


def _across(layout: Layout, sheet: Sheet, columns: Columns, level: int, down: str | None = None) -> None:
    """Languages in columns."""
    layout.melt = {name: {"target": label} for name, label in zip(
        columns.scores, labels_of(sheet, columns.scores, level), strict=True)}  # fmt: skip
    layout.columns.pop("target", None)
    layout.decide("layout", f"{len(columns.scores)} languages in columns", Confidence.CERTAIN, "after their headers")
    levels = [other for other in range(_depth(sheet, columns.scores)) if other != level]
    for text in columns.texts:
        if "model" not in layout.columns and text != down:
            kind = _kind([str(value) for value in sheet.frame[text].drop_nulls().unique()])
            layout.columns.setdefault(kind or "model", text)
    _name_levels(layout, sheet, ReadOptions(), levels)


def _depth(sheet: Sheet, names: list[str]) -> int:
    return min(len(sheet.header(name)) for name in names)


def _kind(labels: list[str]) -> str | None:
    """Whether names are those of metrics or of tasks; None where they may be models."""
    if labels and all(is_metric(label) for label in labels):
        return "metric"
    return "task" if sum(is_task(label) for label in labels) * 2 > len(labels) else None


def _name_levels(layout: Layout, sheet: Sheet, options: ReadOptions, levels: Any) -> None:
    """What the levels of the headers of score columns are: metrics, tasks, models."""
    names = list(layout.melt)
    for level in levels:
        labels = list(labels_of(sheet, names, level))
        kind, last = _kind(labels), level == max(levels)
        reason, confidence = f"names of {kind}s", Confidence.CERTAIN
        if kind is None or layout.has(kind, options):
            kind = "model" if last and not layout.has("model", options) else "task"
            if layout.has(kind, options):
                kind = "model" if kind == "task" else "task"
            reason, confidence = f"{'names of the columns' if last else 'the row above'}", Confidence.ASSUMED
        for name, label in zip(names, labels, strict=True):
            layout.melt[name][kind] = label
        distinct = list(dict.fromkeys(labels))
        shown = ", ".join(distinct[:SHOWN]) + (", ..." if len(distinct) > SHOWN else "")
        layout.decide(kind, shown, confidence, reason, alternatives=("task" if kind == "model" else "model",))


def score_values(sheet: Sheet, layout: Layout) -> pl.Series:
    """All numbers of the table that are scores."""
    return pl.concat([read_numbers(sheet.frame[name]).values.drop_nulls().alias("score") for name in layout.scores])
