"""SIB-200 by prompted language models: the published table of accuracies, and the predictions behind it."""

from __future__ import annotations

from pathlib import Path, PurePath

import polars as pl

from isogloss.evidence.importers.base import Importer, RawTable, ReadOptions
from isogloss.evidence.importers.columns import as_text, cast_columns, from_items, refuse, require_columns
from isogloss.evidence.importers.files import PARQUET_MAGIC, read_frame

SCORES = ("model", "lang", "n", "accuracy")
PREDICTIONS = ("model", "lang", "index_id", "gold", "pred")
CATEGORIES = 7
ROUNDING = 5e-5
"""How far the table, with its four digits, may lie from the share of right answers."""

_SAME = {
    "task": "SIB-200",
    "metric": "accuracy",
    "scale": "fraction",
    "train": "",
    "recipe": "in-context",
    "split": "test",
}


class Sib200(Importer):
    """Results of Adelani et al. (2024), "SIB-200", for models that were prompted in English.

    Of a table of accuracies (`model`, `lang`, `n`, `accuracy`) each row is an observation; an accuracy
    rounded to four digits is read as the share of n right answers that it stands for, so that it agrees
    with the predictions. Of a table of predictions (`model`, `lang`, `index_id`, `gold`, `pred`) each row is an
    item; an answer that names no category is wrong.
    """

    name = "sib200"

    def sniff(self, head: bytes, path: PurePath) -> float:
        named = path.name.casefold().startswith("sib200_llm")
        header = head.split(b"\n", 1)[0]
        texts = any(all(name.encode() in header for name in names) for names in (SCORES, PREDICTIONS))
        return 0.9 * (named and (texts or head.startswith(PARQUET_MAGIC)))

    def read(self, path: Path, options: ReadOptions) -> RawTable:
        where = str(path)
        table = read_frame(path)
        if "accuracy" in table.columns:
            require_columns(table, SCORES, where)
            rows, items = _scores(table, where), None
        else:
            require_columns(table, PREDICTIONS, where)
            rows, items = _predictions(table, where)
        rows = rows.with_columns(pl.lit(value).alias(name) for name, value in _SAME.items()).with_columns(shots=0)
        tasks = pl.DataFrame({
            "task": ["SIB-200"], "metric": ["accuracy"], "kind": ["classification"],
            "text_origin": ["human-translated"], "chance": [1 / CATEGORIES], "licence": ["CC BY-SA 4.0"],
        })  # fmt: skip
        return RawTable(rows, marks_queries=False, items=items, tasks=tasks)


def _scores(table: pl.DataFrame, where: str) -> pl.DataFrame:
    named = as_text(table, SCORES).rename({"lang": "target", "n": "items", "accuracy": "score"})
    rows = cast_columns(named, where)
    right = (pl.col("score") * pl.col("items")).round(0) / pl.col("items")
    return rows.with_columns(
        score=pl.when((right - pl.col("score")).abs() <= ROUNDING).then(right).otherwise("score"),
        details=_answered(table),
    )


def _answered(table: pl.DataFrame) -> pl.Series:
    if "answered" not in table.columns:
        return pl.Series([None] * table.height, dtype=pl.String)
    share = table.select(answered=pl.col("answered").cast(pl.Float64, strict=False))
    return share.select(pl.struct("answered").struct.json_encode()).to_series()


def _predictions(table: pl.DataFrame, where: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    answers = as_text(table, PREDICTIONS)
    for name in PREDICTIONS[:-1]:
        refuse(answers, pl.col(name).is_null(), name, "is empty", where)
    outcomes = answers.select(
        "origin_row",
        "model",
        target="lang",
        item="index_id",
        score=(pl.col("gold") == pl.col("pred").fill_null("")).cast(pl.Float64),
        prediction="pred",
    )
    return from_items(outcomes, ("model", "target"), where)
