"""MTEB: folders of result files as the benchmark writes them, and the same scores as one tidy table."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePath

import polars as pl

from isogloss.errors import BadFile
from isogloss.evidence.importers.base import Importer, RawTable, ReadOptions
from isogloss.evidence.importers.files import PARQUET_MAGIC, read_frame
from isogloss.evidence.importers.mteb_facts import (
    META,
    model_facts,
    read_meta,
    read_metas,
    separate_subsets,
    with_targets,
)
from isogloss.evidence.importers.mteb_files import ROW, ResultReader

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
                with path.open("rb") as file:
                    if self.sniff(file.read(4096), path):
                        return 0.8
        return 0.0

    def read(self, path: Path, options: ReadOptions) -> RawTable:
        if path.is_dir():
            table, models = _read_folder(path)
        elif path.suffix.lower() == ".json":
            reader = ResultReader()
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
    reader, models = ResultReader(), []
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
