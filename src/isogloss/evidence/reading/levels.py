"""Levels of the headers of score columns: which names languages, and what the others name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from isogloss.evidence.importers.headers import LONGEST
from isogloss.evidence.importers.sheets import Sheet
from isogloss.evidence.pairs import find_pairs
from isogloss.evidence.reading.vocabulary import (
    direction_in,
    is_metric,
    is_of_shots,
    is_split,
    is_task,
    number_of_shots,
    role_of,
    without_metric,
)
from isogloss.languages.context import NO_LANGUAGES, read_column
from isogloss.languages.names import fold

LANGUAGES = 0.8
"""The part of a column's values that are languages, from which on it is taken for a column of languages."""

_IN_PARENTHESES = re.compile(r"(.+?)\s*[(\[]([^()\[\]]+)[)\]]")
_FIRST = re.compile(r"([^\s_:/|-]+)[\s_:/|-]+(.+)")
_LAST = re.compile(r"(.+)[\s_:/|-]+([^\s_:/|-]+)")
_WAYS = frozenset({"setting", "settings", "condition", "conditions", "prompting", "training"})


def languages_in(sheet: Sheet, columns: Sequence[str]) -> int | None:
    """The level of the headers that names languages; None where none does."""
    for level in range(max((len(sheet.header(name)) for name in columns), default=0)):
        labels = [header[level] for name in columns if len(header := sheet.header(name)) > level]
        if len(labels) == len(columns) and _are_languages(labels):
            return level
    return None


def _are_languages(labels: Sequence[str]) -> bool:
    others = [label for label in labels if not is_metric(label)]
    firsts = {re.split("[-_]", label)[0] for label in labels}
    parts = any(is_metric(first) or is_task(first) or first in NO_LANGUAGES for first in firsts)  # acc_de, ner_de
    if not parts and len(find_pairs(labels, translated=True).pairs) == len(set(labels)):
        return True
    read = read_column(others)
    return len(read.languages) >= min(2, len(set(labels))) and read.share >= LANGUAGES


def split_headers(sheet: Sheet, columns: Sequence[str]) -> Sheet:
    """The table with headers of one level that name a language and something else, as `acc_de`, in two levels."""
    if not columns or any(len(header := sheet.header(name)) > 1 or len(header[0]) > LONGEST for name in columns):
        return sheet
    labels = [sheet.header(name)[-1] for name in columns]
    for pattern, language in ((_IN_PARENTHESES, 1), (_LAST, 1), (_FIRST, 0)):
        parts = [match.groups() if (match := pattern.fullmatch(label.strip())) else None for label in labels]
        if None in parts:
            continue
        codes = [part[language] for part in parts if part is not None]
        read = read_column(codes)
        if read.languages and not read.unknown and not read.unclear:
            levels = {name: (part[1 - language], part[language])
                      for name, part in zip(columns, parts, strict=True) if part is not None}  # fmt: skip
            return replace(sheet, headers={**sheet.headers, **levels})
    return sheet


def split_kinds(sheet: Sheet, columns: Sequence[str]) -> Sheet:
    """The table with headers of one level that name two things, as `Rook (WER)` or `Rook f1`, in two levels.

    A word before a metric may as well make another metric of it: it is taken off where it stands before several
    metrics, or names tasks or parts of a test set.
    """
    if len(columns) < 2 or any(len(header := sheet.header(name)) > 1 or len(header[0]) > LONGEST for name in columns):
        return sheet
    labels = [sheet.header(name)[-1].strip() for name in columns]
    matches = [_IN_PARENTHESES.fullmatch(label) for label in labels]
    parts = [(match[1], match[2]) for match in matches if match is not None]
    if len(parts) < len(columns) or kind_of([inner for _, inner in parts]) in (None, "task", "pair"):
        parts = [both for label in labels if (both := without_metric(label)) is not None]
        firsts, metrics = ({part[side] for part in parts} for side in (0, 1))
        crossed = len(firsts) > 1 and len(metrics) > 1 and len(firsts) * len(metrics) == len(set(parts))
        if len(parts) < len(columns) or not (crossed or kind_of(sorted(firsts)) in ("task", "split")):
            return sheet
    return replace(sheet, headers={**sheet.headers, **dict(zip(columns, parts, strict=True))})


def labels_of(sheet: Sheet, columns: Sequence[str], level: int) -> list[str]:
    """The labels of a level of the headers."""
    return [sheet.header(name)[level] for name in columns]


def kind_of(labels: Sequence[str]) -> str | None:
    """Whether names are those of metrics, tasks, shots, parts of test sets or pairs; None where they may be models."""
    if labels and all(is_metric(label) for label in labels):
        return "metric"
    if labels and all(is_of_shots(label) for label in labels):
        return "recipe" if any(label.casefold().startswith("few") for label in labels) else "shots"
    if labels and all(map(is_split, labels)):
        return "split"
    if labels and all(map(direction_in, labels)):
        return "pair"
    return "task" if sum(is_task(label) for label in labels) * 2 > len(labels) else None


def value_of(kind: str, label: str) -> Any:
    """What a label of a kind stands for: the number of shots, the pair, else itself."""
    return {"shots": number_of_shots, "pair": direction_in}.get(kind, str)(label)


def heading_of_level(labels: Sequence[str]) -> str | None:
    """What a label that spans all columns says of the names below it: `Models`, `Tasks`."""
    if len(set(labels)) > 1:
        return None
    role = "recipe" if fold(labels[0]) in _WAYS else role_of(labels[0])
    return role if role in ("model", "task", "metric", "recipe") else None
