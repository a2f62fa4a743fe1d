"""Cloze: a sentence with a slot, and candidates for it, of which one is true."""

from __future__ import annotations

import hashlib
import warnings
from functools import lru_cache

import numpy as np
import polars as pl

from isogloss.errors import BadValue
from isogloss.lab.checks import make_task, read_checked
from isogloss.lab.task import Examples, Task, TaskInfo
from isogloss.models.inputs import SLOT, Cloze

_PLACES = {"first": 0, "last": -1}


def read_cloze(info: TaskInfo) -> Task:
    """Read a table of (language, split, prompt, candidates, answer); how many candidates there are may differ.

    Candidates are lists, or text with commas between. The answer is one of them, by a column or by its place.
    They are put in an order that only the item's id and their places decide: a file that always has the answer
    last tells nothing then, and lists that are parallel across languages stay so.

    Raises
    ------
    BadFile, BadValue, UnknownName, UnknownLanguage
        As for choices; also prompts without a slot, and answers that are no candidate.

    Warns
    -----
    UserWarning
        Of items with a single candidate, which are left out: they ask nothing.
    """
    table, languages, info = read_checked(info, lists={"candidates": ", "})
    where = str(info.file)
    slots = pl.col("prompt").str.count_matches(SLOT, literal=True)
    if (wrong := table.filter(slots != 1)).height:
        raise BadValue(
            f"{wrong['prompt'].str.count_matches(SLOT, literal=True)[0]} slots in the prompt",
            where=f"{where} row {wrong['row'][0]}", hint=f"write {SLOT} once, where the answer belongs",
        )  # fmt: skip
    table = _with_answers(table.with_columns(candidates=_unquoted(pl.col("candidates"))), info, where)
    table = _without_single(table, where)
    most = int(table["candidates"].list.len().max())  # type: ignore[arg-type]  # polars' max of any column
    return make_task(table, languages, info, [str(place) for place in range(most)], pl.col("prompt"), _examples)


def _unquoted(candidates: pl.Expr) -> pl.Expr:
    """Lists that were one cell of a CSV file, as such a file quotes a cell."""
    first, last = candidates.list.first(), candidates.list.last()
    is_cell = first.str.starts_with('"') & last.str.ends_with('"') & (first.str.count_matches('"') % 2 == 1)
    whole = candidates.list.join(", ").str.strip_chars('"').str.replace_all('""', '"', literal=True)
    return pl.when(is_cell).then(whole.str.split(", ")).otherwise(candidates)


def _with_answers(table: pl.DataFrame, info: TaskInfo, where: str) -> pl.DataFrame:
    if info.right is not None:
        return table.with_columns(answer=pl.col("candidates").list.get(_PLACES[info.right]))
    wrong = table.filter(~pl.col("candidates").list.contains(pl.col("answer")))
    if wrong.height:
        row = wrong.row(0, named=True)
        raise BadValue(
            f"the answer '{row['answer']}' is no candidate ({wrong.height} such rows)",
            where=f"{where} row {row['row']}", hint='add it, or say right = "last" if that is its place',
        )  # fmt: skip
    return table


def _without_single(table: pl.DataFrame, where: str) -> pl.DataFrame:
    several = table.filter(pl.col("candidates").list.n_unique() > 1)
    if several.is_empty():
        raise BadValue("no row has two candidates", where=where, hint="separate them with ', '")
    if left_out := table.height - several.height:
        warnings.warn(f"{where}: {left_out} rows have one candidate only and are left out", stacklevel=3)
    return several


def _examples(group: pl.DataFrame) -> Examples:
    inputs, labels = [], []
    for item, prompt, candidates, answer in group.select("item", "prompt", "candidates", "answer").iter_rows():
        choices = tuple(candidates[place] for place in _order(item, len(candidates)))
        inputs.append(Cloze(prompt, choices))
        labels.append(choices.index(answer))
    return Examples(group["item"].to_list(), inputs, np.array(labels, np.int64), np.arange(group.height + 1))


@lru_cache(maxsize=20_000)  # the same in every language
def _order(item: str, count: int) -> tuple[int, ...]:
    return tuple(sorted(range(count), key=lambda place: hashlib.sha256(f"{item}\x00{place}".encode()).digest()))
