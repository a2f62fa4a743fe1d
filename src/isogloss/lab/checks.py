"""What every kind of task checks, because it would make its scores meaningless."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import polars as pl

from isogloss.errors import BadValue, UnknownName
from isogloss.lab.copies import with_copies
from isogloss.lab.division import divide
from isogloss.lab.tables import read_table
from isogloss.lab.task import Examples, Leak, Task, TaskInfo
from isogloss.lab.task_file import dev_split
from isogloss.languages import Language, resolve


def read_checked(
    info: TaskInfo, lists: Mapping[str, str] | None = None
) -> tuple[pl.DataFrame, dict[str, Language], TaskInfo]:
    """The rows of the splits that a task uses, with an item id each, and the languages they are in.

    Parameters
    ----------
    info : TaskInfo
    lists : mapping of str to str, optional
        Columns that hold a list per row, see `isogloss.lab.tables.read_table`.

    Returns
    -------
    table : polars.DataFrame
        language, split (train, dev or test), item, row and the columns of the kind.
    languages : dict of str to Language
    info : TaskInfo
        With the split that models are chosen on.

    Raises
    ------
    BadFile, BadValue, UnknownName, UnknownLanguage
    """
    from dataclasses import replace

    table = read_table(info.file, info.columns, lists)
    where = str(info.file)
    table = _complete(table, where, lists or {})
    if info.shares:
        table = divide(table, info.shares, by_item="item" in info.columns)
    there = set(table["split"].unique())
    if (dev := dev_split(info, there)) is not None:
        info = replace(info, splits={**info.splits, "dev": dev})
    for split in info.splits.values():
        if split not in there:
            hint = (
                "divide them by a column with more values"
                if info.shares
                else "name the splits in a section [task.splits]"
            )
            raise BadValue(f"no row has the split '{split}'", where=where, hint=hint)
    names = {name: split for split, name in info.splits.items()}
    table = table.filter(pl.col("split").is_in(list(names))).with_columns(pl.col("split").replace(names))
    if info.copies:
        table = with_copies(table, info.copies, info.kind, where)
    languages = _languages(table, info, where)
    _check_items(table, info, where)
    return table, languages, info


def make_task(
    table: pl.DataFrame, languages: dict[str, Language], info: TaskInfo, labels: list[str], plain: pl.Expr,
    examples: Callable[[pl.DataFrame], Examples],
) -> Task:  # fmt: skip
    """A task from rows that were checked.

    Parameters
    ----------
    plain : polars.Expr
        The text of a row, by which test texts are looked for among training texts.
    examples : callable
        From the ordered rows of one language and split to its examples.
    """
    leaks = _leaks(table.with_columns(plain=plain), info)
    # Ids that are numbers go by number: the order must not depend on how the file is sorted.
    ordered = table.sort("language", pl.col("item").cast(pl.Int64, strict=False), "item", nulls_last=True)
    train, dev, test = (
        {
            str(language): examples(group)
            for (language,), group in ordered.filter(split=split).group_by("language", maintain_order=True)
        }
        for split in ("train", "dev", "test")
    )
    return Task(info, labels, languages, train, test, leaks, dev)


def _complete(table: pl.DataFrame, where: str, lists: Mapping[str, str]) -> pl.DataFrame:
    """The table without a null; items are counted through where the file names none."""
    for name in (name for name in table.columns if name != "row"):
        nothing = pl.col(name).list.len() == 0 if name in lists else pl.col(name).str.strip_chars() == ""
        empty = table.filter(pl.col(name).is_null() | nothing)
        if empty.height:
            raise BadValue(f"no {name}", where=f"{where} row {empty['row'][0]}", hint="fill it in or remove the row")
    if "item" in table.columns:
        return table
    whole = [name for name in ("language", "split") if name in table.columns]
    place = pl.int_range(pl.len()).over(whole)
    named = [pl.col("split"), pl.lit(":")] if "split" in whole else []
    return table.with_columns(item=pl.concat_str(*named, place))


def _languages(table: pl.DataFrame, info: TaskInfo, where: str) -> dict[str, Language]:
    first = table.group_by("language").agg(pl.col("row").min()).sort("language")
    languages = {
        code: resolve(info.codes.get(code, code), where=f"{where} row {row}") for code, row in first.iter_rows()
    }
    by_id: dict[str, str] = {}
    for code, language in languages.items():
        if language.id in by_id:
            raise BadValue(
                f"'{by_id[language.id]}' and '{code}' are one language, {language.id}",
                where=where,
                hint="give all its rows the same code",
            )
        by_id[language.id] = code
    found = set(languages) - set(info.copies)
    if info.languages is not None and set(info.languages) != found:
        differing = sorted(set(info.languages) ^ found)
        what = "is declared and has no row" if differing[0] in info.languages else "has rows and is not declared"
        raise BadValue(f"language '{differing[0]}' {what}", where=where, hint="correct `languages` of the task")
    return languages


def _check_items(table: pl.DataFrame, info: TaskInfo, where: str) -> None:
    twice = table.filter(pl.struct("language", "split", "item").is_duplicated())
    if twice.height:
        row = twice.row(0, named=True)
        raise BadValue(
            f"item '{row['item']}' stands twice in the split '{info.splits[row['split']]}' of '{row['language']}'",
            where=f"{where} row {row['row']}",
            hint="item ids must tell the texts of a language apart",
        )
    if "item" not in info.columns:
        return  # counted through, so that equal ones mean nothing
    trained = table.filter(split="train").select("item", "language").unique("item")
    leaked = table.filter(split="test").join(trained, on="item", suffix="_trained").sort("row")
    if leaked.height:
        row = leaked.row(0, named=True)
        raise BadValue(
            f"test item '{row['item']}' of '{row['language']}' is trained on in '{row['language_trained']}' "
            f"({leaked['item'].n_unique()} such items)",
            where=where,
            hint="keep translations in one split; leave `item` out of [task.columns] if ids are not shared",
        )


def _leaks(table: pl.DataFrame, info: TaskInfo) -> dict[str, Leak]:
    """Test texts that stand in the training texts of their language."""
    folded = pl.col("plain").str.normalize("NFKC").str.to_lowercase().str.replace_all(r"[\p{P}\s]+", " ")
    table = table.with_columns(folded=folded.str.strip_chars())
    tested, found = table.filter(split="test"), {}
    for column in ("plain", "folded"):
        trained = table.filter(split="train").select("language", column).unique()
        repeated = tested.filter(pl.col(column) != "").join(trained, on=["language", column], how="semi")
        found[column] = dict(repeated.group_by("language").len().iter_rows())
    sizes = dict(tested.group_by("language").len().iter_rows())
    leaks = {code: Leak(found["plain"].get(code, 0), count) for code, count in sorted(found["folded"].items())}
    worst = max(leaks, key=lambda code: leaks[code].normalised / sizes[code], default=None)
    if worst is not None and leaks[worst].normalised > info.allowed_leakage * sizes[worst]:
        raise BadValue(
            f"{leaks[worst].normalised} of {sizes[worst]} test texts of '{worst}' are also trained on "
            f"({leaks[worst].exact} letter by letter)",
            where=str(info.file),
            hint="remove them from one of the splits, or set allowed_leakage",
        )
    return leaks


def declared(labels: list[str], info: TaskInfo, where: str) -> list[str]:
    """The labels of a task: those declared, of which the data may lack some, else those of the data.

    Raises
    ------
    UnknownName
        If the data have one that is not declared.
    """
    if info.labels is None:
        return labels
    for label in labels:
        if label not in info.labels:
            raise UnknownName("label", label, info.labels, where=where)
    return sorted(info.labels)


def one_unit_each(group: pl.DataFrame, inputs: list[Any], labels: list[str]) -> Examples:
    """Examples with one answer each."""
    positions = np.searchsorted(np.array(labels), group["label"].to_numpy().astype(str))
    return Examples(group["item"].to_list(), inputs, positions.astype(np.int64), np.arange(len(inputs) + 1))
