"""Queries and documents that are to be put in order, such as sentences that may answer a question."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl

from isogloss.errors import BadValue
from isogloss.lab.examples import Examples
from isogloss.lab.task import Answer, TaskInfo, TaskKind
from isogloss.models.inputs import Choice, InputType, RankingType

BETWEEN = "|||"
"""Stands between documents, and between their grades, where the table has them as text."""


@dataclass(frozen=True)
class Ranking(TaskKind):
    """A query, documents that were found for it, and their grades: whole numbers, above 0 where they are relevant.

    Documents and grades are lists, or text with ||| between. Queries of whose documents all or none are relevant ask
    nothing and are left out, with a warning.
    """

    name: ClassVar[str] = "ranking"
    texts: ClassVar[tuple[str, ...]] = ("query",)
    right: ClassVar[str] = "relevance"
    columns: ClassVar[tuple[str, ...]] = ("documents",)
    lists: ClassVar[Mapping[str, str]] = {"documents": BETWEEN, "relevance": BETWEEN}
    metrics: ClassVar[tuple[str, ...]] = ("map", "ndcg", "mrr")
    answer: ClassVar[Answer] = "ranking"
    input_type: ClassVar[InputType[Any]] = RankingType()
    keeps_predictions: ClassVar[bool] = False  # scores of all documents would take more room than all the rest

    def check(self, table: pl.DataFrame, info: TaskInfo) -> pl.DataFrame:
        """The table with grades as numbers.

        Raises
        ------
        BadValue
            For grades that are no whole numbers from 0 up, or not as many as documents; for a document that is empty;
            and if no query is left.

        Warns
        -----
        UserWarning
            Of queries that are left out.
        """
        where = str(info.file)
        cast = pl.col("relevance").list.eval(pl.element().str.strip_chars().cast(pl.Int64, strict=False))
        graded = table.with_columns(grades=cast)
        odd = pl.col("grades").list.eval(pl.element().is_null() | (pl.element() < 0)).list.any()
        wrong = graded.filter(odd | (pl.col("grades").list.len() != pl.col("documents").list.len()))
        if wrong.height:
            row = wrong.row(0, named=True)
            reason = f"{len(row['documents'])} documents have the grades {', '.join(map(str, row['relevance']))}"
            hint = "give each document a whole number, 0 where it is not relevant"
            raise BadValue(reason, where=f"{where} row {row['row']}", hint=hint)
        empty = pl.col("documents").list.eval(pl.element().fill_null("").str.strip_chars() == "").list.any()
        for row in graded.filter(empty)["row"].head(1):
            raise BadValue("a document is empty", where=f"{where} row {row}", hint="remove it and its grade")
        kept = graded.filter(
            pl.col("grades").list.eval(pl.element() > 0).list.any()
            & pl.col("grades").list.eval(pl.element() == 0).list.any()
        )
        if kept.is_empty():
            raise BadValue("no query has relevant and other documents", where=where, hint="look at `relevance`")
        if left_out := graded.height - kept.height:
            warnings.warn(
                f"{where}: of {left_out} queries all documents or none are relevant; they are left out", stacklevel=3
            )
        return kept.with_columns(relevance=pl.col("grades")).drop("grades")

    def labels(self, table: pl.DataFrame, info: TaskInfo) -> list[str]:
        """None: documents have grades."""
        return []

    def inputs(self, group: pl.DataFrame) -> list[Any]:
        return [Choice(query, tuple(documents)) for query, documents in group.select("query", "documents").iter_rows()]

    def examples(self, group: pl.DataFrame, labels: Sequence[str]) -> Examples:
        """Queries with their documents, and the grade of each."""
        grades = group["relevance"].explode().to_numpy().astype(np.int64)
        starts = np.cumsum([0, *group["relevance"].list.len()])
        return Examples(group["item"].to_list(), self.inputs(group), grades, starts, input_type=self.input_type)
