"""Items of Every Eval Ever: JSONL beside a record, or alone; scores language by language where only items say it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from isogloss.errors import BadFile, BadValue
from isogloss.evidence.importers.base import RawTable, ReadOptions
from isogloss.evidence.importers.files import file_beside
from isogloss.evidence.importers.free_names import read_free_name
from isogloss.evidence.importers.settings import recipe_with
from isogloss.evidence.importers.task_names import TaskName, read_names
from isogloss.evidence.importers.values import (
    LANGUAGE_KEYS,
    RawRow,
    dropped_rows,
    json_lines,
    number,
    raw_items,
    raw_rows,
    section,
    text,
)
from isogloss.files import open_input

SUFFIXES = ("", "_samples", "_instances")
"""Endings of the name of a file of items, beside that of its record."""

_HEAD = 4096

Items = list[tuple[int, str, float, str | None]]


class _Item(NamedTuple):
    """One item: of which evaluation and result, its language, score and prediction, and whether it is correct."""

    evaluation: str
    result: str | None
    language: str | None
    item: str
    score: float
    prediction: str | None
    correct: bool | None
    model: str | None


def items_beside(path: Path) -> Path | None:
    """The record that a file of items lies beside; None for all else."""
    if path.suffix != ".jsonl" or not _holds_items(path):
        return None
    stems = [path.stem.removesuffix(ending) for ending in SUFFIXES if path.stem.endswith(ending)]
    return next((found for stem in stems if (found := path.with_name(f"{stem}.json")).is_file()), None)


def _holds_items(path: Path) -> bool:
    with open_input(path) as file:
        return b'"interaction_type"' in file.read(_HEAD)


def attach_items(
    path: Path, records: list[dict[str, Any]], rows: list[RawRow], dropped: list[tuple[int, str]]
) -> tuple[list[RawRow], list[tuple[int, str]], Items]:
    """Rows with the items beside them; those without a language are scored from their items, language by language.

    Raises
    ------
    BadValue
        If neither a record nor its items say the language.
    """
    places = _places(rows)
    found = [(place, one) for file in _files(path, records) for one in _items(file)
             if (place := _key(one, places)) is not None]  # fmt: skip
    lacking = {place for place, row in enumerate(rows) if not row["target"]}
    groups: dict[int, dict[str | None, list[_Item]]] = {}
    for place, one in found:
        groups.setdefault(place, {}).setdefault(one.language if place in lacking else None, []).append(one)
    kept: list[RawRow] = []
    items: Items = []
    for place, row in enumerate(rows):
        mine = groups.get(place, {})
        if place not in lacking:
            items += [(len(kept), one.item, one.score, one.prediction) for one in mine.get(None, ())]
            kept.append(row)
            continue
        if not mine or None in mine:
            raise BadValue(
                f"nothing says the language of '{row['title'][:100]}'", where=f"{path} row {row['origin_row']}",
                hint=f"give languages={ {row['title'][:100]: 'CODE'} } ('none' leaves it out)",
            )  # fmt: skip
        dropped.append((row["origin_row"], "over all languages, computed for each from its items"))
        for language, ones in mine.items():
            items += [(len(kept), one.item, one.score, one.prediction) for one in ones]
            kept.append(row | _scored(ones) | {"target": language})
    return kept, dropped, items


def read_items(path: Path, options: ReadOptions) -> RawTable:
    """Scores of items that lie alone: the mean over those of an evaluation and a language."""
    where = str(path)
    groups: dict[tuple[str, str | None, str | None], list[_Item]] = {}
    for one in _items(path):
        groups.setdefault((one.evaluation, one.language, one.model), []).append(one)
    unnamed = [evaluation for evaluation, language, _ in groups if language is None]
    names = read_names(unnamed, options, "every-eval-ever", where, read_free_name)
    rows: list[RawRow] = []
    items: Items = []
    dropped: list[tuple[int, str]] = []
    position = 0
    for (evaluation, language, model), ones in groups.items():
        name = names.get(evaluation) if language is None else read_free_name(evaluation)
        start, position = position, position + len(ones)
        if isinstance(name, str):
            dropped += [(start + place, name) for place in range(len(ones))]
            continue
        graded = all(one.correct is not None and one.score == float(one.correct) for one in ones)
        metric = options.values.get("metric") or ("accuracy" if graded else None)
        if metric is None:
            raise BadValue("items do not name their metric", where=where, hint="give metric=...")
        row = {
            "origin_row": start,
            "model": options.values.get("model") or model,
            "task": (name.task if isinstance(name, TaskName) else None) or evaluation,
            "metric": metric,
            "target": language or (name.language if name else None),
            "recipe": recipe_with(options),
            "train": options.values.get("train", ""),
        }
        items += [(len(rows), one.item, one.score, one.prediction) for one in ones]
        rows.append(row | _scored(ones))
    return RawTable(raw_rows(rows, where), dropped_rows(dropped), marks_queries=False, items=raw_items(items, where))


def _scored(items: list[_Item]) -> RawRow:
    """The mean; its error is computed from the items, as everywhere."""
    return {
        "score": sum(one.score for one in items) / len(items),
        "items": len(items),
        "standard_error": None,
    }


def _places(rows: list[RawRow]) -> dict[str, int]:
    """Result or title to the row that alone has it."""
    places: dict[str, int] = {}
    repeated = set()
    for place, row in enumerate(rows):
        for key in filter(None, (row.get("result"), row.get("title"))):
            if places.setdefault(key, place) != place:
                repeated.add(key)
    return {key: place for key, place in places.items() if key not in repeated}


def _key(item: _Item, places: dict[str, int]) -> int | None:
    return places.get(item.result or item.evaluation, places.get(item.evaluation))


def _files(path: Path, records: list[dict[str, Any]]) -> list[Path]:
    """Files of items in the folder of a record: that which it names, whatever folder it says, or one called like it."""
    named = [text(section(one, "detailed_evaluation_results", str(path)), "file_path", str(path)) for one in records]
    if path.suffix != ".json" or not any(named):
        return []
    names = [*(one.replace("\\", "/").rpartition("/")[2] for one in named if one)]
    names += [f"{path.stem}{ending}.jsonl" for ending in SUFFIXES]
    beside = (file_beside(path, name) for name in dict.fromkeys(names) if name.endswith(".jsonl"))
    return [found for found in beside if found is not None][:1]


def _items(path: Path) -> Iterator[_Item]:
    for where, line in json_lines(path):
        outcome = section(line, "evaluation", where)
        score = number(outcome.get("score"), "score", where)
        item = line.get("sample_id")
        if not isinstance(item, int | str):
            raise BadFile("has no sample_id", where=where, hint="give the items as Every Eval Ever has them")
        if score is None:
            continue
        metadata = section(line, "metadata", where)
        language = next((metadata[key] for key in LANGUAGE_KEYS if isinstance(metadata.get(key), str)), None)
        raw = section(line, "output", where).get("raw")
        correct = outcome.get("is_correct")
        yield _Item(
            text(line, "evaluation_name", where) or "",
            text(line, "evaluation_result_id", where),
            language,
            str(item)[:300],
            score,
            raw[0] if isinstance(raw, list) and raw and isinstance(raw[0], str) else None,
            correct if isinstance(correct, bool) else None,
            text(line, "model_id", where),
        )
