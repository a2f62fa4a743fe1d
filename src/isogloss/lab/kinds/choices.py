"""Tasks with choices: which of several texts follows from another one, or belongs in the slot of a sentence."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from string import ascii_uppercase
from typing import Any, ClassVar

import numpy as np
import polars as pl

from isogloss.errors import BadValue, UnknownName
from isogloss.lab.examples import Examples
from isogloss.lab.task import Answer, Form, TaskInfo, TaskKind
from isogloss.models.inputs import SLOT, Choice, ChoiceType, Cloze, ClozeType, InputType

_PLACES = {"first": 0, "last": -1}


@dataclass(frozen=True)
class MultipleChoice(TaskKind):
    """A premise and its choices; the label is the number of the right one, from 0, or its letter, from A."""

    name: ClassVar[str] = "multiple-choice"
    texts: ClassVar[tuple[str, ...]] = ("premise",)
    optional: ClassVar[tuple[str, ...]] = ("question",)
    several: ClassVar[Mapping[str, str]] = {"choices": "choice"}
    answer: ClassVar[Answer] = "choice"
    input_type: ClassVar[InputType[Any]] = ChoiceType()
    form: ClassVar[Form | None] = Form(("premise",), "choice", "{premise}\nAnswer: {choice}")

    def check(self, table: pl.DataFrame, info: TaskInfo) -> pl.DataFrame:
        """The table with the question behind the premise, and letters as numbers; BadValue for any other label."""
        labels = self.labels(table, info)
        letters = dict(zip(ascii_uppercase, labels, strict=False))
        if set(table["label"]) <= {*letters}:
            table = table.with_columns(label=pl.col("label").replace_strict(letters))
        wrong = table.filter(~pl.col("label").is_in(labels))
        if wrong.height:
            row = wrong.row(0, named=True)
            where, hint = f"{info.file} row {row['row']}", f"write {', '.join(labels)}, or {', '.join(letters)}"
            raise BadValue(f"label '{row['label']}' is no choice", where=where, hint=hint)
        if "question" not in info.columns:
            return table
        return table.with_columns(premise=pl.concat_str("premise", pl.lit(" "), "question"))

    def labels(self, table: pl.DataFrame, info: TaskInfo) -> list[str]:
        return [str(place) for place in range(len(_choices(table)))]

    def plain(self, table: pl.DataFrame) -> pl.Expr:
        return pl.concat_str("premise", *_choices(table), separator="\n")

    def inputs(self, group: pl.DataFrame) -> list[Any]:
        return [Choice(first, tuple(rest)) for first, *rest in group.select("premise", *_choices(group)).iter_rows()]


def _choices(table: pl.DataFrame) -> list[str]:
    return [name for name in table.columns if name.startswith("choice ")]


@dataclass(frozen=True)
class ClozeTask(TaskKind):
    """A prompt with a slot and candidates for it; how many there are may differ.

    Candidates are lists, or text with commas between. The answer is one of them, by a column or by its place.
    They are put in an order that only the item's id and their places decide: a file that always has the answer
    last tells nothing then, and lists that are parallel across languages stay so.
    """

    name: ClassVar[str] = "cloze"
    texts: ClassVar[tuple[str, ...]] = ("prompt",)
    right: ClassVar[str] = "answer"
    columns: ClassVar[tuple[str, ...]] = ("candidates",)
    optional: ClassVar[tuple[str, ...]] = ("answer",)
    lists: ClassVar[Mapping[str, str]] = {"candidates": ", "}
    options: ClassVar[tuple[str, ...]] = ("right",)
    answer: ClassVar[Answer] = "choice"
    input_type: ClassVar[InputType[Any]] = ClozeType()
    form: ClassVar[Form | None] = Form(("sentence",), None, "{sentence}")

    def read_options(self, options: Mapping[str, Any], columns: Mapping[str, str], where: str) -> dict[str, Any]:
        """`right`, "first" or "last": which candidate is the answer, where no column says so."""
        right = options.get("right")
        if right not in (None, *_PLACES):
            raise UnknownName("place of the answer", str(right), _PLACES, where=where)
        if ("answer" in columns) == (right is not None):
            raise BadValue(
                "either a column has the answer or its place is the same in every row", where=where,
                hint='add answer = "..." to the columns, or right = "first" or "last"',
            )  # fmt: skip
        return dict(options)

    def check(self, table: pl.DataFrame, info: TaskInfo) -> pl.DataFrame:
        """The table with an answer in every row, without rows of a single candidate, which ask nothing.

        Raises
        ------
        BadValue
            For prompts without a slot, and answers that are no candidate.

        Warns
        -----
        UserWarning
            Of rows that are left out.
        """
        where = str(info.file)
        slots = pl.col("prompt").str.count_matches(SLOT, literal=True)
        if (wrong := table.filter(slots != 1)).height:
            raise BadValue(
                f"{wrong['prompt'].str.count_matches(SLOT, literal=True)[0]} slots in the prompt",
                where=f"{where} row {wrong['row'][0]}", hint=f"write {SLOT} once, where the answer belongs",
            )  # fmt: skip
        table = table.with_columns(candidates=_unquoted(pl.col("candidates")))
        if (right := info.options.get("right")) is not None:
            table = table.with_columns(answer=pl.col("candidates").list.get(_PLACES[right]))
        wrong = table.filter(~pl.col("candidates").list.contains(pl.col("answer")))
        if wrong.height:
            row = wrong.row(0, named=True)
            raise BadValue(
                f"the answer '{row['answer']}' is no candidate ({wrong.height} such rows)",
                where=f"{where} row {row['row']}", hint='add it, or say right = "last" if that is its place',
            )  # fmt: skip
        several = table.filter(pl.col("candidates").list.n_unique() > 1)
        if several.is_empty():
            raise BadValue("no row has two candidates", where=where, hint="separate them with ', '")
        if left_out := table.height - several.height:
            warnings.warn(f"{where}: {left_out} rows have one candidate only and are left out", stacklevel=3)
        return several

    def labels(self, table: pl.DataFrame, info: TaskInfo) -> list[str]:
        most = int(table["candidates"].list.len().max())  # type: ignore[arg-type]  # polars' max of any column
        return [str(place) for place in range(most)]

    def inputs(self, group: pl.DataFrame) -> list[Any]:
        rows = group.select("item", "prompt", "candidates").iter_rows()
        return [
            Cloze(prompt, tuple(candidates[place] for place in _order(item, len(candidates))))
            for item, prompt, candidates in rows
        ]

    def examples(self, group: pl.DataFrame, labels: list[str]) -> Examples:
        """The prompts, and where among its candidates each answer is."""
        inputs = self.inputs(group)
        places = [one.choices.index(answer) for one, answer in zip(inputs, group["answer"], strict=True)]
        starts = np.arange(group.height + 1)
        return Examples(group["item"].to_list(), inputs, np.array(places, np.int64), starts, input_type=self.input_type)


def _unquoted(candidates: pl.Expr) -> pl.Expr:
    """Lists that were one cell of a CSV file, as such a file quotes a cell."""
    first, last = candidates.list.first(), candidates.list.last()
    is_cell = first.str.starts_with('"') & last.str.ends_with('"') & (first.str.count_matches('"') % 2 == 1)
    whole = candidates.list.join(", ").str.strip_chars('"').str.replace_all('""', '"', literal=True)
    return pl.when(is_cell).then(whole.str.split(", ")).otherwise(candidates)


@lru_cache(maxsize=20_000)  # the same in every language
def _order(item: str, count: int) -> tuple[int, ...]:
    return tuple(sorted(range(count), key=lambda place: hashlib.sha256(f"{item}\x00{place}".encode()).digest()))
