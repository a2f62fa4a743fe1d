"""Results of OpenCompass: `summary/summary_*.csv` of a whole run, or `results/<model>/<data set>.json` of one pair."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from isogloss.errors import BadFile, BadValue
from isogloss.evidence.importers.base import Importer, RawTable, ReadOptions
from isogloss.evidence.importers.files import read_frame, read_json
from isogloss.evidence.importers.headers import is_left_out
from isogloss.evidence.importers.task_names import TaskName, read_names
from isogloss.evidence.importers.values import (
    RawRow,
    details,
    dropped_rows,
    number,
    prompted,
    raw_items,
    raw_rows,
    text,
    whole,
)
from isogloss.metrics.registry import find_metric

SCORE = "score"
"""What evaluators of OpenCompass call the percentage of right answers."""
HEADER = ("dataset", "version", "metric", "mode")
NOT_METRICS = ("bp", "sys_len", "ref_len", "type", "details")
"""What OpenCompass itself leaves out of its summaries."""

ABSENT = "-"
COUNT = "total_count"
"""The column of a summary that counts items."""

CORRECT = ("correct", "is_correct", "cascade_correct")


class OpenCompass(Importer):
    """Results of OpenCompass, whose scores run from 0 to 100.

    Of a summary each score of a model is a row. Summary groups, which have no version of a prompt, are
    dropped, as they repeat their data sets. Of a result file of one model and data set each metric is a
    row; the model is its folder, and items are those of its `details` that say whether they are correct.
    """

    name = "opencompass"

    def sniff(self, head: bytes, path: PurePath) -> float:
        if head.removeprefix(b"\xef\xbb\xbf").startswith(",".join(HEADER).encode()):
            return 0.95
        flat = head.lstrip()[:1] == b"{" and path.suffix == ".json" and b'"results"' not in head[:2048]
        return 0.65 * (flat and path.parent.parent.name == "results")

    def read(self, path: Path, options: ReadOptions) -> RawTable:
        return _read_pair(path, options) if path.suffix == ".json" else _read_summary(path, options)


def _read_summary(path: Path, options: ReadOptions) -> RawTable:
    where = str(path)
    table = read_frame(path)
    if tuple(table.columns[: len(HEADER)]) != HEADER or table.width == len(HEADER):
        raise BadFile(f"is not headed {','.join(HEADER)},<models>", where=where, hint="give a summary_*.csv")
    columns = table.columns[len(HEADER) :]
    models = [name for name in columns if not is_left_out(name)]
    counts = table[COUNT].to_list() if COUNT in columns else [None] * table.height
    cells = [
        _Cell(position, dataset, version, metric, mode, model, score)
        for position, (dataset, version, metric, mode, *scores) in enumerate(table.select(*HEADER, *models).iter_rows())
        for model, score in zip(models, scores, strict=True)
    ]
    datasets = [cell.dataset or "" for cell in cells if not cell.left_out]
    names = read_names(datasets, options, OpenCompass.name, where)
    rows: list[RawRow] = []
    dropped = [
        (position, f"column '{name}' is no model")
        for name in columns
        if name not in (*models, COUNT)
        for position in table[name].is_not_null().arg_true()
    ]
    for cell in cells:
        name = cell.left_out or names[cell.dataset or ""]
        if isinstance(name, TaskName):
            row = _row(cell.position, name, cell.model, cell.metric or "", _parsed(cell.score or ""), options, where)
            rows.append(
                row
                | {
                    "items": _count(counts[cell.position], where),
                    "details": details(dataset=cell.dataset, prompt=cell.version, mode=cell.mode),
                }
            )
        else:
            dropped.append((cell.position, name))
    return RawTable(raw_rows(rows, where), dropped_rows(dropped), marks_queries=False)


class _Cell(NamedTuple):
    """One cell of a summary."""

    position: int
    dataset: str | None
    version: str | None
    metric: str | None
    mode: str | None
    model: str
    score: str | None

    @property
    def left_out(self) -> str | None:
        """Why it is no score of a data set."""
        if (self.score or ABSENT) == ABSENT or (self.metric or ABSENT) == ABSENT:
            return "no score"
        return "a group, which repeats its data sets" if (self.version or ABSENT) == ABSENT else None


def _count(cell: str | None, where: str) -> int | None:
    return whole(_parsed(cell), COUNT, where) if cell else None


def _parsed(score: str) -> float | str:
    """A number, or what is none, for the error that says so."""
    try:
        return float(score)
    except ValueError:
        return score


def _read_pair(path: Path, options: ReadOptions) -> RawTable:
    where = str(path)
    data = read_json(path)
    if not isinstance(data, dict):
        raise BadFile("is not an object", where=where, hint="give results/<model>/<data set>.json")
    model = options.values.get("model") or path.parent.name
    if not model:
        raise BadValue("has no folder that names the model", where=where, hint="give model=...")
    if text(data, "error", where) is not None:
        return RawTable(raw_rows([], where), dropped_rows([(0, "an error instead of scores")]))
    metrics = [(metric, value) for metric, value in data.items() if metric not in NOT_METRICS]
    name = read_names([path.stem], options, OpenCompass.name, where)[path.stem]
    if not isinstance(name, TaskName):
        return RawTable(raw_rows([], where), dropped_rows((position, name) for position in range(len(metrics))))
    items = [(0, *item) for item in _items(data.get("details"))]
    rows, dropped = [], []
    for position, (metric, value) in enumerate(metrics):
        if isinstance(value, str | list | dict):
            dropped.append((position, "not a number"))
            continue
        rows.append(_row(position, name, model, metric, value, options, where))
        rows[-1] |= {"items": len(items) or None, "details": details(dataset=path.stem)}
    return RawTable(
        raw_rows(rows, where),
        dropped_rows(dropped),
        marks_queries=False,
        items=raw_items(items if rows else [], where),  # of the first metric, which counts the correct ones
    )


def _row(
    position: int, name: TaskName, model: str, metric: str, value: Any, options: ReadOptions, where: str
) -> RawRow:
    known = find_metric(metric)
    return {
        "origin_row": position,
        "model": model,
        "task": name.task if name.topic is None else f"{name.task}-{name.topic}",
        "metric": metric,
        "target": name.language,
        **prompted(options),
        "score": number(value, metric, f"{where} row {position}"),
        "scale": "percent" if metric == SCORE else {True: "percent", False: "raw", None: None}[known.is_fraction],
        "higher_is_better": True if metric == SCORE else None,
    }


def _items(details: Any) -> Iterable[tuple[str, float, str | None]]:
    """Items that say whether they are correct, with the prediction."""
    if isinstance(details, list):
        details = dict(enumerate(details))
    entries = details.items() if isinstance(details, dict) else ()
    for key, entry in entries:
        if not isinstance(entry, dict):
            continue
        correct = next((entry[name] for name in CORRECT if isinstance(entry.get(name), bool)), None)
        if correct is not None:
            prediction = entry.get("pred")
            yield str(key), float(correct), prediction if isinstance(prediction, str) else None
