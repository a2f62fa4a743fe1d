"""Multiple choice: which of several texts follows from, or leads to, another one."""

from __future__ import annotations

import polars as pl

from isogloss.errors import BadValue
from isogloss.lab.checks import make_task, one_unit_each, read_checked
from isogloss.lab.task import Examples, Task, TaskInfo
from isogloss.models.inputs import Choice


def read_choice(info: TaskInfo) -> Task:
    """Read a table of (language, split, premise, choices, label): the label is the number of the right choice, from 0.

    Raises
    ------
    BadFile, BadValue, UnknownName, UnknownLanguage
        As for classification; also labels that are no number of a choice.
    """
    table, languages, info = read_checked(info)
    columns = [name for name in info.columns if name.startswith("choice ")]
    labels = [str(place) for place in range(len(columns))]
    wrong = table.filter(~pl.col("label").is_in(labels))
    if wrong.height:
        row = wrong.row(0, named=True)
        raise BadValue(
            f"label '{row['label']}' is no choice",
            where=f"{info.file} row {row['row']}",
            hint=f"number them {', '.join(labels)}",
        )
    premise = pl.col("premise")
    if "question" in info.columns:
        premise = pl.concat_str("premise", pl.lit(" "), "question")
    whole = pl.concat_str(premise, *columns, separator="\n")
    table = table.with_columns(premise=premise)

    def examples(group: pl.DataFrame) -> Examples:
        rows = group.select("premise", *columns).iter_rows()
        return one_unit_each(group, [Choice(first, tuple(rest)) for first, *rest in rows], labels)

    return make_task(table, languages, info, labels, whole, examples)
