"""Token tagging: parts of speech, dependency labels, named entities."""

from __future__ import annotations

from itertools import chain

import numpy as np
import polars as pl

from isogloss.errors import BadValue
from isogloss.lab.checks import declared, make_task, read_checked
from isogloss.lab.task import Examples, Task, TaskInfo
from isogloss.metrics.labels import is_tag_of_spans


def read_tagging(info: TaskInfo) -> Task:
    """Read sentences as lists of words and of tags, from a table or from CoNLL-U and CoNLL files.

    Raises
    ------
    BadFile, BadValue, UnknownName, UnknownLanguage
        As for classification; also sentences with more words than tags, test sentences with tags that no
        language is trained on, and tags that mark no span where spans are scored.
    """
    table, languages, info = read_checked(info, lists={"words": " ", "tags": " "})
    where = str(info.file)
    uneven = table.filter(pl.col("words").list.len() != pl.col("tags").list.len())
    if uneven.height:
        row = uneven.row(0, named=True)
        raise BadValue(f"{len(row['words'])} words and {len(row['tags'])} tags", where=f"{where} row {row['row']}")
    for name in ("words", "tags"):
        empty = table.filter(pl.col(name).list.eval(pl.element().is_null() | (pl.element() == "")).list.any())
        if empty.height:
            raise BadValue(f"an empty one among the {name}", where=f"{where} row {empty['row'][0]}")
    labels = declared(table["tags"].explode().unique().sort().to_list(), info, where)
    _check_tags(table, labels, info, where)
    return make_task(
        table, languages, info, labels, pl.col("words").list.join(" "), lambda group: _examples(group, labels)
    )


def _check_tags(table: pl.DataFrame, labels: list[str], info: TaskInfo, where: str) -> None:
    if len(labels) < 2:
        raise BadValue(f"only one tag, '{labels[0]}'", where=where, hint="tagging needs two or more")
    if "span_f1" in info.metrics:
        for label in labels:
            if not is_tag_of_spans(label):
                raise BadValue(
                    f"tag '{label}' marks no span", where=where, hint="write B-PER, I-PER and O, or drop span_f1"
                )
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


def _examples(group: pl.DataFrame, labels: list[str]) -> Examples:
    words, tags = group["words"].to_list(), group["tags"].to_list()
    positions = np.searchsorted(np.array(labels), np.array(list(chain.from_iterable(tags))))
    starts = np.cumsum([0, *map(len, tags)])
    return Examples(group["item"].to_list(), [tuple(sentence) for sentence in words], positions, starts)
