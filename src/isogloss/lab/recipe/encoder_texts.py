"""Texts that an encoder reads for another model: tables of them, and whose states are read."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import numpy as np

from isogloss.errors import BadFile, BadValue
from isogloss.texts.tables import read_table

T = TypeVar("T")


def content_hash(file: str) -> str:
    """The SHA-256 of a file's content; empty where no file is named.

    Raises
    ------
    BadFile
        If there is none.
    """
    if not file:
        return ""
    if not Path(file).is_file():
        raise BadFile("no such file", where=file, hint="correct `file`")
    return sha256(Path(file).read_bytes()).hexdigest()


def read_texts(file: str, *columns: str) -> list[list[str]]:
    """Columns of a table of texts.

    Raises
    ------
    BadFile, UnknownName
        If it cannot be read, or lacks a column.
    BadValue
        If a row has nothing in one of them, or all rows have the same in the last.
    """
    table = read_table(Path(file), {name: name for name in columns})
    found: list[list[str]] = [table[name].fill_null("").to_list() for name in columns]
    for row, cells in enumerate(zip(*found, strict=True), start=1):
        if not all(one.strip() for one in cells):
            raise BadValue(f"row {row} lacks a text", where=file, hint="leave it out")
    if len({*found[-1]}) < 2:
        raise BadValue(f"all rows have the same {columns[-1]}", where=file, hint="give more of them")
    return found


def shuffled(texts: Sequence[T]) -> list[T]:
    """Each text in the place of another, the same way every time; one alone stays."""
    order = np.random.default_rng(len(texts)).permutation(len(texts))
    other = np.empty_like(order)
    other[order] = np.roll(order, 1)
    return [texts[place] for place in other]


def last_part(checkpoint: str) -> str:
    """What a checkpoint is called."""
    return checkpoint.rstrip("/").rpartition("/")[2].rpartition(":")[2]
