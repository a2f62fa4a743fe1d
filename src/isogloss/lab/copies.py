"""Copies of a task's languages in bytes of their own: the same examples, for models that have read such copies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import polars as pl

from isogloss.errors import BadValue, UnknownName
from isogloss.lab.byte_tokenizer import clone_text


class Copy(NamedTuple):
    """A language made of another: the file's own code of that one, and which of its copies, see `clone_text`."""

    of: str
    copy: int = 1


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
