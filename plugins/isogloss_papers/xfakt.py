"""X-FaKT: does a model know a fact in the language in which it is asked, judged item by item."""

from __future__ import annotations

from pathlib import Path, PurePath

import polars as pl

from isogloss.evidence.importers.base import Importer, RawTable, ReadOptions
from isogloss.evidence.importers.columns import as_text, from_items, refuse, require_columns
from isogloss.evidence.importers.files import PARQUET_MAGIC, read_frame

NEEDED = ("task", "model", "lang", "i", "rating")
RIGHT, RIGHT_IN_ENGLISH = "1", "2"
RATINGS = (RIGHT, RIGHT_IN_ENGLISH, "3", "4")
"""Right in the language asked; right, but answered in English; right in a third language; wrong."""


class Xfakt(Importer):
    """Ratings of Aggarwal et al. (2025), "Language Models' Factuality Depends on the Language of Inquiry".

    One row per rated answer, with the columns `task`, `model`, `lang`, `i` and `rating`; they become the items
    of one observation per task, model and language, whose score is the share of answers that are right in
    the language asked. Asked in English, an answer in English is one in the language asked. The rating
    is kept as the item's prediction.
    """

    name = "xfakt"

    def sniff(self, head: bytes, path: PurePath) -> float:
        table = head.startswith(PARQUET_MAGIC) or all(column.encode() in head.split(b"\n", 1)[0] for column in NEEDED)
        return 0.9 * (table and "xfakt" in path.name.casefold())

    def read(self, path: Path, options: ReadOptions) -> RawTable:
        where = str(path)
        table = read_frame(path)
        require_columns(table, NEEDED, where)
        answers = as_text(table, NEEDED)
        for name in NEEDED[:-1]:
            refuse(answers, pl.col(name).is_null(), name, "is empty", where)
        refuse(answers, ~pl.col("rating").is_in(RATINGS), "rating", f"is none of {', '.join(RATINGS)}", where)
        dropped = answers.filter(pl.col("rating").is_null()).select("origin_row", reason=pl.lit("not rated"))
        english = pl.col("lang").str.to_lowercase().is_in(["english", "en", "eng"])
        right = (pl.col("rating") == RIGHT) | (english & (pl.col("rating") == RIGHT_IN_ENGLISH))
        outcomes = answers.filter(pl.col("rating").is_not_null()).select(
            "origin_row",
            "model",
            task=pl.format("X-FaKT-{}", "task"),
            target="lang",
            item="i",
            score=right.cast(pl.Float64),
            prediction="rating",
        )
        rows, items = from_items(outcomes, ("model", "task", "target"), where)
        rows = rows.with_columns(
            metric=pl.lit("accuracy"), scale=pl.lit("fraction"), train=pl.lit(""), recipe=pl.lit("in-context"),
            shots=pl.lit(0),
        )  # fmt: skip
        return RawTable(rows, dropped, marks_queries=False, items=items)
