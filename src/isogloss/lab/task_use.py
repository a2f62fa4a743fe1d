"""Sections `[[task]]` of files that take examples of several tasks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from annotated_types import Ge

from isogloss.config import Help, Table
from isogloss.errors import BadValue
from isogloss.lab.reading import read_task
from isogloss.lab.task import Task
from isogloss.lab.task_file import read_info


class TaskUse(Table):
    """A task, and which of its training examples are taken."""

    use: Annotated[str, Help(example='"xcopa"')]
    file: str | None = None
    languages: list[str] | None = None
    most: Annotated[int, Ge(1)] | None = None

    def read(self, folder: Path, where: str) -> Task:
        """The task with its data, whose file lies in a folder unless its path is whole."""
        described = {"use": self.use} | ({"file": self.file} if self.file else {})
        return read_task(read_info(described, folder, where))


def check_uses(uses: Sequence[TaskUse]) -> None:
    """Raise BadValue if a task is there twice."""
    twice = [use for use, count in Counter(one.use for one in uses).items() if count > 1]
    if twice:
        raise BadValue(f"task '{twice[0]}' is there twice", hint="put what is said of it into one section")
