"""Extractive question answering: the answer stands in a context, between two of its characters."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

import numpy as np
import polars as pl

from isogloss.errors import BadValue
from isogloss.evidence.pairs import SEPARATOR
from isogloss.lab.checks import make_task, read_checked
from isogloss.lab.task import Examples, Task, TaskInfo
from isogloss.models.inputs import Question


def read_extractive(info: TaskInfo) -> Task:
    """Read a table of (language, split, context, question, answer, answer_start).

    Where several answers are right, they and their starts are lists; the first one is learnt from. Starts count
    characters from 0. With `question_languages`, every context is tested on with the questions in these languages
    too (Lewis et al. 2020, MLQA, call it generalised cross-lingual transfer, G-XLT), as a target of its own whose
    code is `context|question`; training examples are not crossed.

    Raises
    ------
    BadFile, BadValue, UnknownName, UnknownLanguage
        As for classification; also answers that do not stand where they are said to, and items without a question
        in the language asked for.
    """
    table, languages, info = read_checked(info, lists={"answer": "", "answer_start": ""})
    where = str(info.file)
    table = _with_starts(table, where)
    _check_answers(table, where)
    # Questions about one paragraph are many: what must not be known from training is the paragraph.
    task = make_task(table, languages, info, [], pl.col("context"), _examples)
    if not info.question_languages:
        return task
    if "item" not in info.columns:
        raise BadValue("question_languages needs items", where=where, hint='add item = "..." to the columns')
    asked = task.test if info.question_languages == "all" else task.find([*info.question_languages], "test", where)
    return _crossed(task, list(asked), where)


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


def _examples(group: pl.DataFrame) -> Examples:
    inputs = [Question(question, context) for question, context in group.select("question", "context").iter_rows()]
    answers = [tuple(some) for some in group["answer"]]
    firsts = [starts[0] for starts in group["starts"]]
    spans = [(first, first + len(some[0])) for first, some in zip(firsts, answers, strict=True)]
    positions = np.fromiter(chain.from_iterable(spans), np.int64)
    return Examples(group["item"].to_list(), inputs, positions, 2 * np.arange(group.height + 1), answers)


def _crossed(task: Task, asked: list[str], where: str) -> Task:
    """The task with further targets: every context that is tested on, with the questions of other languages."""
    test, languages, questions = dict(task.test), dict(task.languages), {}
    for asked_in in asked:
        theirs = dict(zip(task.test[asked_in].items, task.test[asked_in].inputs, strict=True))
        for code, own in task.test.items():
            if code == asked_in:
                continue
            if lacking := set(own.items) - set(theirs):
                raise BadValue(f"item '{min(lacking)}' of '{code}' has no question in '{asked_in}'", where=where)
            inputs = [
                Question(theirs[item].question, one.context)  # type: ignore[union-attr]  # all are questions
                for item, one in zip(own.items, own.inputs, strict=True)
            ]
            name = f"{code}{SEPARATOR}{asked_in}"
            test[name], languages[name] = replace(own, inputs=inputs), task.languages[code]
            questions[name] = task.languages[asked_in]
    return replace(task, test=test, languages=languages, questions=questions)
