"""The layout of a table: languages down or across, one score a row or many, and what the other names are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import polars as pl

from isogloss.evidence.importers.base import ReadOptions
from isogloss.evidence.importers.cells import read_numbers
from isogloss.evidence.importers.headers import error_of
from isogloss.evidence.importers.sheets import Sheet
from isogloss.evidence.pairs import is_of_translations
from isogloss.evidence.reading.columns import Columns
from isogloss.evidence.reading.decisions import BY_MAPPING, Confidence, Decision, NoScores
from isogloss.evidence.reading.levels import (
    LANGUAGES,
    heading_of_level,
    kind_of,
    labels_of,
    languages_in,
    split_headers,
    split_kinds,
    value_of,
)
from isogloss.evidence.reading.names_in_rows import NamesInRows, find_names
from isogloss.evidence.reading.vocabulary import (
    COUNTRIES,
    FIRST,
    ONLY_OF_PAIRS,
    SECOND,
    is_metric,
    metric_in,
    without_metric,
)
from isogloss.languages.context import is_summary, read_column
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
    regex : dict of str to str
        Column of an observation to the part of a column that fills it.
    rest : list of str
        Columns that are none of these.
    decisions : list of Decision
    """

    columns: dict[str, str] = field(default_factory=dict)
    melt: dict[str, dict[str, Any]] = field(default_factory=dict)
    pair: list[str] = field(default_factory=list)
    regex: dict[str, str] = field(default_factory=dict)
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
        raise NoScores("holds no column of scores" + _unreadable(sheet, columns), where=where,
                      hint="give a table with numbers")  # fmt: skip
    layout = Layout(dict(columns.roles))
    across = None if "score" in columns.roles else languages_in(sheet, columns.scores)
    down = _column_of_languages(columns)
    names = None
    if across is None and down is None:
        sheet = split_headers(sheet, columns.scores)
        across = languages_in(sheet, columns.scores)
        names = find_names(sheet, columns) if across is None else None
    if (two := _two_languages(sheet, columns)) is not None:
        sheet = split_kinds(sheet, columns.scores)
        _down(layout, sheet, columns, two[1], options)
        _tell_pair_from_training(layout, sheet, options, two)
    elif across is not None and _is_matrix(columns, down):
        assert down is not None
        _across(layout, sheet, columns, across, down)
        _tell_matrix(layout, sheet, options, down)
    elif across is not None and (down is None or "target" not in columns.roles):
        _across(layout, sheet, columns, across)
    elif down is not None:
        sheet = split_kinds(sheet, columns.scores)
        _down(layout, sheet, columns, down, options)
        _ask_about_others(layout, sheet, columns, down)
        _ask_about_metrics(layout, sheet, columns, options)
    elif names is not None:
        _down(layout, sheet, columns, names.column, options)
        _take_apart(layout, names)
    else:
        raise _without_languages(sheet, columns, where)
    _find_errors(layout, sheet)
    beside = {values["standard_error"] for values in layout.melt.values() if "standard_error" in values}
    used = {*layout.columns.values(), *layout.melt, *layout.pair, *beside}
    layout.rest = [name for name in sheet.frame.columns if name not in used]
    return layout


def _without_languages(sheet: Sheet, columns: Columns, where: str) -> NoScores:
    """The refusal of a table in which nothing, or not enough, names languages."""
    labels = {name: sheet.header(name)[-1] for name in columns.scores}
    read = read_column(labels.values()).languages
    if len(read) >= 2:
        others = [label for label in labels.values() if label not in read]
        return NoScores(
            f"the headers {_shown([*read])} are languages, {_shown(others)} are not",
            where=where, hint=f"leave out those that hold no scores of languages, or give {BY_MAPPING}",
        )  # fmt: skip
    present = ", ".join(sheet.frame.columns[:12]) + (", ..." if sheet.frame.width > 12 else "")
    return NoScores(f"no column and no header names languages (it has {present})", where=where,
                    hint="give a column of languages, called language")  # fmt: skip


def _is_matrix(columns: Columns, down: str | None) -> bool:
    """Whether languages across stand beside languages down; one column may as well be a model called like one."""
    return down is not None and columns.languages.get(down, 0) >= LANGUAGES and len(columns.scores) > 1


def _unreadable(sheet: Sheet, columns: Columns) -> str:
    """Why there are no numbers, as an end of an error: `: 'A' holds '81.5a'`."""
    if sheet.notes:
        return f": {'; '.join(sheet.notes)}"
    for name in columns.texts:
        cells = [cell for cell in sheet.frame[name].cast(pl.String).drop_nulls().head(50) if cell[:1].isdigit()]
        if cells and name not in columns.roles.values():
            return f": '{name}' holds '{cells[0][:40]}'"
    if columns.left_out:
        return f": {', '.join(map(repr, columns.left_out[:SHOWN]))} are no scores by their headers"
    return ""


def _take_apart(layout: Layout, names: NamesInRows) -> None:
    """Languages that stand behind the names of tasks or models in one column."""
    kind = next((kind for kind in ("task", "model") if layout.columns.get(kind) == names.column), "task")
    layout.columns |= {"target": names.column, kind: names.column}
    layout.regex |= {"target": names.language, kind: names.rest}
    layout.decisions = [one for one in layout.decisions if one.what not in ("target", kind)]
    layout.decide("target", f"the end of '{names.column}'", Confidence.ASSUMED, f"as in '{names.example}'",
                  answer=BY_MAPPING)  # fmt: skip
    layout.decide(kind, f"the beginning of '{names.column}'", Confidence.ASSUMED, f"as in '{names.example}'")


def _find_errors(layout: Layout, sheet: Sheet) -> None:
    """Columns of standard errors beside those of scores."""
    columns = sheet.frame.columns
    headers = {name: " ".join(sheet.header(name)) for name in columns}
    errors = {name: of for name in columns if (of := error_of(headers[name])) is not None}
    named = {of: name for name, of in errors.items() if of}
    after = dict(pairwise(columns))
    for score, values in layout.melt.items():
        found = named.get(headers[score])
        if found is None and errors.get(after.get(score, "")) == "":
            found = after[score]
        if found is not None and found != score:
            values["standard_error"] = found
    if any("standard_error" in values for values in layout.melt.values()):
        layout.decide("standard errors", "the columns beside the scores", Confidence.CERTAIN, "their headers")


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
                          Confidence.UNCLEAR, answer=BY_MAPPING)  # fmt: skip


def _ask_about_metrics(layout: Layout, sheet: Sheet, columns: Columns, options: ReadOptions) -> None:
    """Ask what stands beside columns of metrics, and what words before the name of one metric are."""
    labels = [sheet.header(name)[-1] for name in columns.scores if len(sheet.header(name)) == 1]
    if len(labels) < 2 or "metric" in options.values:
        return
    metrics = [label for label in labels if is_metric(label)]
    others = [label for label in labels if label not in metrics]
    before = [both[0] for label in labels if (both := without_metric(label)) is not None]
    if metrics and others:
        layout.melt = {name: {"metric": sheet.header(name)[-1]} for name in layout.melt}
        layout.decisions = [one for one in layout.decisions if one.what not in ("model", "task", "recipe")]
        layout.decide("metric", f"{_shown(others)} beside {_shown(metrics)}: scores, or something else?",
                      Confidence.UNCLEAR, answer=f"{BY_MAPPING}, or leave these columns out")  # fmt: skip
    elif len(before) == len(labels) and len(set(before)) > 1 and not (layout.has("model", options)
                                                                      and layout.has("task", options)):  # fmt: skip
        layout.decide("metric", f"{_shown(before)} before a metric: models, tasks, or metrics of their own?",
                      Confidence.UNCLEAR,
                      answer=f"model=... and task=... if they are metrics, else {BY_MAPPING}")  # fmt: skip


def _shown(names: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(names))
    return ", ".join(map(repr, distinct[:SHOWN])) + (", ..." if len(distinct) > SHOWN else "")


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
                      alternatives=("pair",), answer=BY_MAPPING)  # fmt: skip


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
                      answer=f"metric=... if they are of translations, else {BY_MAPPING}")  # fmt: skip


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
        if not is_metric(name) and not is_summary(name) and not layout.has("model", options):
            layout.melt[name] = {"model": sheet.header(name)[-1]}
            del layout.columns["score"]
            layout.decide("model", layout.melt[name]["model"], Confidence.ASSUMED, "name of the column",
                          alternatives=("metric", "task"))  # fmt: skip
    else:
        layout.melt = {name: {} for name in columns.scores}
        _name_levels(layout, sheet, options, range(_depth(sheet, columns.scores)))
        layout.decide("layout", f"{languages} languages in rows", Confidence.CERTAIN, f"in the column '{target}'")
    if fold(target) in COUNTRIES:
        layout.decide("target", f"the column '{target}' is of countries: are its codes those of languages?",
                      Confidence.UNCLEAR, answer=f"call it language if they are, else give {BY_MAPPING}")  # fmt: skip
    else:
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
            named = kind_of([str(value) for value in sheet.frame[text].drop_nulls().unique()])
            if layout.columns.setdefault(kind := named or "model", text) == text:
                confidence = Confidence.CERTAIN if named else Confidence.ASSUMED
                reason = f"names of {kind}s" if named else "no other column of text"
                layout.decide(kind, f"the column '{text}'", confidence, reason, answer=BY_MAPPING)
    _name_levels(layout, sheet, ReadOptions(), levels)


def _depth(sheet: Sheet, names: list[str]) -> int:
    return min(len(sheet.header(name)) for name in names)


def _name_levels(layout: Layout, sheet: Sheet, options: ReadOptions, levels: Any) -> None:
    """What the levels of the headers of score columns are: metrics, tasks, models."""
    names = list(layout.melt)
    said: str | None = None
    nameless = [level for level in levels if kind_of(labels_of(sheet, names, level)) is None]
    for level in levels:
        labels = labels_of(sheet, names, level)
        last = level == max(nameless or levels)
        if level != max(levels) and said is None and (said := heading_of_level(labels)) is not None:
            continue
        kind, said = said or kind_of(labels), None
        reason, confidence = f"names of {kind}s", Confidence.CERTAIN
        if kind is None or layout.has(kind, options):
            kinds = ("model", "task", "recipe") if last else ("task", "model", "recipe")
            kind = next((one for one in kinds if not layout.has(one, options)), "recipe")
            reason, confidence = f"{'names of the columns' if last else 'the row above'}", Confidence.ASSUMED
        for name, label in zip(names, labels, strict=True):
            layout.melt[name][kind] = value_of(kind, label)
        distinct = list(dict.fromkeys(labels))
        shown = ", ".join(distinct[:SHOWN]) + (", ..." if len(distinct) > SHOWN else "")
        layout.decide(kind, shown, confidence, reason, alternatives=("task" if kind == "model" else "model",))


def score_values(sheet: Sheet, layout: Layout) -> tuple[pl.Series, pl.Series]:
    """All numbers of the table that are scores of languages, and whether each is in percent."""
    frame, target = sheet.frame, layout.columns.get("target")
    if target is not None:
        values = frame[target].cast(pl.String).unique()
        frame = frame.filter(~pl.col(target).cast(pl.String).is_in([v for v in values.drop_nulls() if is_summary(v)]))
    numbers = [read_numbers(frame[name]) for name in layout.scores]
    values, signs = (pl.concat([getattr(one, name).alias(name) for one in numbers]) for name in ("values", "percent"))
    return values.drop_nulls(), signs.filter(values.is_not_null())
