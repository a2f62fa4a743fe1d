"""Texts that have several labels, such as laws and the subjects that they are about."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl

from isogloss.errors import BadValue
from isogloss.lab.examples import Examples
from isogloss.lab.task import Answer, TaskInfo, TaskKind
from isogloss.text import first_of

MOST_NAMED = 5
"""Labels that a warning names."""


@dataclass(frozen=True)
class MultiLabelClassification(TaskKind):
    """A text and the labels that it has, one or more: a list, or text with a separator between.

    The separator is `separator`, a comma by default. A label that is tested on must be trained on in some language,
    unless the task declares its `labels`: such are then named in a warning, and can only be answered by chance.
    """

    name: ClassVar[str] = "multi-label-classification"
    texts: ClassVar[tuple[str, ...]] = ("text",)
    right: ClassVar[str] = "labels"
    lists: ClassVar[Mapping[str, str]] = {"labels": ","}
    options: ClassVar[tuple[str, ...]] = ("separator",)
    metrics: ClassVar[tuple[str, ...]] = ("micro_f1", "macro_f1", "r_precision", "lrap")
    answer: ClassVar[Answer] = "labels"

    def read_options(self, options: Mapping[str, Any], columns: Mapping[str, str], where: str) -> dict[str, Any]:
        """`separator`, a text: what stands between labels."""
        given = options.get("separator", ",")
        if not (isinstance(given, str) and given):
            raise BadValue(f"separator must be a text, not {given!r}", where=where, hint='write separator = ";"')
        return dict(options)

    def separators(self, options: Mapping[str, Any]) -> Mapping[str, str]:
        return {"labels": options.get("separator", self.lists["labels"])}

    def check(self, table: pl.DataFrame, info: TaskInfo) -> pl.DataFrame:
        """The table with each label of a row once.

        Raises
        ------
        BadValue
            For an empty label, a single label in all, and labels that are tested on and trained on nowhere.

        Warns
        -----
        UserWarning
            Of such labels, where the task declares its labels.
        """
        where = str(info.file)
        table = table.with_columns(labels=pl.col("labels").list.eval(pl.element().str.strip_chars()))
        empty = table.filter(pl.col("labels").list.eval(pl.element().is_null() | (pl.element() == "")).list.any())
        if empty.height:
            raise BadValue("an empty one among the labels", where=f"{where} row {empty['row'][0]}")
        table = table.with_columns(pl.col("labels").list.unique(maintain_order=True))
        labels = self.labels(table, info)
        if len(labels) < 2:
            raise BadValue(f"only one label, '{labels[0]}'", where=where, hint="classification needs two or more")
        self._check_trained(table, info)
        return table

    def inputs(self, group: pl.DataFrame) -> list[Any]:
        return group["text"].to_list()

    def examples(self, group: pl.DataFrame, labels: list[str]) -> Examples:
        """The texts, and which labels each has."""
        held = np.zeros((group.height, len(labels)), np.uint8)
        each = group.with_row_index("place").select("place", "labels").explode("labels")
        held[each["place"], np.searchsorted(np.array(labels), each["labels"].to_numpy().astype(str))] = 1
        starts = np.arange(group.height + 1)
        return Examples(group["item"].to_list(), self.inputs(group), held, starts, input_type=self.input_type)

    def _check_trained(self, table: pl.DataFrame, info: TaskInfo) -> None:
        found = {
            split: set(table.filter(split=split)["labels"].explode().drop_nulls().to_list())
            for split in ("train", "test")
        }
        strange = sorted(found["test"] - found["train"])
        if not strange:
            return
        named = first_of([f"'{label}'" for label in strange], MOST_NAMED)
        said = f"tested on and trained on in no language: {named}"
        if info.labels is None:
            hint = "remove or map them, or declare all labels of the task with `labels`"
            raise BadValue(f"labels are {said}", where=str(info.file), hint=hint)
        warnings.warn(f"{info.file}: labels are {said}; no recipe can learn them", stacklevel=3)
