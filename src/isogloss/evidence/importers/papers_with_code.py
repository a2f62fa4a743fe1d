"""Leaderboards of Papers with Code, as its dumps have them: tasks with data sets, and rows of models with metrics."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

from isogloss.errors import BadFile
from isogloss.evidence.importers.base import Importer, RawTable, ReadOptions
from isogloss.evidence.importers.cells import number_in
from isogloss.evidence.importers.files import read_json
from isogloss.evidence.importers.free_names import read_free_name
from isogloss.evidence.importers.values import RawRow, details, dropped_rows, listed, moment, raw_rows, section, text
from isogloss.metrics.registry import find_metric

NO_LANGUAGE = "names no language"
UNKNOWN = "a metric of which neither scale nor direction is known"
MOST_NAMED = 12


class PapersWithCode(Importer):
    """Leaderboards of Papers with Code.

    Each metric of each row of a leaderboard is a row. The language stands in the name of the data set or of the task;
    leaderboards that name none, and metrics that isogloss does not know, are dropped: the dumps tell no direction.
    """

    name = "papers-with-code"

    def sniff(self, head: bytes, path: PurePath) -> float:
        known = all(key in head for key in (b'"task"', b'"datasets"')) and (b'"sota"' in head or b'"subtasks"' in head)
        return 0.9 * (known and head.lstrip()[:1] in (b"[", b"{"))

    def read(self, path: Path, options: ReadOptions) -> RawTable:
        where = str(path)
        data = read_json(path)
        rows: list[RawRow] = []
        dropped: list[tuple[int, str]] = []
        unknown: dict[str, None] = {}
        told = options.scale is not None and options.better is not None
        for position, (task, board, row, metric, value) in enumerate(_entries(data, where)):
            name = next((read for one in (board, task) if (read := read_free_name(one)) is not None), None)
            language = board if board in options.languages else name.language if name else None
            if language is None:
                dropped.append((position, NO_LANGUAGE))
            elif find_metric(metric).is_fraction is None and not told:
                unknown[metric] = None
                dropped.append((position, UNKNOWN))
            else:
                rows.append({
                    "origin_row": position,
                    "task": (name.task if name and read_free_name(board) else "") or board,
                    "metric": metric,
                    "target": language,
                    "train": options.values.get("train", ""),
                    "recipe": options.values.get("recipe"),
                    **_scored(row, value, where),
                })  # fmt: skip
        names = list(unknown)
        more = f", ... ({len(names)} in all)" if len(names) > MOST_NAMED else ""
        note = f"metrics left out, as nothing is known of them: {', '.join(names[:MOST_NAMED])}{more}"
        return RawTable(raw_rows(rows, where), dropped_rows(dropped), marks_queries=False, notes=(note,) * bool(names))


def _scored(row: dict[str, Any], value: Any, where: str) -> RawRow:
    paper = {key: text(row, key, where) for key in ("paper_title", "paper_url")}
    extra = row.get("uses_additional_data")
    return {
        "model": text(row, "model_name", where),
        "score": number_in(value) if isinstance(value, str) else float(value) if _is_number(value) else None,
        "scale": "percent" if isinstance(value, str) and value.rstrip().endswith("%") else None,
        "recorded_at": moment(text(row, "paper_date", where)),
        "details": details(**paper, additional_data=extra if isinstance(extra, bool) else None),
    }


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _entries(data: Any, where: str) -> Iterator[tuple[str, str, dict[str, Any], str, Any]]:
    """Task, data set, row, metric and value of every leaderboard."""
    waiting = list(data if isinstance(data, list) else [data])[::-1]
    while waiting:
        entry = waiting.pop()
        if not isinstance(entry, dict):
            raise BadFile("a task is not an object", where=where, hint="give the evaluation tables of a dump")
        task = text(entry, "task", where) or ""
        waiting += listed(entry, "subtasks", where)[::-1]
        boards = [one for one in listed(entry, "datasets", where) if isinstance(one, dict)]
        while boards:
            board = boards.pop(0)
            boards += [one for one in listed(board, "subdatasets", where) if isinstance(one, dict)]
            called = re.sub(r"\s+", " ", text(board, "dataset", where) or "")
            for row in listed(section(board, "sota", where), "rows", where):
                values = section(row, "metrics", where) if isinstance(row, dict) else {}
                for metric, value in values.items():
                    yield task, called, row, metric, value
