"""Run folders of HELM: `run_spec.json` with `stats.json`, and `per_instance_stats.json` for items."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from isogloss.errors import BadFile, BadValue
from isogloss.evidence.importers.base import Importer, RawTable, ReadOptions
from isogloss.evidence.importers.files import read_json
from isogloss.evidence.importers.free_names import read_free_name
from isogloss.evidence.importers.settings import recipe_with
from isogloss.evidence.importers.task_names import TaskName, read_names
from isogloss.evidence.importers.values import (
    LANGUAGE_KEYS,
    RawRow,
    details,
    dropped_rows,
    number,
    raw_items,
    raw_rows,
    section,
    text,
    whole,
)
from isogloss.evidence.pairs import SEPARATOR
from isogloss.metrics.registry import find_metric

SPEC, STATS, ITEMS = "run_spec.json", "stats.json", "per_instance_stats.json"
FIRST_KEYS, SECOND_KEYS = ("source_language", "source_lang", "src"), ("target_language", "target_lang", "tgt")
COUNT = "num_instances"
MOST = 2**53
"""From here on a number of instances is no count."""
USUAL_METHOD = "generation"
BOOKKEEPING = re.compile(
    r"(num|max|inference|training|batch|finish_reason|logprob|predicted|prompt|completion|output|tokens?|platt|"
    r"selective|ece|bits|estimated)_.*|.*_(runtime|time|size|tokens|bytes|logprob|logprobs|count)|runtime|perplexity"
)
"""Statistics of a run that are no scores of what it tests."""


class Helm(Importer):
    """A run of HELM, a folder `<scenario>:<arguments>,model=<model>`.

    Each statistic is a row, counted through `stats.json`; bookkeeping is dropped. The language is an argument of the
    scenario, else stands in the name of the run. A perturbation (a dialect, slips of typing) is another recipe.
    """

    name = "helm"

    def sniff(self, head: bytes, path: PurePath) -> float:
        if path.name == SPEC:
            return 0.95 * (b'"scenario_spec"' in head or b'"adapter_spec"' in head)
        return 0.95 * (path.name == STATS and head.lstrip()[:1] == b"[" and b'"name"' in head and b'"count"' in head)

    def sniff_folder(self, folder: Path) -> float:
        return 0.98 * ((folder / SPEC).is_file() and (folder / STATS).is_file())

    def read(self, path: Path, options: ReadOptions) -> RawTable:
        run = _Run.read(path if path.is_dir() else path.parent, options)
        stats = read_json(run.folder / STATS)
        if not isinstance(stats, list):
            raise BadFile("is no list of statistics", where=str(run.folder / STATS), hint="give a run folder of HELM")
        name = run.task_name()
        counts = dict(_counts(stats, run.where))
        rows: list[RawRow] = []
        dropped: list[tuple[int, str]] = []
        for position, stat in enumerate(stats):
            here = f"{run.where} row {position}"
            if not isinstance(stat, dict):
                raise BadFile("is not an object", where=here, hint="give a run folder of HELM")
            key = _key(stat, here)
            if (reason := name if isinstance(name, str) else _reason(key.metric)) is not None:
                dropped.append((position, reason))
            elif isinstance(name, TaskName):
                score = number(stat.get("mean"), key.metric, here)
                rows.append(run.row(position, name, key, score, counts.get(key.split)))
        items = list(run.items(rows))
        return RawTable(
            raw_rows(rows, run.where), dropped_rows(dropped), marks_queries=False, items=raw_items(items, run.where)
        )


@dataclass(frozen=True)
class _Key:
    """What a statistic is of."""

    metric: str
    split: str | None
    part: str | None
    perturbation: str | None


def _key(stat: dict[str, Any], where: str) -> _Key:
    name = section(stat, "name", where)
    perturbation = section(name, "perturbation", where)
    label = text(perturbation, "name", where)
    computed = text(perturbation, "computed_on", where)
    return _Key(
        text(name, "name", where) or "",
        text(name, "split", where),
        text(name, "sub_split", where),
        "-".join(filter(None, (label, computed if computed != "perturbed" else None))) or None,
    )


def _reason(metric: str) -> str | None:
    if BOOKKEEPING.fullmatch(metric):
        return "bookkeeping, not a score"
    return "a metric that isogloss does not know" if find_metric(metric).is_fraction is None else None


def _counts(stats: list[Any], where: str) -> Iterator[tuple[str | None, int]]:
    """Instances of each split, which HELM counts as a statistic of its own."""
    for position, stat in enumerate(stats):
        if isinstance(stat, dict):
            key = _key(stat, f"{where} row {position}")
            count = stat.get("mean")
            counted = key.metric == COUNT and key.perturbation is None
            if counted and isinstance(count, int | float) and 0 < count < MOST:
                yield key.split, round(count)


@dataclass(frozen=True)
class _Run:
    """What `run_spec.json` says."""

    folder: Path
    spec: dict[str, Any]
    options: ReadOptions

    @classmethod
    def read(cls, folder: Path, options: ReadOptions) -> _Run:
        for name in (SPEC, STATS):
            if not (folder / name).is_file():
                raise BadFile(f"has no {name}", where=str(folder), hint="give a run folder of HELM as a whole")
        spec = read_json(folder / SPEC)
        if not isinstance(spec, dict):
            raise BadFile("is not an object", where=str(folder / SPEC), hint="give a run folder of HELM")
        return cls(folder, spec, options)

    @property
    def where(self) -> str:
        return str(self.folder / STATS)

    @property
    def adapter(self) -> dict[str, Any]:
        return section(self.spec, "adapter_spec", self.where)

    @property
    def name(self) -> str:
        """The scenario with its arguments, but the model."""
        written = text(self.spec, "name", self.where) or self.folder.name
        return _without_arguments(written, ("model", "model_deployment"))

    def task_name(self) -> TaskName | str:
        """Task and language; or why it has none."""
        task = self.name
        arguments = section(section(self.spec, "scenario_spec", self.where), "args", self.where)
        first, second, only = (
            next((arguments[key] for key in keys if isinstance(arguments.get(key), str)), None)
            for keys in (FIRST_KEYS, SECOND_KEYS, LANGUAGE_KEYS)
        )
        if task not in self.options.languages and ((first and second) or only):
            language = f"{first}{SEPARATOR}{second}" if first and second else str(only)
            return TaskName(
                _without_arguments(task, (*FIRST_KEYS, *SECOND_KEYS, *LANGUAGE_KEYS, "language_pair")), language
            )
        return read_names([task], self.options, Helm.name, self.where, _read_arguments)[task]

    def row(self, position: int, name: TaskName, key: _Key, score: float | None, items: int | None) -> RawRow:
        model = self.options.values.get("model") or text(self.adapter, "model", self.where)
        if model is None:
            raise BadValue("does not name its model", where=self.where, hint="give model=...")
        method = text(self.adapter, "method", self.where)
        recipe = recipe_with(self.options, prompt=method if method != USUAL_METHOD else None)
        known = find_metric(key.metric)
        whole_numbers = known.unit == "percent" and known.name in ("bleu", "chrf", "chrf++", "ter")
        return {
            "origin_row": position,
            "model": model,
            "task": "/".join(filter(None, (name.task, name.topic))),
            "metric": key.metric,
            "target": name.language,
            "train": self.options.values.get("train", ""),
            "recipe": recipe + (f"+{key.perturbation}" if key.perturbation else ""),
            "shots": whole(self.adapter.get("max_train_instances"), "max_train_instances", self.where),
            "split": "/".join(filter(None, (key.split, key.part))) or None,
            "score": score,
            "scale": ("percent" if whole_numbers else "fraction") if known.is_fraction else "raw",
            "items": items,
            "details": details(
                run=text(self.spec, "name", self.where),
                deployment=text(self.adapter, "model_deployment", self.where),
                method=method,
                temperature=self.adapter.get("temperature"),
            ),
            "key": key,
        }

    def items(self, rows: list[RawRow]) -> Iterator[tuple[int, str, float, str | None]]:
        """Outcomes of the instances, where the run kept them."""
        path = self.folder / ITEMS
        if not rows or not path.is_file():
            return
        places = {row["key"]: place for place, row in enumerate(rows)}
        entries = read_json(path)
        for number_of_entry, entry in enumerate(entries if isinstance(entries, list) else []):
            here = f"{path} row {number_of_entry}"
            if not isinstance(entry, dict):
                raise BadFile("is not an object", where=here, hint="give a run folder of HELM")
            trial = entry.get("train_trial_index")
            item = f"{str(entry.get('instance_id'))[:300]}" + (f"/{trial}" if trial else "")
            stats = entry.get("stats")
            for stat in stats if isinstance(stats, list) else []:
                if isinstance(stat, dict) and (place := places.get(_key(stat, here))) is not None:
                    score = number(stat.get("mean"), "mean", here)
                    if score is not None:
                        yield place, item, score, None


def _without_arguments(task: str, names: tuple[str, ...]) -> str:
    scenario, _, arguments = task.partition(":")
    kept = [one for one in arguments.split(",") if one and one.partition("=")[0] not in names]
    return scenario + (":" + ",".join(kept) if kept else "")


def _read_arguments(task: str) -> TaskName | None:
    """The one argument of a run that is a language: `cleva:task=translation,subtask=en2zh` has none."""
    scenario, _, arguments = task.partition(":")
    for one in filter(None, arguments.split(",")):
        name, _, value = one.partition("=")
        read = read_free_name(value)
        if read is not None and not read.task:
            return TaskName(_without_arguments(task, (name,)), read.language)
    return read_free_name(scenario)
