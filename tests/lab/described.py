"""Tasks read from what a grid file would say of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from isogloss.errors import InputError
from isogloss.lab.reading import read_task
from isogloss.lab.task import Task
from isogloss.lab.task_file import read_info


def read(described: dict[str, object], folder: Path) -> Task:
    """The task, with paths from a folder."""
    return read_task(read_info(described, folder, str(folder / "grid.toml")))


def refusal(described: dict[str, object], folder: Path) -> str:
    """What is said of a task that cannot be read, which is one line."""
    with pytest.raises(InputError) as caught:
        read(described, folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)
