"""Tasks about a text: a label for it, such as a topic, or an answer that is written, such as a number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import polars as pl

from isogloss.errors import BadValue
from isogloss.lab.task import Answer, Examples, Form, TaskInfo, TaskKind


@dataclass(frozen=True)
class TextClassification(TaskKind):
    """A text and its label; every language must have every label in training."""

    name: ClassVar[str] = "text-classification"
    texts: ClassVar[tuple[str, ...]] = ("text",)
    metrics: ClassVar[tuple[str, ...]] = ("accuracy", "macro_f1")
    form: ClassVar[Form | None] = Form(("text",), "label", "Text: {text}\nLabel: {label}")

    def inputs(self, group: pl.DataFrame) -> list[Any]:
        """The texts."""
        return group["text"].to_list()

    def check(self, table: pl.DataFrame, info: TaskInfo) -> pl.DataFrame:
        """Raise BadValue for a single label, or label sets that differ between languages."""
        labels = self.labels(table, info)
        if len(labels) < 2:
            hint = "classification needs two or more"
            raise BadValue(f"only one label, '{labels[0]}'", where=str(info.file), hint=hint)
        trained = table.filter(split="train").sort("language")
        for (language,), group in trained.group_by("language", maintain_order=True):
            if missing := sorted(set(labels) - set(group[self.right])):
                raise BadValue(
                    f"'{language}' has no training example of the label '{missing[0]}', which others have",
                    where=str(info.file),
                    hint="label sets must be alike in every language: map or remove the label",
                )
        return table


@dataclass(frozen=True)
class Generation(TaskKind):
    """A question and its answer, a text or a number.

    The task's labels are all different answers, so that those to learn from can be looked up there; what is
    answered is a text and need be none of them.
    """

    name: ClassVar[str] = "generation"
    texts: ClassVar[tuple[str, ...]] = ("question",)
    right: ClassVar[str] = "answer"
    metrics: ClassVar[tuple[str, ...]] = ("exact_match", "valid_output_rate")
    answer: ClassVar[Answer] = "text"
    form: ClassVar[Form | None] = Form(("question",), "answer", "Question: {question}\nAnswer: {answer}")

    def inputs(self, group: pl.DataFrame) -> list[Any]:
        """The questions."""
        return group["question"].to_list()

    def labels(self, table: pl.DataFrame, info: TaskInfo) -> list[str]:
        """Every different answer."""
        return list(table["answer"].unique().sort())

    def examples(self, group: pl.DataFrame, labels: list[str]) -> Examples:
        """The questions with their answers."""
        return replace(super().examples(group, labels), answers=[(answer,) for answer in group["answer"]])
