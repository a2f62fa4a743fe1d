"""What each column of a table holds: a role by its header, languages, numbers, or other text."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import polars as pl

from isogloss.evidence.importers.cells import LOOKED_AT, is_numeric, read_numbers
from isogloss.evidence.importers.headers import is_bookkeeping, is_left_out
from isogloss.evidence.importers.mapping import READABLE
from isogloss.evidence.importers.sheets import Sheet
from isogloss.evidence.reading.vocabulary import is_of_shots, is_way, role_of
from isogloss.languages.context import read_column
from isogloss.languages.names import fold


@dataclass(frozen=True)
class Columns:
    """The columns of a table, sorted by what they hold.

    Attributes
    ----------
    roles : dict of str to str
        Column of an observation to the column of the table that fills it.
    scores : list of str
        Columns of numbers that may be scores.
    left_out : list of str
        Columns of numbers that are summaries or bookkeeping.
    texts : list of str
        Columns of text with no role.
    languages : dict of str to float
        Column of text to the part of its values that are languages.
    """

    roles: dict[str, str] = field(default_factory=dict)
    scores: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    languages: dict[str, float] = field(default_factory=dict)


def sort_columns(sheet: Sheet) -> Columns:
    """What each column of a table holds."""
    found = Columns()
    frame = sheet.frame
    numbers = {name for name in frame.columns if is_numeric(frame[name])}
    # Names that are exactly those of an observation go first.
    for name in (*(name for name in frame.columns if name in READABLE), *frame.columns):
        role = _role(sheet, name, name in numbers)
        if role is not None and role not in found.roles and name not in found.roles.values():
            found.roles[role] = name
    for name in frame.columns:
        if name in found.roles.values():
            continue
        if name not in numbers:
            found.texts.append(name)
        elif any(is_left_out(level) for level in sheet.header(name)):
            found.left_out.append(name)
        else:
            found.scores.append(name)
    summaries = [name for name in found.left_out if not any(map(is_bookkeeping, sheet.header(name)))]
    counted = any(fold(name) == "correct" for name in found.left_out)  # beside the total
    if not found.scores and "score" not in found.roles and len(summaries) == 1 and not counted:  # a mean over tasks
        found.scores.extend(summaries)
        found.left_out.remove(summaries[0])
    for name in (*found.texts, *filter(None, [found.roles.get("target"), found.roles.get("train")])):
        found.languages[name] = read_column(_distinct(frame[name])).share
    return found


def _role(sheet: Sheet, name: str, numeric: bool) -> str | None:
    if name in READABLE:
        return name
    header = sheet.header(name)
    role = role_of(header[-1]) or role_of(header[0]) if len(header) == 1 else None
    if role == "model" and all(map(is_way, _distinct(sheet.frame[name]))):
        return "recipe"
    if role == "recipe":
        return role
    if role == "shots" and sum(is_of_shots(column) for column in sheet.frame.columns) > 1:
        return None  # zero-shot beside few-shot
    if role in ("items", "shots", "seed"):
        return role if numeric and _is_whole(sheet.frame[name]) else None
    if role in ("score", "standard_error"):
        return role if numeric else None
    return role if role is None or not numeric else None


def may_be_scores(sheet: Sheet, name: str) -> bool:
    """Whether a column may hold scores, as far as its header says."""
    return _role(sheet, name, numeric=False) in (None, "score") and not any(map(is_bookkeeping, sheet.header(name)))


def _is_whole(column: pl.Series) -> bool:
    values = read_numbers(column.head(LOOKED_AT)).values
    return bool((values == values.round(0)).all())


def _distinct(column: pl.Series) -> list[str]:
    values = column.cast(pl.String).drop_nulls().unique(maintain_order=True).head(LOOKED_AT)
    return [text for value in values if (text := value.strip())]


def with_own_names(sheet: Sheet) -> Sheet:
    """The table with its columns called as those of an observation, where people mean them by their headers."""
    taken = set(sheet.frame.columns)
    names: dict[str, str] = {}
    for name in sheet.frame.columns:
        role = None if name in READABLE else role_of(name)
        if role is not None and role != "score" and role not in taken:
            names[name] = role
            taken.add(role)
    return replace(sheet, frame=sheet.frame.rename(names), headers={})
