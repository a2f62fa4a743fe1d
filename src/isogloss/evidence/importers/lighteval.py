"""Results of lighteval: `results_<date>.json`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from isogloss.errors import BadFile, BadValue
from isogloss.evidence.importers.base import Importer, RawTable, ReadOptions
from isogloss.evidence.importers.files import read_json
from isogloss.evidence.importers.settings import precision_of, recipe_with, revision_with
from isogloss.evidence.importers.task_names import TaskName, read_names
from isogloss.evidence.importers.topics import average_topics
from isogloss.evidence.importers.values import (
    RawRow,
    details,
    dropped_rows,
    moment,
    number,
    prompted,
    raw_rows,
    revision_of,
    scale_of,
    section,
    text,
    whole,
)

ALL, AVERAGE = "all", ":_average"
_ERROR = "_stderr"


class Lighteval(Importer):
    """Results of Hugging Face's lighteval.

    Each metric of each task is a row, counted through the file. What sums up tasks is dropped; the scores
    of a test set that comes in topics are averaged by number of items. How it was asked (`mcf`, `cf`,
    `hybrid`) stays in the name of the task. A run on part of the items says so in its split: `[:100]`.
    """

    name = "lighteval"

    def sniff(self, head: bytes, path: PurePath) -> float:
        return 0.95 * (head.lstrip()[:1] == b"{" and b'"config_general"' in head[:4096])

    def read(self, path: Path, options: ReadOptions) -> RawTable:
        where = str(path)
        data = read_json(path)
        if not isinstance(data, dict) or not isinstance(data.get("results"), dict):
            raise BadFile("has no object 'results'", where=where, hint="give the results_*.json of lighteval")
        shared = _shared(path, data, options, where)
        entries = list(_metrics(data["results"], where))
        tasks = [entry.task for entry in entries if not entry.summary]
        names = read_names(tasks, options, self.name, where)
        rows, dropped = [], []
        for position, entry in enumerate(entries):
            name = "a summary, which repeats tasks" if entry.summary else names[entry.task]
            if isinstance(name, TaskName):
                version = section(data, "versions", where).get(entry.key)
                recipe = recipe_with(options, **shared["asked"], version=version)
                rows.append(shared | {"recipe": recipe} | _row(position, entry, name, data, where))
            else:
                dropped.append((position, name))
        rows, averaged, _ = average_topics(rows, (), where)
        return RawTable(raw_rows(rows, where), dropped_rows([*dropped, *averaged]), marks_queries=False)


class _Entry(NamedTuple):
    """One metric of one task."""

    key: str
    task: str
    shots: str | None
    metric: str
    value: Any
    error: Any

    @property
    def summary(self) -> bool:
        return self.key == ALL or self.task.endswith(AVERAGE)


def _shared(path: Path, data: dict[str, Any], options: ReadOptions, where: str) -> RawRow:
    general = section(data, "config_general", where)
    config = section(general, "model_config", where)
    model = options.values.get("model") or text(general, "model_name", where) or text(config, "model_name", where)
    if model is None:
        raise BadValue("does not name its model", where=where, hint="give model=...")
    revision = revision_of(text(general, "model_sha", where), text(config, "revision", where))
    template = config.get("override_chat_template") or general.get("use_chat_template")
    prompt = text(config, "system_prompt", where)
    limit = whole(general.get("max_samples"), "max_samples", where)
    date, _, time = path.stem.removeprefix("results_").partition("T")
    return {
        "model": model,
        "model_revision": revision_with(revision, precision_of(config)),
        **prompted(options),
        "asked": {"chat": template is True, "prompt": prompt},
        "split": None if limit is None else f"[:{limit}]",
        "recorded_at": moment(f"{date}T{time.replace('-', ':')}"),
    }


def _metrics(results: dict[str, Any], where: str) -> Iterator[_Entry]:
    for key, values in results.items():
        if not isinstance(values, dict):
            raise BadFile(f"the results of '{key[:60]}' are not an object", where=where)
        task, shots = _read_key(key)
        for metric, value in values.items():
            if not (metric.endswith(_ERROR) and metric.removesuffix(_ERROR) in values):
                yield _Entry(key, task, shots, metric, value, values.get(metric + _ERROR))


def _read_key(key: str) -> tuple[str, str | None]:
    """Task and number of shots of `task|0`, or of `suite|task|0` as older versions wrote it."""
    parts = key.split("|")
    if len(parts) == 1:
        return key, None
    return (parts[0], parts[1]) if len(parts) == 2 else (parts[1], parts[2])


def _row(position: int, entry: _Entry, name: TaskName, data: dict[str, Any], where: str) -> RawRow:
    here = f"{where} row {position}"
    shots = int(entry.shots) if entry.shots and entry.shots.isdecimal() and len(entry.shots) < 9 else None
    config = section(section(data, "config_tasks", where), entry.key, where)
    items = config.get("effective_num_docs")
    version = section(data, "versions", where).get(entry.key)
    return {
        "origin_row": position,
        "task": name.task,
        "topic": name.topic,
        "metric": entry.metric,
        "target": name.language,
        "shots": shots,
        "score": number(entry.value, entry.metric, here),
        "scale": scale_of(entry.metric),
        "items": None if items == -1 else whole(items, "effective_num_docs", here),  # -1: never counted
        "standard_error": number(entry.error, entry.metric + _ERROR, here),
        "details": details(task=entry.key, task_version=version if isinstance(version, int | float | str) else None),
    }
