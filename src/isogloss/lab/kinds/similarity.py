"""Pairs of sentences and a number that says how alike they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl

from isogloss.errors import BadValue
from isogloss.lab.examples import Examples
from isogloss.lab.task import Answer, Form, TaskInfo, TaskKind
from isogloss.models.inputs import InputType, Pair, PairType

LEAST = 3
"""Pairs of a language from which there is a correlation to speak of."""


@dataclass(frozen=True)
class Similarity(TaskKind):
    """Two sentences and how alike they are, a number on any scale on which more is more alike."""

    name: ClassVar[str] = "similarity"
    texts: ClassVar[tuple[str, ...]] = ("first", "second")
    right: ClassVar[str] = "score"
    metrics: ClassVar[tuple[str, ...]] = ("spearman", "pearson")
    answer: ClassVar[Answer] = "value"
    input_type: ClassVar[InputType[Any]] = PairType()
    form: ClassVar[Form | None] = None

    def check(self, table: pl.DataFrame, info: TaskInfo) -> pl.DataFrame:
        """The table with scores as numbers; BadValue for those that are none, and tests whose scores are all alike."""
        where = str(info.file)
        read = table.with_columns(read=pl.col("score").str.strip_chars().cast(pl.Float64, strict=False))
        wrong = read.filter(pl.col("read").is_null() | ~pl.col("read").is_finite())
        if wrong.height:
            row = wrong.row(0, named=True)
            raise BadValue(f"the score '{row['score']}' is no number", where=f"{where} row {row['row']}")
        tests = read.filter(split="test").group_by("language").agg(pl.len(), different=pl.col("read").n_unique())
        few = tests.filter((pl.col("len") < LEAST) | (pl.col("different") < 2)).sort("language")
        if few.height:
            language, count, _ = few.row(0)
            reason = f"has {count} test pairs" if count < LEAST else f"has one score for all {count} test pairs"
            hint = "nothing can be ordered rightly there: leave the language out or add pairs"
            raise BadValue(f"'{language}' {reason}", where=where, hint=hint)
        return read.drop("score").rename({"read": "score"})

    def labels(self, table: pl.DataFrame, info: TaskInfo) -> list[str]:
        """None: answers are numbers."""
        return []

    def inputs(self, group: pl.DataFrame) -> list[Any]:
        return [Pair(*row) for row in group.select(self.texts).iter_rows()]

    def examples(self, group: pl.DataFrame, labels: Sequence[str]) -> Examples:
        """Pairs and their numbers."""
        starts = np.arange(group.height + 1)
        scores = group["score"].to_numpy().astype(np.float64)
        return Examples(group["item"].to_list(), self.inputs(group), scores, starts, input_type=self.input_type)
