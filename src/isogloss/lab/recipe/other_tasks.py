"""Training examples of other tasks, which a recipe learns from beside those of the grid's own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge
from pydantic import model_validator

from isogloss.config import OneOrMore, Table, checked, numbered, read_toml, section_of, validate
from isogloss.errors import BadValue
from isogloss.lab.recipe import Corpus
from isogloss.lab.task import TaskKind
from isogloss.lab.task_use import TaskUse, check_uses

ANSWERS = ("label", "tags", "labels", "choice")
MOST_SHARED = 0.05
"""Share of a language's test texts that may stand in the training examples of another task."""


class TasksFile(Table):
    """A file that says which training examples of which tasks are learnt from."""

    task: OneOrMore[TaskUse]
    most: Annotated[int, Ge(1)] = 1000
    seed: Annotated[int, Ge(0)] = 0

    @model_validator(mode="after")
    @checked
    def _check(self) -> TasksFile:
        check_uses(self.task)
        return self


@dataclass(frozen=True)
class TaskExamples:
    """Training examples of a task.

    Attributes
    ----------
    name : str
    kind : TaskKind
    outputs : int
        Labels; 1 for choices, each of which gets a score.
    languages : list of str
        Canonical.
    inputs : list of list
        Per language.
    labels : list of numpy.ndarray
        Per language, what is right, unit by unit.
    content : str
        A hash of all of them.
    """

    name: str
    kind: TaskKind
    outputs: int
    languages: list[str]
    inputs: list[list[Any]]
    labels: list[np.ndarray[Any, Any]]
    content: str

    @property
    def sizes(self) -> dict[str, int]:
        """How many there are in each language."""
        return {code: len(some) for code, some in zip(self.languages, self.inputs, strict=True)}


def read_other_tasks(file: str) -> list[TaskExamples]:
    """The tasks of a file, whose own files lie beside it.

    Parameters
    ----------
    file : str
        TOML: sections `[[task]]` with `use`, and `most` (examples of a task in a language, 1000) and `seed` (which).

    Raises
    ------
    BadFile, BadValue, UnknownName, UnknownLanguage
        One line. Such as: a task whose answers are texts.
    """
    read = validate(TasksFile, read_toml(Path(file)), file)
    found = []
    for place, part in enumerate(read.task):
        where = str(section_of(file, numbered("task", place, len(read.task))))
        task = part.read(Path(file).parent, file)
        kind = task.info.kind
        if kind.answer not in ANSWERS:
            raise BadValue(f"nothing is learnt beside others from tasks of the kind {kind.name}", where=where,
                           hint="leave it out, or give it a grid of its own")  # fmt: skip
        codes = task.find(part.languages or "all", "train", where)
        chosen = {code: task.train[code].sample(part.most or read.most, read.seed) for code in codes}
        contents = " ".join(task.train[code].content(rows) for code, rows in chosen.items())
        found.append(TaskExamples(
            task.info.name, kind, 1 if kind.answer == "choice" else len(task.labels),
            [task.languages[code].id for code in codes],
            [[task.train[code].inputs[row] for row in rows] for code, rows in chosen.items()],
            [task.train[code].labels_of(rows) for code, rows in chosen.items()],
            hashlib.sha256(f"{task.info.name} {' '.join(codes)} {contents}".encode()).hexdigest(),
        ))  # fmt: skip
    return found


def beside(corpus: Corpus, tasks: Sequence[TaskExamples], where: str) -> list[TaskExamples]:
    """The tasks that are others than that of a corpus.

    Raises
    ------
    BadValue
        If test texts of the corpus are learnt from in one of them.
    """
    others = [one for one in tasks if one.name != corpus.task]
    tested = {
        language: {corpus.kind.input_type.plain(one) for one in texts}
        for language, texts in zip(corpus.ids or corpus.languages, corpus.test, strict=True)
    }
    for other in others:
        for language, texts in zip(other.languages, other.inputs, strict=True):
            wanted = tested.get(language, set())
            shared = wanted & {other.kind.input_type.plain(one) for one in texts}
            if len(shared) > MOST_SHARED * len(wanted):
                raise BadValue(
                    f"task '{other.name}' has {len(shared)} of {len(wanted)} test texts of '{language}' among its "
                    "training examples", where=where, hint="divide both tasks alike, or leave out the language",
                )  # fmt: skip
    return others
