"""Copies of a task's languages in bytes of their own: the same examples, for models that have read such copies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import polars as pl

from isogloss.errors import BadValue, UnknownName
from isogloss.lab.byte_tokenizer import MOST_COPIES, clone_text
from isogloss.lab.sections import Section


class Copy(NamedTuple):
    """A language made of another: the file's own code of that one, and which of its copies, see `clone_text`."""

    of: str
    copy: int = 1


def read_copies(section: Section) -> dict[str, Copy]:
    """The section `[task.copies]`: by the code that a copy gets, what it is a copy of.

    Raises
    ------
    BadValue, UnknownName
        If a copy is described wrongly.
    """
    copies = {}
    for one in section.tables():
        code = one.name.rpartition(".")[2]
        one.expect("of", "copy")
        copies[code] = Copy(one.take("of", str), one.take("copy", int, 1))
        if not 1 <= copies[code].copy <= MOST_COPIES:
            raise BadValue(f"copy must be from 1 to {MOST_COPIES}, not {copies[code].copy}", where=one.where)
    return copies


def with_copies(table: pl.DataFrame, copies: Mapping[str, Copy], texts: Sequence[str], where: str) -> pl.DataFrame:
    """The rows of a task, and below them those of the copies, with the same items.

    Raises
    ------
    BadValue, UnknownName
        If there is no such language to copy, or one with the code of a copy already.
    """
    there, parts = table["language"].unique().sort().to_list(), [table]
    for code, (of, copy) in copies.items():
        if of not in there:
            raise UnknownName("language of the task", of, there, where=f"{where}: copy '{code}'")
        if code in there:
            raise BadValue(f"the file has a language '{code}' already", where=where, hint="call the copy otherwise")
        rows = table.filter(language=of).with_columns(pl.lit(code).alias("language"))
        for name in texts:
            put = [
                clone_text(one, copy) if isinstance(one, str) else [clone_text(word, copy) for word in one]
                for one in rows[name].to_list()
            ]
            rows = rows.with_columns(pl.Series(name, put, table.schema[name]))
        parts.append(rows)
    return pl.concat(parts)
