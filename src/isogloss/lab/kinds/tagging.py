"""Token tagging: parts of speech, dependency labels, named entities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl

from isogloss.errors import BadValue
from isogloss.lab.task import Answer, Examples, TaskInfo, TaskKind
from isogloss.metrics.labels import is_tag_of_spans
from isogloss.models.inputs import InputType, WordsType


@dataclass(frozen=True)
class TokenTagging(TaskKind):
    """Sentences as lists of words and of tags, from a table or from CoNLL-U and CoNLL files."""

    name: ClassVar[str] = "token-tagging"
    texts: ClassVar[tuple[str, ...]] = ("words",)
    right: ClassVar[str] = "tags"
    lists: ClassVar[Mapping[str, str]] = {"words": " ", "tags": " "}
    metrics: ClassVar[tuple[str, ...]] = ("accuracy", "macro_f1")
    answer: ClassVar[Answer] = "tags"
    input_type: ClassVar[InputType[Any]] = WordsType()
    keeps_predictions: ClassVar[bool] = False  # the tags of a sentence would take more room than all the rest

    def check(self, table: pl.DataFrame, info: TaskInfo) -> pl.DataFrame:
        """Raise BadValue for sentences with more words than tags, and for tags that cannot be learnt or scored."""
        where = str(info.file)
        uneven = table.filter(pl.col("words").list.len() != pl.col("tags").list.len())
        if uneven.height:
            row = uneven.row(0, named=True)
            raise BadValue(f"{len(row['words'])} words and {len(row['tags'])} tags", where=f"{where} row {row['row']}")
        for name in ("words", "tags"):
            empty = table.filter(pl.col(name).list.eval(pl.element().is_null() | (pl.element() == "")).list.any())
            if empty.height:
                raise BadValue(f"an empty one among the {name}", where=f"{where} row {empty['row'][0]}")
        labels = self.labels(table, info)
        if len(labels) < 2:
            raise BadValue(f"only one tag, '{labels[0]}'", where=where, hint="tagging needs two or more")
        if "span_f1" in info.metrics and (strange := [label for label in labels if not is_tag_of_spans(label)]):
            hint = "write B-PER, I-PER and O, or drop span_f1"
            raise BadValue(f"tag '{strange[0]}' marks no span", where=where, hint=hint)
        self._check_trained(table, where)
        return table

    def plain(self, table: pl.DataFrame) -> pl.Expr:
        """The words with spaces between."""
        return pl.col("words").list.join(" ")

    def inputs(self, group: pl.DataFrame) -> list[Any]:
        """Sentences as tuples of words."""
        return [tuple(sentence) for sentence in group["words"].to_list()]

    def examples(self, group: pl.DataFrame, labels: list[str]) -> Examples:
        """Sentences with the tags of their words."""
        positions = np.searchsorted(np.array(labels), group["tags"].explode().to_numpy().astype(str))
        starts = np.cumsum([0, *group["tags"].list.len()])
        return Examples(group["item"].to_list(), self.inputs(group), positions, starts, input_type=self.input_type)

    def _check_trained(self, table: pl.DataFrame, where: str) -> None:
        trained = set(table.filter(split="train")["tags"].explode())
        tested = table.filter(split="test").select("language", "tags").explode("tags")
        strange = tested.filter(~pl.col("tags").is_in(list(trained))).sort("tags", "language")
        if strange.height:
            language, tag = strange.row(0)
            raise BadValue(
                f"tag '{tag}' is tested on in '{language}' and trained on in no language",
                where=where,
                hint="label sets must be alike: map or remove the tag",
            )
