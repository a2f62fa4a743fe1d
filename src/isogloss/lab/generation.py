"""Generation: an answer that is written, such as the number that solves a word problem."""

from __future__ import annotations

import numpy as np
import polars as pl

from isogloss.lab.checks import make_task, read_checked
from isogloss.lab.task import Examples, Task, TaskInfo


def read_generation(info: TaskInfo) -> Task:
    """Read a table of (language, split, question, answer); the answer is a text or a number.

    The task's labels are all different answers, so that those to learn from can be looked up there; what is
    answered is a text and need be none of them.

    Raises
    ------
    BadFile, BadValue, UnknownName, UnknownLanguage
        As for classification, save that labels need not be alike.
    """
    table, languages, info = read_checked(info)
    labels = table["answer"].unique().sort().to_list()
    return make_task(table, languages, info, labels, pl.col("question"), lambda group: _examples(group, labels))


def _examples(group: pl.DataFrame, labels: list[str]) -> Examples:
    answers = group["answer"].to_list()
    positions = np.searchsorted(np.array(labels), np.array(answers)).astype(np.int64)
    starts = np.arange(group.height + 1)
    return Examples(
        group["item"].to_list(), group["question"].to_list(), positions, starts, [(answer,) for answer in answers]
    )
