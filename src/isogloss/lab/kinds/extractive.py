"""Extractive question answering: the answer stands in a context, between two of its characters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, ClassVar

import numpy as np
import polars as pl

from isogloss.errors import BadValue
from isogloss.evidence.pairs import SEPARATOR
from isogloss.lab.examples import Examples
from isogloss.lab.task import Answer, Form, Task, TaskInfo, TaskKind
from isogloss.models.inputs import InputType, Question, QuestionType


@dataclass(frozen=True)
class ExtractiveQA(TaskKind):
    """A context, a question and where in the context the answer stands.

    Where several answers are right, they and their starts are lists; the first one is learnt from. Starts count
    characters from 0. With `question_languages`, every context is tested on with the questions in these languages
    too (Lewis et al. 2020, MLQA, call it generalised cross-lingual transfer, G-XLT), as a target of its own whose
    code is `context|question`; training examples are not crossed.
    """

    name: ClassVar[str] = "extractive-qa"
    texts: ClassVar[tuple[str, ...]] = ("context",)  # many questions are about one paragraph
    right: ClassVar[str] = "answer"
    columns: ClassVar[tuple[str, ...]] = ("question", "answer_start")
    lists: ClassVar[Mapping[str, str]] = {"answer": "", "answer_start": ""}
    options: ClassVar[tuple[str, ...]] = ("question_languages",)
    metrics: ClassVar[tuple[str, ...]] = ("f1", "exact_match")
    answer: ClassVar[Answer] = "span"
    input_type: ClassVar[InputType[Any]] = QuestionType()
    form: ClassVar[Form | None] = Form(
        ("context", "question"), "answer", "{context}\nQuestion: {question}\nAnswer: {answer}"
    )

    def read_options(self, options: Mapping[str, Any], columns: Mapping[str, str], where: str) -> dict[str, Any]:
        """`question_languages`, a list or "all": what test items are asked in beside the language of their contexts."""
        given = options.get("question_languages", [])
        if given != "all" and not (isinstance(given, list) and all(isinstance(code, str) for code in given)):
            raise BadValue(f'question_languages must be a list of languages or "all", not {given!r}', where=where)
        return dict(options)

    def check(self, table: pl.DataFrame, info: TaskInfo) -> pl.DataFrame:
        """The table with starts as numbers; BadValue for answers that do not stand where they are said to."""
        table = _with_starts(table, str(info.file))
        _check_answers(table, str(info.file))
        return table

    def labels(self, table: pl.DataFrame, info: TaskInfo) -> list[str]:
        """None: answers are stretches of contexts."""
        return []

    def inputs(self, group: pl.DataFrame) -> list[Any]:
        return [Question(question, context) for question, context in group.select("question", "context").iter_rows()]

    def examples(self, group: pl.DataFrame, labels: list[str]) -> Examples:
        """Questions, all their answers, and the first and the last character of the one to learn from."""
        answers = [tuple(some) for some in group["answer"]]
        firsts = [starts[0] for starts in group["starts"]]
        ends = [first + len(some[0]) for first, some in zip(firsts, answers, strict=True)]
        positions = np.fromiter(chain.from_iterable(zip(firsts, ends, strict=True)), np.int64)
        starts = 2 * np.arange(group.height + 1)
        return Examples(group["item"].to_list(), self.inputs(group), positions, starts, answers, self.input_type)

    def complete(self, task: Task) -> Task:
        """The task with a target for each pair of context and question language that is asked for."""
        chosen, where = task.info.options.get("question_languages", []), str(task.info.file)
        if not chosen:
            return task
        if "item" not in task.info.columns:
            raise BadValue("question_languages needs items", where=where, hint='add item = "..." to the columns')
        return _crossed(task, list(task.test) if chosen == "all" else task.find(chosen, "test", where), where)


def _with_starts(table: pl.DataFrame, where: str) -> pl.DataFrame:
    starts = pl.col("answer_start").list.eval(pl.element().cast(pl.Int64, strict=False))
    table = table.with_columns(starts=starts)
    wrong = table.filter(
        (pl.col("starts").list.len() != pl.col("answer").list.len())
        | pl.col("starts").list.eval(pl.element().is_null() | (pl.element() < 0)).list.any()
    )
    if wrong.height:
        row = wrong.row(0, named=True)
        raise BadValue(
            f"{len(row['answer'])} answers start at {', '.join(map(str, row['answer_start']))}",
            where=f"{where} row {row['row']}",
            hint="give each answer the place of its first character, from 0",
        )
    return table


def _check_answers(table: pl.DataFrame, where: str) -> None:
    each = table.select("row", "context", "answer", "starts").explode("answer", "starts")
    there = pl.col("context").str.slice(pl.col("starts"), pl.col("answer").str.len_chars())
    wrong = each.filter((there != pl.col("answer")) | (pl.col("answer").str.strip_chars() == ""))
    if wrong.height:
        row, context, answer, start = wrong.row(0)
        raise BadValue(
            f"the answer '{answer}' is not at {start} in its context, where '{context[start : start + 30]}' stands "
            f"({wrong.height} such answers)",
            where=f"{where} row {row}",
            hint="count characters, not bytes, from 0",
        )


def _crossed(task: Task, question_codes: list[str], where: str) -> Task:
    """The task with further targets: every context that is tested on, with the questions of other languages."""
    test, languages, questions = dict(task.test), dict(task.languages), {}
    for question_code in question_codes:
        theirs = dict(zip(task.test[question_code].items, task.test[question_code].inputs, strict=True))
        for code, own in task.test.items():
            if code == question_code:
                continue
            if lacking := set(own.items) - set(theirs):
                raise BadValue(f"item '{min(lacking)}' of '{code}' has no question in '{question_code}'", where=where)
            inputs = [
                Question(theirs[item].question, one.context) for item, one in zip(own.items, own.inputs, strict=True)
            ]
            name = f"{code}{SEPARATOR}{question_code}"
            test[name], languages[name] = replace(own, inputs=inputs), task.languages[code]
            questions[name] = task.languages[question_code]
    return replace(task, test=test, languages=languages, questions=questions)
