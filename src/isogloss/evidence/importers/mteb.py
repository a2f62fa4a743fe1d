"""MTEB: folders of result files as the benchmark writes them, and the same scores as one tidy table."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

import polars as pl

from isogloss.errors import BadFile
from isogloss.evidence.importers.base import Importer, RawTable, ReadOptions
from isogloss.evidence.importers.files import PARQUET_MAGIC, parse_json, read_bytes, read_frame, with_whole_characters
from isogloss.evidence.importers.mteb_facts import (
    DEFAULT,
    META,
    languages_of_subset,
    model_facts,
    read_meta,
    read_metas,
    separate_subsets,
    with_targets,
)
from isogloss.files import open_input

TABLE = ("model", "rev", "task", "split", "subset", "languages", "main_score")
"""Columns of the tidy table; `languages` are joined by `|`, `model` is written owner__name."""

METRIC = "main_score"
MARKS = (b'"mteb_version"', b'"mteb_dataset_name"', b'"hf_subset"')
_DEPTHS = ("", "*/", "*/*/", "results/*/*/")
_LOOKED_AT = 20


class Mteb(Importer):
    """Results of the Massive Text Embedding Benchmark.

    A folder is read whole: `results/<owner__name>/<revision>/<Task>.json` with a `model_meta.json` per
    revision, one model's folder of it, or one revision's; both today's layout and that before version
    1.11. Every revision is an observation of its own. The score is `main_score`, its standard error
    that of the mean over the experiments, where the file lists them.

    A row that lists two languages is a pair if its subset names both (`deu-eng`). Where several subsets
    of a task are in one language, those that are not named for it become tasks of their own, `Task/subset`.
    Rows in a language that nobody knows are dropped, with the code as the reason: one of 1,555 tasks must not
    keep a user from the others.
    """

    name = "mteb"

    def sniff(self, head: bytes, path: PurePath) -> float:
        if head.startswith(PARQUET_MAGIC):
            return 0.95 * (isinstance(path, Path) and _has_columns(path))
        return 0.9 * (head.lstrip()[:1] == b"{" and any(mark in head for mark in MARKS))

    def sniff_folder(self, folder: Path) -> float:
        for depth in _DEPTHS:
            if next(folder.glob(depth + META), None) is not None:
                return 0.95
        for depth in _DEPTHS:
            for _, path in zip(range(_LOOKED_AT), folder.glob(depth + "*.json"), strict=False):
                if path.is_file():
                    with open_input(path) as file:
                        if self.sniff(file.read(4096), path):
                            return 0.8
        return 0.0

    def read(self, path: Path, options: ReadOptions) -> RawTable:
        if path.is_dir():
            table, models = _read_folder(path)
        elif path.suffix.lower() == ".json":
            reader = _ResultReader()
            reader.add(path)
            table, models = reader.table(), [read_meta(path.with_name(META))]
        else:
            table, models = _read_table(path), read_metas(path.with_name("models.jsonl"))
        if table.is_empty():
            raise BadFile("holds no MTEB result", where=str(path))
        return _raw(table, model_facts([facts for facts in models if facts is not None]), options)


def _has_columns(path: Path) -> bool:
    try:
        return set(TABLE) <= set(pl.read_parquet_schema(path))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError):
        return False


def _read_table(path: Path) -> pl.DataFrame:
    table = read_frame(path)
    if missing := [name for name in TABLE if name not in table.columns]:
        raise BadFile(f"is no table of MTEB results: no {', '.join(missing)}", where=str(path))
    numbered = table.with_columns(
        pl.col("model").str.replace("__", "/", literal=True), origin_row=pl.int_range(pl.len(), dtype=pl.Int64)
    )
    return numbered.select(
        (pl.col(name).cast(kind) if name in numbered.columns else pl.lit(None, dtype=kind).alias(name))
        for name, kind in ROW.items()
    )


def _read_folder(folder: Path) -> tuple[pl.DataFrame, list[dict[str, object] | None]]:
    reader, models = _ResultReader(), []
    for path in _json_files(folder):
        if path.name == META:
            models.append(read_meta(path))
        else:
            reader.add(path)
    return reader.table(), models


def _json_files(folder: Path) -> Iterator[Path]:
    """All of them in the order of their names; a link that leads out of the folder is not followed."""
    inside = folder.resolve()
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            if name.endswith(".json") and (not path.is_symlink() or path.resolve().is_relative_to(inside)):
                yield path


def _raw(table: pl.DataFrame, models: pl.DataFrame, options: ReadOptions) -> RawTable:
    table = separate_subsets(with_targets(table, options.languages))
    score = pl.col("main_score")
    reason = pl.coalesce(
        pl.when(pl.col("split").is_null()).then(pl.lit("is no MTEB result")),
        "reason",
        pl.when(score.is_null()).then(pl.lit("no main score")),
        pl.when(~score.is_between(-1, 1)).then(pl.lit("main score lies outside -1 to 1")),
    )
    table = table.with_columns(reason=reason)
    kept = table.filter(pl.col("reason").is_null())
    details = kept.select(pl.struct("subset", "mteb_version", "dataset_revision").struct.json_encode())
    rows = kept.select(
        "model", "task", "target", "split", "origin", "origin_row", "standard_error",
        model_revision="rev", score="main_score", metric=pl.lit(METRIC), train=pl.lit(""), scale=pl.lit("fraction"),
        details=details.to_series(),
    )  # fmt: skip
    dropped = table.filter(pl.col("reason").is_not_null()).select("origin_row", "reason")
    return RawTable(rows, dropped, marks_queries=False, models=models)


ROW = pl.Schema(
    {
        "origin": pl.String(),
        "origin_row": pl.Int64(),
        "model": pl.String(),
        "rev": pl.String(),
        "task": pl.String(),
        "split": pl.String(),
        "subset": pl.String(),
        "languages": pl.String(),  # joined by |
        "main_score": pl.Float64(),
        "standard_error": pl.Float64(),
        "mteb_version": pl.String(),
        "dataset_revision": pl.String(),
    }
)
"""One score of one subset of one split."""

_NOT_SPLITS = ("mteb_version", "mteb_dataset_name", "dataset_revision", "evaluation_time", "kg_co2_emissions")
_REVISION = re.compile(r"[0-9a-f]{40}|no_revision_available|external|main|v?\d[\d.]*")
_MAIN_SCORES = (("main_score",), ("ndcg_at_10",), ("cos_sim", "spearman"), ("max", "ap"), ("v_measure",), ("map",),
                ("accuracy",), ("f1",))  # fmt: skip
"""Where old files keep the main score: that of the first of these that is there."""

SAME = 1e-6
"""Scores nearer than this are one; files round them differently."""

Entry = dict[str, Any]


class _ResultReader:
    """Collects the rows of result files; languages of old files are taken from newer files of the same task."""

    def __init__(self) -> None:
        self._rows: list[tuple[Any, ...]] = []
        self._languages: dict[tuple[str, str], str] = {}
        self._folders: dict[Path, tuple[str | None, str | None]] = {}

    def add(self, path: Path) -> None:
        """Read one file; one that is JSON but no result of MTEB becomes a row without anything.

        Raises
        ------
        BadFile
            If it is not whole JSON.
        """
        content = _parse(path)
        model, revision = self._model(path.parent)
        origin = str(path).encode("utf-8", "replace").decode()
        about = [content.get(key) for key in ("mteb_version", "dataset_revision")] if isinstance(content, dict) else []
        versions = [value if isinstance(value, str) else None for value in about]
        task, scores = _entries(content)
        if task is None:
            self._rows.append((origin, 0, model, revision, path.stem, None, None, None, None, None, None, None))
            return
        for position, (split, subset, languages, score, error) in enumerate(scores):
            if languages:
                self._languages[task, subset] = languages
            self._rows.append(
                (origin, position, model, revision, task, split, subset, languages, score, error, *versions)
            )

    def table(self) -> pl.DataFrame:
        """All rows, with the columns of `ROW`."""
        table = pl.DataFrame(self._rows, schema=ROW, orient="row")
        if not table["languages"].null_count():
            return table
        keys = table.filter(pl.col("languages").is_null() & pl.col("subset").is_not_null()).select("task", "subset")
        labels = keys.unique().with_columns(
            _labels=pl.struct("task", "subset").map_elements(
                lambda key: self._languages.get((key["task"], key["subset"])) or languages_of_subset(key["subset"]),
                return_dtype=pl.String,
            )
        )
        joined = table.join(labels, on=["task", "subset"], how="left", maintain_order="left")
        return joined.with_columns(languages=pl.coalesce("languages", "_labels")).drop("_labels")

    def _model(self, folder: Path) -> tuple[str | None, str | None]:
        """Model and revision of the files in a folder: from its metadata, else from the names of the folders."""
        if folder not in self._folders:
            self._folders[folder] = _model_of(folder)
        return self._folders[folder]


def _model_of(folder: Path) -> tuple[str | None, str | None]:
    here, above = folder.absolute().name, folder.absolute().parent.name
    if "__" in above or _REVISION.fullmatch(here):
        named, revision = above, here
    else:
        named, revision = here, None
    meta = folder / META
    if meta.is_file():
        content = parse_json(read_bytes(meta), str(meta))
        if isinstance(content, dict) and isinstance(content.get("name"), str):
            return content["name"], here if revision is None and "__" not in here else revision
    return (named.replace("__", "/", 1) if "__" in named else None), revision


def _parse(path: Path) -> Any:
    content = read_bytes(path)
    try:
        # Without the check for keys that stand twice, which takes longer than all else.
        return with_whole_characters(json.loads(content), content)
    except (ValueError, RecursionError):
        return parse_json(content, str(path))  # fails again, saying why


ResultFile = list[tuple[str, str, str | None, float | None, float | None]]


def _entries(content: Any) -> tuple[str | None, ResultFile]:
    """The task, None if this is no result of MTEB, and (split, subset, languages, score, standard error) of each."""
    if not isinstance(content, dict):
        return None, []
    if isinstance(scores := content.get("scores"), dict):
        task = content.get("task_name") or content.get("mteb_dataset_name")
        results = [_current(split, entry) for split, entries in scores.items() if isinstance(entries, list)
                 for entry in entries if isinstance(entry, dict)]  # fmt: skip
    else:
        task = content.get("mteb_dataset_name")
        results = [_legacy(split, subset, entry) for split, scores in content.items()
                 if split not in _NOT_SPLITS and isinstance(scores, dict)
                 for subset, entry in _subsets(scores)]  # fmt: skip
    return (task, results) if isinstance(task, str) and task else (None, [])


def _current(split: str, entry: Entry) -> tuple[str, str, str | None, float | None, float | None]:
    languages = entry.get("languages")
    joined = "|".join(map(str, languages)) if isinstance(languages, list) else None
    score = _number(entry.get("main_score"))
    return split, str(entry.get("hf_subset", DEFAULT)), joined or None, score, _standard_error(entry, score)


def _legacy(split: str, subset: str, entry: Entry) -> tuple[str, str, str | None, float | None, float | None]:
    for path in _MAIN_SCORES:
        value: Any = entry
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if (score := _number(value)) is not None:
            return split, subset, None, score, None
    return split, subset, None, None, None


def _subsets(scores: Entry) -> list[tuple[str, Entry]]:
    """The subsets of a split of an old file, which is itself one if it holds scores."""
    if any(path[0] in scores for path in _MAIN_SCORES):
        return [(DEFAULT, scores)]
    return [(subset, entry) for subset, entry in scores.items() if isinstance(entry, dict)]


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _standard_error(entry: Entry, score: float | None) -> float | None:
    """Of the mean over experiments, from whichever of their metrics the main score is the mean of."""
    if score is None:
        return None
    for values in _repetitions(entry, score):
        count = len(values)
        try:
            if count > 1 and abs(sum(values) / count - score) < SAME:
                return math.sqrt(sum([(value - score) ** 2 for value in values]) / (count - 1) / count)
        except TypeError:  # something among them is no number
            continue
    return None


def _repetitions(entry: Entry, score: float) -> Iterator[list[Any]]:
    experiments = entry.get("scores_per_experiment")
    if isinstance(experiments, list) and experiments and isinstance(experiments[0], dict):
        for name in experiments[0]:
            # Of several metrics only those are looked at whose mean, as the entry has it, is the main score.
            mean = _number(entry.get(name))
            if mean is not None and abs(mean - score) < SAME:
                yield [run.get(name) if isinstance(run, dict) else None for run in experiments]
    levels = entry.get("v_measures")
    if isinstance(levels, dict):
        yield [value for level in levels.values() if isinstance(level, list) for value in level]
