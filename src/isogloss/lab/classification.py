"""Text classification from a table: topics, sentiments."""

from __future__ import annotations

import polars as pl

from isogloss.errors import BadValue
from isogloss.lab.checks import declared, make_task, one_unit_each, read_checked
from isogloss.lab.task import Task, TaskInfo


def read_classification(info: TaskInfo) -> Task:
    """Read a table of (language, split, text, label), with an item id where translations share one.

    Raises
    ------
    BadFile, BadValue, UnknownName, UnknownLanguage
        Missing file, columns, texts or labels; two codes for one language; an item twice; label sets that
        differ; test items or texts that are trained on.
    """
    table, languages, info = read_checked(info)
    where = str(info.file)
    labels = declared(table["label"].unique().sort().to_list(), info, where)
    _check_labels(table, labels, where)
    return make_task(
        table, languages, info, labels, pl.col("text"),
        lambda group: one_unit_each(group, group["text"].to_list(), labels),
    )  # fmt: skip


def _check_labels(table: pl.DataFrame, labels: list[str], where: str) -> None:
    if len(labels) < 2:
        raise BadValue(f"only one label, '{labels[0]}'", where=where, hint="classification needs two or more")
    trained = table.filter(split="train")
    for (language,), group in trained.sort("language").group_by("language", maintain_order=True):
        if missing := sorted(set(labels) - set(group["label"])):
            raise BadValue(
                f"'{language}' has no training example of the label '{missing[0]}', which others have",
                where=where,
                hint="label sets must be alike in every language: map or remove the label",
            )
