"""Text classification from a table, checked for what would make its scores meaningless."""

from __future__ import annotations

import numpy as np
import polars as pl

from isogloss.errors import BadValue
from isogloss.lab.tables import read_table
from isogloss.lab.task import Examples, Task, TaskInfo
from isogloss.languages import Language, resolve

MOST_REPEATED = 0.05
"""A larger share of a language's test texts found in its training texts is an error, a smaller one is reported."""


def read_classification(info: TaskInfo) -> Task:
    """Read a table of (language, split, text, label), with an item id where translations share one.

    Raises
    ------
    BadFile, BadValue, UnknownName, UnknownLanguage
        Missing file, columns, texts or labels; two codes for one language; an item twice; label sets that
        differ; test items or texts that are trained on.
    """
    table = read_table(info.file, info.columns)
    where = str(info.file)
    table = _complete(table, where).filter(pl.col("split").is_in(list(info.splits.values())))
    for split in info.splits.values():
        if split not in table["split"]:
            raise BadValue(
                f"no row has the split '{split}'", where=where, mend="name the splits in a section [task.splits]"
            )
    languages = _languages(table, where)
    _check_items(table, info, where)
    labels = table["label"].unique().sort().to_list()
    _check_labels(table, labels, info, where)
    repeated = _repeated(table, info, where)
    train, test = (_examples(table.filter(split=info.splits[split]), labels) for split in ("train", "test"))
    return Task(info, labels, languages, train, test, repeated)


def _complete(table: pl.DataFrame, where: str) -> pl.DataFrame:
    """The table without a null; items are counted through where the file names none."""
    for name in (name for name in table.columns if name != "row"):
        empty = table.filter(pl.col(name).is_null() | (pl.col(name).str.strip_chars() == ""))
        if empty.height:
            raise BadValue(f"no {name}", where=f"{where} row {empty['row'][0]}", mend="fill it in or remove the row")
    if "item" in table.columns:
        return table
    place = pl.int_range(pl.len()).over("language", "split")
    return table.with_columns(item=pl.concat_str("split", pl.lit(":"), place))


def _languages(table: pl.DataFrame, where: str) -> dict[str, Language]:
    first = table.group_by("language").agg(pl.col("row").min()).sort("language")
    languages = {code: resolve(code, where=f"{where} row {row}") for code, row in first.iter_rows()}
    by_id: dict[str, str] = {}
    for code, language in languages.items():
        if language.id in by_id:
            raise BadValue(
                f"'{by_id[language.id]}' and '{code}' are one language, {language.id}",
                where=where,
                mend="give all its rows the same code",
            )
        by_id[language.id] = code
    return languages


def _check_items(table: pl.DataFrame, info: TaskInfo, where: str) -> None:
    twice = table.filter(pl.struct("language", "split", "item").is_duplicated())
    if twice.height:
        row = twice.row(0, named=True)
        raise BadValue(
            f"item '{row['item']}' stands twice in the split '{row['split']}' of '{row['language']}'",
            where=f"{where} row {row['row']}",
            mend="item ids must tell the texts of a language apart",
        )
    trained = table.filter(split=info.splits["train"]).select("item", "language").unique("item")
    leaked = table.filter(split=info.splits["test"]).join(trained, on="item", suffix="_trained").sort("row")
    if leaked.height:
        row = leaked.row(0, named=True)
        raise BadValue(
            f"test item '{row['item']}' of '{row['language']}' is trained on in '{row['language_trained']}' "
            f"({leaked['item'].n_unique()} such items)",
            where=where,
            mend="keep translations in one split; leave `item` out of [task.columns] if ids are not shared",
        )


def _check_labels(table: pl.DataFrame, labels: list[str], info: TaskInfo, where: str) -> None:
    if len(labels) < 2:
        raise BadValue(f"only one label, '{labels[0]}'", where=where, mend="classification needs two or more")
    trained = table.filter(split=info.splits["train"])
    for (language,), group in trained.sort("language").group_by("language", maintain_order=True):
        if missing := sorted(set(labels) - set(group["label"])):
            raise BadValue(
                f"'{language}' has no training example of the label '{missing[0]}', which others have",
                where=where,
                mend="label sets must be alike in every language: map or remove the label",
            )


def _repeated(table: pl.DataFrame, info: TaskInfo, where: str) -> dict[str, int]:
    plain = table.with_columns(plain=pl.col("text").str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars())
    trained = plain.filter(split=info.splits["train"]).select("language", "plain").unique()
    tested = plain.filter(split=info.splits["test"])
    repeated = tested.join(trained, on=["language", "plain"], how="semi")
    counts = dict(repeated.group_by("language").len().sort("language").iter_rows())
    sizes = dict(tested.group_by("language").len().iter_rows())
    for language, count in counts.items():
        if count > MOST_REPEATED * sizes[language]:
            raise BadValue(
                f"{count} of {sizes[language]} test texts of '{language}' are also trained on",
                where=where,
                mend="remove them from one of the splits",
            )
    return counts


def _examples(table: pl.DataFrame, labels: list[str]) -> dict[str, Examples]:
    # Ids that are numbers go by number: the order must not depend on how the file is sorted.
    ordered = table.sort("language", pl.col("item").cast(pl.Int64, strict=False), "item", nulls_last=True)
    return {
        str(language): Examples(
            group["item"].to_list(),
            group["text"].to_list(),
            np.searchsorted(np.array(labels), group["label"].to_numpy()),
        )
        for (language,), group in ordered.group_by("language", maintain_order=True)
    }
