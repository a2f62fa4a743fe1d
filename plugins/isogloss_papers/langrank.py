"""Tables as LangRank learns from: how well each transfer language serves each task language, with their features."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePath

import polars as pl

from isogloss.errors import BadFile, BadValue
from isogloss.evidence.importers.base import Importer, RawTable, ReadOptions
from isogloss.evidence.importers.columns import as_text, cast_columns, refuse
from isogloss.evidence.importers.files import PARQUET_MAGIC, read_frame
from isogloss.evidence.importers.values import scale_of

TARGETS = ("task lang", "task language", "target", "target lang", "target language")
TRANSFERS = ("aux lang", "transfer", "transfer lang", "transfer language", "source", "source lang", "source language")
SIZES = ("dataset size", "data size", "source size", "transfer size", "transfer dataset size", "train size")
SCORES = ("accuracy", "bleu", "chrf", "f1", "las", "uas", "score")
TRANSLATION = ("bleu", "chrf")
OWN = ("model", "task", "metric", "split", "seed", "items")

_SUFFIXES = (".csv", ".tsv", ".tab")


class LangRank(Importer):
    """Experiment tables in the manner of Lin et al. (2019), "Choosing Transfer Languages for Cross-Lingual Learning".

    One row per task language and transfer language. Columns are known by their names, whatever their case,
    blanks and underscores; each column of scores (accuracy, BLEU, F1, LAS, ...) is one of observations, and the
    other columns, such as distances and overlaps, are kept in the details. Model and task are asked for.
    """

    name = "langrank"

    def sniff(self, head: bytes, path: PurePath) -> float:
        if path.suffix.lower() not in _SUFFIXES or head.startswith(PARQUET_MAGIC):
            return 0.0
        line = head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode("utf-8", "replace")
        header = [cell.strip().strip('"') for cell in re.split(r"[,\t;|]", line.strip())]
        if {_plain(cell) for cell in header} <= {"source", "target", "model", "task", *TRANSLATION}:
            return 0.0  # of translations, from and to
        return 0.65 * all(_find(header, names) is not None for names in (TARGETS, TRANSFERS, SCORES))

    def read(self, path: Path, options: ReadOptions) -> RawTable:
        where = str(path)
        table = read_frame(path)
        if table.is_empty():
            raise BadFile("holds no rows", where=where)
        target, transfer = (_needed(table, names, where) for names in (TARGETS, TRANSFERS))
        size = _find(table.columns, SIZES)
        scores = [column for column in table.columns if _plain(column) in SCORES]
        if not scores:
            raise BadFile("has no column of scores", where=where, hint=f"name it one of {', '.join(SCORES)}")
        own = [name for name in OWN if name in table.columns]
        if asked := [name for name in ("model", "task") if name not in own and name not in options.values]:
            flags = " and ".join(f"{name}=..." for name in asked)
            raise BadValue(f"does not say the {' and the '.join(asked)}", where=where, hint=f"give {flags}")
        languages = as_text(table, [target, transfer])
        for column in (target, transfer):
            wrong = pl.col(column).is_null() | pl.col(column).str.contains("[,:+|]")
            refuse(languages, wrong, column, "is not one language", where)
        features = [name for name in table.columns if name not in (target, transfer, size, *scores, *own)]
        shared = languages.select(
            "origin_row",
            target=pl.col(target),
            train=_mix(languages[transfer], table[size] if size else None),
            recipe=pl.lit("fine-tune"),
            details=_details(table, features),
            **{name: table[name] for name in own},
        )
        parts = [
            shared.with_columns(
                score=table[column],
                metric=pl.col("metric") if "metric" in own else pl.lit(_plain(column)),
                scale=pl.lit(scale_of(_plain(column)), dtype=pl.String),
            )
            for column in scores
        ]
        rows = pl.concat(parts, how="vertical_relaxed").sort("origin_row", maintain_order=True)
        return RawTable(cast_columns(rows, where), marks_queries=False)


def _plain(column: str) -> str:
    """A name without case, blanks and marks: `Task_lang` is `task lang`."""
    return re.sub(r"[\W_]+", " ", column.casefold()).strip()


def _find(columns: Sequence[str], names: Sequence[str]) -> str | None:
    return next((column for name in names for column in columns if _plain(column) == name), None)


def _needed(table: pl.DataFrame, names: Sequence[str], where: str) -> str:
    if (found := _find(table.columns, names)) is None:
        raise BadFile(
            f"has no column {names[0]} (it has {', '.join(table.columns[:12])})",
            where=where,
            hint=f"name it one of {', '.join(names)}, or describe the table in a mapping file: mapping=...",
        )
    return found


def _mix(transfer: pl.Series, size: pl.Series | None) -> pl.Series:
    if size is None:
        return transfer
    sized = pl.DataFrame({"code": transfer, "size": size.cast(pl.String, strict=False)})
    both = pl.format("{}:{}", "code", "size")
    return sized.select(pl.when(pl.col("size").is_null()).then("code").otherwise(both)).to_series()


def _details(table: pl.DataFrame, features: list[str]) -> pl.Series | pl.Expr:
    """The other columns as JSON, numbers as numbers."""
    if not features:
        return pl.lit(None, dtype=pl.String)
    texts = table.select(pl.col(name).cast(pl.String, strict=False) for name in features)
    numbers = texts.select(pl.all().cast(pl.Float64, strict=False))
    kept = [
        numbers[name] if numbers[name].null_count() == texts[name].null_count() else texts[name] for name in features
    ]
    return pl.DataFrame(kept).select(pl.struct(pl.all()).struct.json_encode()).to_series()
