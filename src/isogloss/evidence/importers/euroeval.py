"""Results of EuroEval, once ScandEval: `euroeval_benchmark_results.jsonl`, a record a line, and its leaderboards."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

import polars as pl

from isogloss.errors import BadValue
from isogloss.evidence.importers.base import Importer, RawTable, ReadOptions
from isogloss.evidence.importers.euroeval_boards import HALF_WIDTH, is_board, read_board
from isogloss.evidence.importers.values import (
    RawRow,
    details,
    dropped_rows,
    json_lines,
    listed,
    model_facts,
    number,
    raw_rows,
    revision_of,
    section,
    text,
)
from isogloss.files import open_input

HEAD = 64 * 1024
"""Bytes by which a board is told from records."""


class EuroEval(Importer):
    """Results of EuroEval.

    Each metric of each split is a row; totals are points, single rounds are fractions. A data set in several languages
    is about all of them together, and dropped. A model that was prompted has the recipe `few-shot` or `zero-shot`;
    one that was fine-tuned on the data set was trained on its language. Leaderboards do not tell the two apart.
    """

    name = "euroeval"

    def sniff(self, head: bytes, path: PurePath) -> float:
        if path.suffix.lower() == ".csv" and is_board(head):
            return 0.9
        known = b'"dataset_languages"' in head and b'"results"' in head
        return 0.95 * (known and head.lstrip()[:1] == b"{")

    def read(self, path: Path, options: ReadOptions) -> RawTable:
        with open_input(path) as file:
            if is_board(file.read(HEAD)):
                return read_board(path, options)
        where = str(path)
        rows: list[RawRow] = []
        dropped: list[tuple[int, str]] = []
        facts: dict[tuple[str, str | None], int] = {}
        for place, record in json_lines(path):
            model, revision = _model(record, options, place)
            languages = [code for code in listed(record, "dataset_languages", place) if isinstance(code, str)]
            parameters = number(record.get("num_model_parameters"), "num_model_parameters", place)
            if parameters is not None and parameters > 0:
                facts[model, revision] = int(parameters)
            for split, metric, score, error in _scores(record, place):
                position = len(rows) + len(dropped)
                if len(languages) != 1:
                    dropped.append((position, f"about {len(languages)} languages together"))
                    continue
                row = {
                    "origin_row": position,
                    "model": model,
                    "model_revision": revision,
                    "task": text(record, "dataset", place),
                    "metric": metric,
                    "target": languages[0],
                    "split": split,
                    "score": score,
                    "scale": "percent",
                    "standard_error": error,
                    "details": details(kind=record.get("task"), euroeval=record.get("euroeval_version")),
                }
                rows.append(row | _adaptation(record, languages[0], options))
        tables = [
            model_facts(where, model=model, model_revision=revision, parameters=count)
            for (model, revision), count in facts.items()
        ]
        return RawTable(
            raw_rows(rows, where),
            dropped_rows(dropped),
            marks_queries=False,
            models=pl.concat(tables) if tables else None,
        )


def _model(record: dict[str, Any], options: ReadOptions, where: str) -> tuple[str, str | None]:
    """Name and revision of `org/name@revision#setting`; what follows the `#` tells it from others too."""
    written = options.values.get("model") or text(record, "model", where)
    if written is None:
        raise BadValue("does not name its model", where=where, hint="give model=...")
    name, _, setting = written.partition("#")
    name, _, revision = name.partition("@")
    return name, "+".join(filter(None, (revision_of(revision), setting))) or None


def _adaptation(record: dict[str, Any], language: str, options: ReadOptions) -> RawRow:
    few = record.get("few_shot")
    if few or record.get("generative"):
        recipe, train = ("few-shot" if few else "zero-shot"), ""
    else:
        recipe, train = "fine-tune", language
    return {name: options.values.get(name, value) for name, value in (("recipe", recipe), ("train", train))}


def _scores(record: dict[str, Any], where: str) -> Iterator[tuple[str, str, float | None, float | None]]:
    """Split, metric, score and standard error, in points."""
    results = section(record, "results", where)
    totals, rounds = section(results, "total", where), results.get("raw")
    for key, value in totals.items():
        match = re.fullmatch(r"(test|val)_(.+)", key)
        if match is None or key.endswith("_se"):
            continue
        error = number(totals.get(f"{key}_se"), f"{key}_se", where)
        split = "val" if record.get("validation_split") else match[1]
        yield split, match[2], number(value, key, where), _standard_error(error, _values(rounds, match[1], match[2]))


def _values(rounds: Any, split: str, metric: str) -> list[float]:
    """The scores of single rounds, as far as they are there."""
    entries = rounds.get(split) if isinstance(rounds, dict) else rounds
    named = [
        entry.get(f"{split}_{metric}", entry.get(metric))
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict)
    ]
    return [float(value) for value in named if isinstance(value, int | float)]


def _standard_error(written: float | None, rounds: list[float]) -> float | None:
    """The error that is written, over 1.96 where the rounds show that it is half the width of an interval."""
    if written is None or len(rounds) < 2:
        return written
    computed = 100 * statistics.stdev(rounds) / len(rounds) ** 0.5
    is_half_width = abs(written - HALF_WIDTH * computed) <= 0.02 * HALF_WIDTH * computed
    return written / HALF_WIDTH if is_half_width and computed else written
