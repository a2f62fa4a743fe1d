"""What a task is: validated metadata, and per language the examples to train and to test on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from isogloss.errors import BadValue, UnknownName
from isogloss.lab.scores import METRICS
from isogloss.languages import Language
from isogloss.registry import Registry

if TYPE_CHECKING:
    from isogloss.lab.sections import Section

tasks = Registry(
    "task kind", {"text-classification": "isogloss.lab.classification:read_classification"}, "isogloss.tasks"
)
"""Readers of tasks by kind; other packages announce theirs in the entry-point group `isogloss.tasks`."""


@dataclass(frozen=True)
class TaskInfo:
    """What is known of a task before its data are read.

    Attributes
    ----------
    name : str
        As observations name it.
    kind : str
        Name in the registry of tasks.
    metrics : tuple of str
    file : pathlib.Path
    columns : dict of str to str
        language, split, text, label and, where given, item, to the file's own column names.
    splits : dict of str to str
        train and test to the file's own names of splits.
    """

    name: str
    kind: str
    metrics: tuple[str, ...]
    file: Path
    columns: dict[str, str]
    splits: dict[str, str]

    def read(self) -> Task:
        """The task with its data.

        Raises
        ------
        InputError
            One line: the file, the language, the reason, the mend.
        """
        task: Task = tasks.get(self.kind)(self)
        return task


@dataclass(frozen=True)
class Examples:
    """The examples of one language in one split, in the order of their item ids.

    Attributes
    ----------
    items : list of str
        Ids; translations of one text share theirs.
    texts : list of str
    labels : numpy.ndarray of int64
        Positions in the task's labels.
    """

    items: list[str]
    texts: list[str]
    labels: np.ndarray[Any, Any]

    def __len__(self) -> int:
        return len(self.items)

    def content(self, rows: np.ndarray[Any, Any] | None = None) -> str:
        """SHA-256 of the examples, or of some of them, in hexadecimal."""
        chosen = range(len(self)) if rows is None else rows
        rows_of = [(self.items[row], self.texts[row], int(self.labels[row])) for row in chosen]
        return hashlib.sha256(json.dumps(rows_of, ensure_ascii=False).encode()).hexdigest()

    def sample(self, size: int, seed: int) -> np.ndarray[Any, Any]:
        """Which examples make up a training set of `size`: ascending positions.

        The seed puts all conceivable item ids in one order, whichever language they stand in, and the
        first `size` that are here are taken. So every language of parallel data is trained on the same
        items, and a smaller set is part of every larger one with the same seed.
        """
        order = sorted(
            range(len(self)), key=lambda row: hashlib.sha256(f"{seed}\x00{self.items[row]}".encode()).digest()
        )
        return np.sort(np.array(order[:size], dtype=np.int64))


@dataclass(frozen=True)
class Task:
    """A task with its data.

    Attributes
    ----------
    info : TaskInfo
    labels : list of str
        Sorted.
    languages : dict of str to Language
        The file's own code to the language, sorted by code.
    train, test : dict of str to Examples
        By the file's own code; a language is in each only where the split is there.
    repeated : dict of str to int
        How many test texts of a language stand in its training texts as well, letter case and spaces
        aside; only languages that have any.
    """

    info: TaskInfo
    labels: list[str]
    languages: dict[str, Language]
    train: dict[str, Examples]
    test: dict[str, Examples]
    repeated: dict[str, int]

    @property
    def chance(self) -> float:
        """Expected accuracy of guessing among the labels with equal odds."""
        return 1 / len(self.labels)

    def find(self, codes: list[str] | str, split: str, where: str) -> list[str]:
        """The file's own codes of languages that a grid names in any way, or of all with that split.

        Raises
        ------
        UnknownLanguage, UnknownName, BadValue
            If nothing is known by a code, if the file has no such language, or if it lacks the split.
        """
        have = self.train if split == "train" else self.test
        if codes == "all":
            if not have:
                raise BadValue(f"no language has the split '{self.info.splits[split]}'", where=str(self.info.file))
            return list(have)
        if isinstance(codes, str) or not codes or not all(isinstance(code, str) for code in codes):
            raise BadValue(f'must be a list of languages or "all", not {codes!r}', where=where)
        found = [self._find_one(code, where) for code in codes]
        for code in found:
            if code not in have:
                raise BadValue(
                    f"language '{code}' has no rows in the split '{self.info.splits[split]}'", where=str(self.info.file)
                )
        return sorted(set(found))

    def _find_one(self, code: str, where: str) -> str:
        from isogloss.languages import resolve

        if code in self.languages:
            return code
        by_id = {language.id: reported for reported, language in self.languages.items()}
        identifier = resolve(code, where=where).id
        if identifier not in by_id:
            raise UnknownName("language of the task", code, self.languages, where=f"{where} in {self.info.file}")
        return by_id[identifier]


def read_info(section: Section, folder: Path) -> TaskInfo:
    """The metadata of a task, from the section `[task]` of a grid file.

    Parameters
    ----------
    section : Section
    folder : pathlib.Path
        What a relative `file` is relative to.
    """
    section.expect("name", "kind", "file", "metrics", "columns", "splits")
    name, kind = section.take("name", str), section.take("kind", str, "text-classification")
    file = section.take("file", str)
    metrics = section.take("metrics", list, list(METRICS))
    columns, splits = section.section("columns"), section.section("splits")
    columns.expect("language", "split", "text", "label", "item")
    splits.expect("train", "test")
    if kind not in tasks.names():
        raise UnknownName("task kind", kind, tasks.names(), where=section.where)
    for metric in metrics or [""]:
        if metric not in METRICS:
            raise UnknownName("metric", str(metric), METRICS, where=section.where)
    if not name.strip() or "," in name:
        raise BadValue(f"name {name!r} must be text without commas", where=section.where)
    named = {column: columns.take(column, str, column) for column in ("language", "split", "text", "label")}
    if item := columns.take("item", str, ""):
        named["item"] = item
    chosen = {split: splits.take(split, str, split) for split in ("train", "test")}
    if chosen["train"] == chosen["test"]:
        raise BadValue(
            f"train and test are both '{chosen['train']}'", where=splits.where, mend="test on what was not trained on"
        )
    return TaskInfo(name, kind, tuple(metrics), folder / file, named, chosen)
