"""Results of lm-evaluation-harness: `results_<date>.json`, with `samples_<task>_<date>.jsonl` beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from isogloss.errors import BadFile, BadValue
from isogloss.evidence.importers.base import Importer, RawTable, ReadOptions
from isogloss.evidence.importers.files import file_beside, read_json
from isogloss.evidence.importers.settings import precision_of, recipe_with, revision_with
from isogloss.evidence.importers.task_names import TaskName, read_names
from isogloss.evidence.importers.topics import average_topics
from isogloss.evidence.importers.values import (
    RawRow,
    details,
    dropped_rows,
    json_lines,
    listed,
    model_facts,
    moment,
    number,
    raw_items,
    raw_rows,
    revision_of,
    scale_of,
    section,
    text,
    whole,
)

MODEL_ARGUMENTS = ("peft", "delta", "pretrained", "model", "path", "engine")
"""Arguments that name a model, those that adapt another one first."""

PLACEHOLDER = "bypass"
"""The metric of runs that only keep what the model said."""

_NOT_METRICS = ("alias", "name", "sample_len", "sample_count", " ")
_CODE = re.compile(r"[a-z]{2}|[A-Za-z]{3}[-_][A-Za-z]{4}")


class LmEval(Importer):
    """Results of EleutherAI's lm-evaluation-harness.

    Each metric of each task is a row, counted through the file. Groups are dropped, as they repeat their
    tasks; the scores of a test set that comes in topics are averaged by number of items. A metric under a
    filter other than `none` is named with it, as in `exact_match,flexible-extract`. A run on part of the
    items says so in its split: `test[:100]`.
    """

    name = "lm-eval"

    def sniff(self, head: bytes, path: PurePath) -> float:
        if path.suffix == ".jsonl":
            return 0.9 * (path.name.startswith("samples_") and b'"doc_id"' in head)
        if head.lstrip()[:1] != b"{" or b'"config_general"' in head[:4096]:
            return 0.0
        if b',none"' in head:
            return 0.95
        results = b'"results"' in head[:2048]
        old = results and b'"versions"' in head and b'"num_fewshot"' in head
        named = path.name.startswith("results") and (b'"versions"' in head or b'"config' in head)
        return 0.9 * old or 0.8 * (results and named)

    def read(self, path: Path, options: ReadOptions) -> RawTable:
        if path.suffix == ".jsonl":
            return RawTable(raw_rows([], str(path)), notes=("items are read with the results file beside them",))
        run = _Run.read(path, options)
        names = run.names(options)
        rows, dropped = [], []
        for position, (task, metric, value) in enumerate(run.metrics()):
            name = names.get(task)
            if isinstance(name, TaskName) and metric != PLACEHOLDER:
                rows.append(run.row(position, task, name, metric, value))
            else:
                dropped.append((position, name if isinstance(name, str) else "a placeholder, not a score"))
        items, notes = run.items(rows)
        rows, averaged, items = average_topics(rows, items, run.where)
        facts = model_facts(run.where, model=run.model, model_revision=run.revision, parameters=run.parameters)
        return RawTable(
            raw_rows(rows, run.where),
            dropped_rows([*dropped, *averaged]),
            marks_queries=False,
            items=raw_items(items, run.where),
            models=facts if run.parameters else None,
            notes=notes,
        )


@dataclass(frozen=True)
class _Run:
    """One results file."""

    path: Path
    where: str
    data: dict[str, Any]
    results: dict[str, Any]
    model: str
    revision: str | None
    parameters: int | None
    options: ReadOptions

    @classmethod
    def read(cls, path: Path, options: ReadOptions) -> _Run:
        where = str(path)
        data = read_json(path)
        if not isinstance(data, dict) or not isinstance(data.get("results"), dict):
            raise BadFile("has no object 'results'", where=where, hint="give the results_*.json of lm-eval")
        config = section(data, "config", where)
        arguments = _arguments(config)
        named = (text(config, "model_sha", where), text(config, "model_revision", where), arguments.get("revision"))
        revision = revision_with(revision_of(*named), precision_of(arguments))
        parameters = whole(config.get("model_num_parameters"), "model_num_parameters", where)
        model = options.values.get("model") or _model(arguments, where)
        return cls(path, where, data, data["results"], model, revision, parameters or None, options)

    def names(self, options: ReadOptions) -> dict[str, TaskName | str]:
        """What the name of each task says, or why it has none to say."""
        groups = self._groups()
        tasks = [task for task in self.results if task not in groups]
        read = read_names(tasks, options, LmEval.name, self.where, self._from_config)
        return read | dict.fromkeys(groups, "a group, which repeats its tasks")

    def _groups(self) -> set[str]:
        """Tasks that only sum up others of this file."""
        subtasks = section(self.data, "group_subtasks", self.where)
        groups = set()
        for group, below in subtasks.items():
            if not isinstance(below, list):
                raise BadFile(f"group '{group[:60]}' is not a list of tasks", where=self.where)
            if any(isinstance(task, str) and task in self.results for task in below):
                groups.add(group)
        return groups | (set(section(self.data, "groups", self.where)) - set(subtasks))

    def _from_config(self, task: str) -> TaskName | None:
        """A language that the configuration names, if its code stands in the name of the task too."""
        code = self._config(task).get("dataset_name")
        if not isinstance(code, str) or not _CODE.fullmatch(code):
            return None
        parts = re.fullmatch(rf"(.+)_{re.escape(code)}(_.+)?", task)
        return TaskName(f"{parts[1]}{parts[2] or ''}", code) if parts else None

    def metrics(self) -> Iterator[tuple[str, str, Any]]:
        """Each task, metric and value, in the order of the file."""
        for task, values in self.results.items():
            if not isinstance(values, dict):
                raise BadFile(f"the results of '{task[:60]}' are not an object", where=self.where)
            for metric, value in values.items():
                if metric not in _NOT_METRICS and not _is_error(metric):
                    yield task, metric.removesuffix(",none"), value

    def row(self, position: int, task: str, name: TaskName, metric: str, value: Any) -> RawRow:
        here = f"{self.where} row {position}"
        base, _, kind = metric.partition(",")
        config = self._config(task)
        setting = section(self.data, "config", self.where)
        told = (
            section(self.data, "n-shot", self.where).get(task),
            config.get("num_fewshot"),
            setting.get("num_fewshot"),
        )
        shots = whole(next((one for one in told if one is not None), None), "n-shot", here)
        counts = section(section(self.data, "n-samples", self.where), task, self.where)
        items = whole(counts.get("effective", self.results[task].get("sample_len")), "number of items", here)
        directions = section(section(self.data, "higher_is_better", self.where), task, self.where)
        version = section(self.data, "versions", self.where).get(task)
        better = directions.get(base)
        return {
            "origin_row": position,
            "model": self.model,
            "model_revision": self.revision,
            "task": name.task,
            "topic": name.topic,
            "metric": metric,
            "target": name.language,
            "train": self.options.values.get("train", ""),
            "recipe": recipe_with(self.options, chat=self.chat, version=version),
            "shots": shots,
            "split": _split(config, number(setting.get("limit"), "limit", self.where)),
            "seed": whole(setting.get("fewshot_seed"), "fewshot_seed", here) if shots else None,
            "score": number(value, metric, here),
            "scale": scale_of(base),
            "higher_is_better": better if isinstance(better, bool) else None,
            "items": items,
            "standard_error": self._error(task, base, kind, here),
            "recorded_at": moment(self.data.get("date")),
            "details": details(
                task=task, task_version=version if isinstance(version, int | float | str) else None,
                lm_eval=text(self.data, "lm_eval_version", self.where),
            ),
            "written": (task, metric),
        }  # fmt: skip

    def _error(self, task: str, base: str, kind: str, here: str) -> float | None:
        values = self.results[task]
        keys = (f"{base}_stderr,{kind or 'none'}", f"{base}_stderr")
        return next((number(values[key], key, here) for key in keys if key in values), None)

    @property
    def chat(self) -> bool:
        """Whether the model was asked through its chat template."""
        return any(text(self.data, key, self.where) for key in ("chat_template_sha", "chat_template"))

    def items(self, rows: list[RawRow]) -> tuple[list[tuple[int, str, float, str | None]], tuple[str, ...]]:
        """Outcomes of the items of each row, from the samples beside the results; and what had none."""
        date = re.search(r"_\d{4}-\d\d-\d\dT[\d.-]+$", self.path.stem)
        wanted = {row["written"]: position for position, row in enumerate(rows)}
        outcomes, lacking = [], set()
        for task in dict.fromkeys(task for task, _ in wanted):
            samples = file_beside(self.path, f"samples_{task}{date[0]}.jsonl") if date else None
            if samples is None:
                continue
            for where, sample in json_lines(samples):
                for metric, score in _scores(sample, where):
                    if (position := wanted.get((task, metric))) is None:
                        continue
                    if score is None:
                        lacking.add(metric)
                    else:
                        outcomes.append((position, _item(sample, where), score, _prediction(sample)))
        notes = [f"no score per item: {metric}" for metric in sorted(lacking)]
        return outcomes, tuple(notes)

    def _config(self, task: str) -> dict[str, Any]:
        return section(section(self.data, "configs", self.where), task, self.where)


def _arguments(config: dict[str, Any]) -> dict[str, str]:
    """What the model was loaded with."""
    arguments = config.get("model_args")
    if isinstance(arguments, str):
        arguments = dict(part.strip().split("=", 1) for part in arguments.split(",") if "=" in part)
    if not isinstance(arguments, dict):
        return {}
    return {str(name): str(value).strip() for name, value in arguments.items() if value is not None}


def _model(arguments: dict[str, str], where: str) -> str:
    """The model's name; without an argument that names it, lm-eval makes one up."""
    for argument in MODEL_ARGUMENTS:
        if name := arguments.get(argument):
            return name
    raise BadValue("does not name its model", where=where, hint="give model=...")


def _is_error(metric: str) -> bool:
    return metric.partition(",")[0].endswith("_stderr")


def _split(config: dict[str, Any], limit: float | None) -> str | None:
    """The split that was tested, as a slice if only the first items or percents were."""
    split = next((config[key] for key in ("test_split", "validation_split") if isinstance(config.get(key), str)), None)
    if limit is None:
        return split
    return f"{split or 'test'}[:{limit:g}]" if limit >= 1 else f"{split or 'test'}[:{limit * 100:g}%]"


def _scores(sample: dict[str, Any], where: str) -> Iterator[tuple[str, float | None]]:
    """Each metric of an item, named as in the results; None where it has no number per item."""
    kind = text(sample, "filter", where) or "none"
    for metric in listed(sample, "metrics", where) or [key for key in sample if isinstance(sample[key], float)]:
        if not isinstance(metric, str):
            raise BadFile("'metrics' is not a list of names", where=where)
        score = sample.get(metric)
        full = metric if kind == "none" else f"{metric},{kind}"
        numeric = isinstance(score, bool | int | float)
        yield full, number(float(score) if isinstance(score, bool) else score, metric, where) if numeric else None


def _item(sample: dict[str, Any], where: str) -> str:
    item = sample.get("doc_id")
    if not isinstance(item, int | str):
        raise BadFile("has no doc_id", where=where, hint="give the samples as lm-eval wrote them")
    return str(item)[:300]


def _prediction(sample: dict[str, Any]) -> str | None:
    """What the model said, where it wrote something."""
    responses = sample.get("filtered_resps")
    return responses[0] if isinstance(responses, list) and responses and isinstance(responses[0], str) else None
