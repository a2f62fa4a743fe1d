"""Logs of inspect_ai: `.eval` archives and `.json` files, one run each."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import polars as pl

from isogloss.errors import BadFile, BadValue
from isogloss.evidence.importers.base import RAW_ITEM, Importer, RawTable, ReadOptions
from isogloss.evidence.importers.columns import from_items
from isogloss.evidence.importers.files import parse_json, read_json, read_members
from isogloss.evidence.importers.settings import precision_of, recipe_with, revision_with
from isogloss.evidence.importers.task_names import NameRules, TaskName, read_names, without_language
from isogloss.evidence.importers.values import (
    LANGUAGE_KEYS,
    RawRow,
    details,
    dropped_rows,
    listed,
    moment,
    number,
    raw_rows,
    scale_of,
    section,
    text,
    whole,
)
from isogloss.files import open_input

HEADER, REDUCTIONS, SUMMARIES = "header.json", "reductions.json", "summaries.json"
VERSION = 2
FINISHED = "success"
PROMPTS = ("system_message", "prompt_template", "user_message", "chain_of_thought")
"""Solvers that say how a question is asked."""

ERRORS = ("stderr", "bootstrap_stderr")
SPREADS = (*ERRORS, "std", "var")
MEANS = ("accuracy", "mean")
"""Metrics that are the mean of what each item scored."""

GRADES = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}


class InspectAI(Importer):
    """Logs of the UK AI Security Institute's inspect_ai.

    Each metric of each scorer is a row, counted through the log, and named for both: `match/accuracy`. The
    language is that of the task's arguments; or, where every item says its own, scores are computed from the
    items, language by language; or what a rule makes of the name of the task or of its data set. A run
    that did not succeed is refused unless asked for.
    """

    name = "inspect-ai"

    def sniff(self, head: bytes, path: PurePath) -> float:
        if head.startswith(b"PK\x03\x04"):
            return 0.95 * (path.suffix == ".eval")
        start = head[:4096]
        return 0.95 * (
            head.lstrip()[:1] == b"{" and all(key in start for key in (b'"version"', b'"status"', b'"eval"'))
        )

    def read(self, path: Path, options: ReadOptions) -> RawTable:
        log = _Log.read(path, options)
        shared = log.shared(options)
        scores = list(log.scores())
        if (language := log.language(options)) is None and (languages := log.item_languages()):
            return _by_language(log, shared, languages, scores)
        name = language or log.name(options)
        if not isinstance(name, TaskName):
            return RawTable(raw_rows([], log.where), dropped_rows((position, name) for position, *_ in scores))
        rows: list[RawRow] = []
        dropped: list[tuple[int, str]] = []
        places: dict[str, int] = {}
        for position, scorer, metric, row in scores:
            if metric in SPREADS:
                dropped.append((position, "a measure of spread"))
            else:
                if metric in MEANS:
                    places.setdefault(scorer, len(rows))
                rows.append(shared | row | {"task": name.task, "target": name.language})
        outcomes = _outcomes(log.outcomes())
        rowed = outcomes.with_columns(row=pl.col("scorer").replace_strict(places, default=None, return_dtype=pl.Int64))
        items = rowed.filter(pl.col("row").is_not_null()).select(RAW_ITEM.names())
        return RawTable(raw_rows(rows, log.where), dropped_rows(dropped), marks_queries=False, items=items)


@dataclass(frozen=True)
class _Log:
    """One log, without the transcripts."""

    where: str
    header: dict[str, Any]
    reductions: list[Any]
    samples: list[Any]

    @classmethod
    def read(cls, path: Path, options: ReadOptions) -> _Log:
        where = str(path)
        with open_input(path) as file:
            packed = file.read(2) == b"PK"
        if packed:
            members = read_members(path, (HEADER, REDUCTIONS, SUMMARIES))
            if HEADER not in members:
                raise BadFile("was never finished: it has no header.json", where=where, hint="run it to its end")
            parts = {name: parse_json(content, f"{where} {name}") for name, content in members.items()}
            header = parts[HEADER]
        else:
            header = read_json(path)
            parts = {}
        if not isinstance(header, dict) or not isinstance(header.get("eval"), dict):
            raise BadFile("has no object 'eval'", where=where, hint="give a log of inspect_ai")
        parts = {REDUCTIONS: header.get("reductions"), SUMMARIES: header.get("samples")} | parts
        log = cls(where, header, *(listed(parts, name, where) for name in (REDUCTIONS, SUMMARIES)))
        log.check(options)
        return log

    def check(self, options: ReadOptions) -> None:
        """Refuse a log of another time, and a run that did not succeed."""
        version = whole(self.header.get("version"), "version", self.where)
        if version is not None and version > VERSION:
            raise BadFile(f"has version {version}, newer than {VERSION}", where=self.where)
        status = text(self.header, "status", self.where) or "unknown"
        if self.header.get("invalidated"):
            status = "invalidated"
        if status != FINISHED and not options.unfinished:
            raise BadFile(f"the run is {status[:40]}", where=self.where, hint="read it with unfinished=True")

    def shared(self, options: ReadOptions) -> RawRow:
        """What holds for every score of the run."""
        spec = self.header["eval"]
        if (model := options.values.get("model") or text(spec, "model", self.where)) is None:
            raise BadValue("does not name its model", where=self.where, hint="give model=...")
        limit = section(spec, "config", self.where).get("limit")
        limit = ":".join(str(end) for end in limit) if isinstance(limit, list) else limit and f":{limit}"
        usage = section(section(self.header, "stats", self.where), "model_usage", self.where)
        tokens = {f"{kind}_tokens": _sum(usage, f"{kind}_tokens", self.where) for kind in ("input", "output")}
        version = spec.get("task_version")
        return {
            "model": model,
            "model_revision": revision_with(None, precision_of(section(spec, "model_args", self.where))),
            "train": options.values.get("train", ""),
            "recipe": recipe_with(options, version=version, prompt=self.prompt()),
            "split": f"[{limit}]" if limit else None,
            "seed": whole(section(spec, "model_generate_config", self.where).get("seed"), "seed", self.where),
            "recorded_at": moment(spec.get("created")),
            "details": details(
                task_version=version if isinstance(version, int | str) else None,
                inspect_ai=text(section(spec, "packages", self.where), "inspect_ai", self.where), **tokens,
            ),
        }  # fmt: skip

    def prompt(self) -> str | None:
        """What the solvers of the run put before or around a question."""
        written = []
        for step in listed(section(self.header, "plan", self.where), "steps", self.where):
            if isinstance(step, dict) and step.get("solver") in PROMPTS:
                template = section(step, "params", self.where).get("template")
                written += [template] if isinstance(template, str) else []
        return "\n".join(written) or None

    def scores(self) -> Iterator[tuple[int, str, str, RawRow]]:
        """Position, scorer, metric and row of every metric."""
        results = section(self.header, "results", self.where)
        done = whole(results.get("completed_samples"), "completed_samples", self.where)
        position = 0
        for score in listed(results, "scores", self.where):
            if not isinstance(score, dict):
                raise BadFile("a score is not an object", where=self.where)
            scorer = text(score, "name", self.where) or text(score, "scorer", self.where) or "score"
            metrics = section(score, "metrics", self.where)
            values = {name: section(metrics, name, self.where).get("value") for name in metrics}
            error = next((values[name] for name in ERRORS if name in values), None)
            items = whole(score.get("scored_samples"), "scored_samples", self.where)
            for metric, value in values.items():
                here = f"{self.where} row {position}"
                yield position, scorer, metric, {
                    "origin_row": position,
                    "metric": f"{scorer}/{metric}",
                    "score": number(value, metric, here),
                    "scale": scale_of(metric),
                    "items": done if items is None else items,
                    "standard_error": number(error, "stderr", here) if metric in MEANS else None,
                }  # fmt: skip
                position += 1

    def language(self, options: ReadOptions) -> TaskName | None:
        """The language that an argument of the task names, unless the user says another."""
        spec = self.header["eval"]
        arguments = section(spec, "task_args", self.where)
        language = _language_in(arguments)
        if language is None or self.task in options.languages:
            return None
        return TaskName(without_language(self.task, language), language)

    def name(self, options: ReadOptions) -> TaskName | str:
        """What the name of the task says, or that of its data set."""
        data = text(section(self.header["eval"], "dataset", self.where), "name", self.where) or ""

        def of_data(task: str) -> TaskName | None:
            name = NameRules.load(InspectAI.name, options).read(data)
            return name and name._replace(task=without_language(task, name.language), topic=None)

        return read_names([self.task], options, InspectAI.name, self.where, of_data)[self.task]

    @property
    def task(self) -> str:
        if (task := text(self.header["eval"], "task", self.where)) is None:
            raise BadFile("does not name its task", where=self.where)
        return task.rpartition("/")[2]  # inspect_evals/mgsm is mgsm in a package

    def item_languages(self) -> dict[str, str]:
        """The language of each item, if every one says it."""
        languages = {}
        for sample in self.samples:
            metadata = section(sample, "metadata", self.where) if isinstance(sample, dict) else {}
            if (language := _language_in(metadata)) is None:
                return {}
            languages[str(sample.get("id"))] = language
        return languages

    def outcomes(self) -> Iterator[tuple[str, str, float, str | None]]:
        """Scorer, item, score and answer, where an item has a number."""
        if self.reductions:
            for reduction in self.reductions:
                scorer = text(reduction, "scorer", self.where) if isinstance(reduction, dict) else None
                for entry in listed(reduction, "samples", self.where) if scorer else ():
                    if isinstance(entry, dict) and (score := _graded(entry.get("value"))) is not None:
                        yield scorer or "", str(entry.get("sample_id")), score, _answer(entry)
            return
        for sample in self.samples:
            scores = section(sample, "scores", self.where) if isinstance(sample, dict) else {}
            for scorer in scores:
                entry = section(scores, scorer, self.where)
                if (score := _graded(entry.get("value"))) is not None:
                    yield scorer, str(sample.get("id")), score, _answer(entry)


def _language_in(values: dict[str, Any]) -> str | None:
    return next((values[key] for key in LANGUAGE_KEYS if isinstance(values.get(key), str)), None)


def _by_language(
    log: _Log, shared: RawRow, languages: dict[str, str], scores: list[tuple[int, str, str, RawRow]]
) -> RawTable:
    """Scores computed from the items of each language."""
    outcomes = _outcomes(log.outcomes()).with_columns(
        target=pl.col("item").replace_strict(languages, default=None, return_dtype=pl.String)
    )
    means = {scorer: metric for _, scorer, metric, _ in reversed(scores) if metric in MEANS}
    outcomes = outcomes.filter(pl.col("scorer").is_in(list(means)) & pl.col("target").is_not_null())
    if outcomes.is_empty():
        raise BadValue("its items have languages, but no scores", where=log.where, hint="keep the items in the log")
    rows, items = from_items(outcomes.with_row_index("origin_row"), ("scorer", "target"), log.where)
    made = [
        shared | row | {"task": log.task, "metric": f"{row['scorer']}/{means[row['scorer']]}", "origin_row": position}
        for position, row in enumerate(rows.iter_rows(named=True))
    ]
    whole_run = ((position, "over all languages, computed for each from its items") for position, *_ in scores)
    return RawTable(raw_rows(made, log.where), dropped_rows(whole_run), marks_queries=False, items=items)


def _outcomes(outcomes: Iterator[tuple[str, str, float, str | None]]) -> pl.DataFrame:
    """Items as a table, the mean over epochs of each."""
    schema = {"scorer": pl.String, "item": pl.String, "score": pl.Float64, "prediction": pl.String}
    table = pl.DataFrame(list(outcomes), schema=schema, orient="row")
    return table.group_by("scorer", "item", maintain_order=True).agg(
        pl.col("score").mean(), pl.col("prediction").first()
    )


def _graded(value: Any) -> float | None:
    """The score of an item: a number, true or false, or a grade."""
    if isinstance(value, str) and value in GRADES:
        return GRADES[value]
    try:
        return float(value) if isinstance(value, bool | int | float) and math.isfinite(value) else None
    except OverflowError:
        return None


def _answer(entry: dict[str, Any]) -> str | None:
    answer = entry.get("answer")
    return answer if isinstance(answer, str) else None


def _sum(usage: dict[str, Any], key: str, where: str) -> int | None:
    counts = [whole(section(usage, model, where).get(key), key, where) for model in usage]
    return sum(count or 0 for count in counts) or None
