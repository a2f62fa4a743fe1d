"""Similarities that were measured or learned, used wherever a distance can be: by the name they were registered under.

Those that were kept are known in every later session; those of a block or a notebook end with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from isogloss.errors import BadValue
from isogloss.languages.distance import BUILT_IN_KINDS, similarities
from isogloss.languages.kept_similarities import write_similarity
from isogloss.languages.similarity_tables import Similarity, read_similarity
from isogloss.languages.sources import feature_sources

if TYPE_CHECKING:
    import polars as pl

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def register_similarity(
    name: str, table: str | Path | pl.DataFrame, *, model: str | None = None, layer: int | None = None
) -> Similarity:
    """Make a table of similarities a kind of distance: `distances(languages, kind=name)`.

    Parameters
    ----------
    name : str
        What it shall be called.
    table : path or polars.DataFrame
        Parquet, CSV or TSV with `lang_a`, `lang_b` and one of `similarity` (0 to 1), `value` (the same) or
        `distance`; `model` and `layer` where there are several. Or LITMUS's JSON, of which the type overlap
        is taken.
    model : str, optional
        Which model's, where the table has several.
    layer : int, optional
        Which layer's.

    Returns
    -------
    Similarity

    Raises
    ------
    BadValue
        If the name is taken by a kind that comes with isogloss.
    BadFile
        If the table has not these columns, similarities outside 0 to 1, several models or layers to choose
        from, or two different numbers for the same pair in the same order.
    UnknownLanguage
    """
    _check_free(name)
    made = read_similarity(name, table, model=model, layer=layer)
    similarities.register(name)(made)
    return made


@contextmanager
def similarity_files(texts: Iterable[str]) -> Iterator[None]:
    """Register similarities from `NAME=FILE` or `NAME@LAYER=FILE`, for the length of the block.

    Raises
    ------
    BadValue, BadFile, UnknownLanguage
    """
    registered = []
    try:
        for text in texts:
            name, equals, path = text.partition("=")
            name, at, layer = name.partition("@")
            if not name or not equals or not path or (at and not layer.isdecimal()):
                raise BadValue(f"'{text}' names no table", where="table", hint="write NAME=FILE or NAME@LAYER=FILE")
            register_similarity(name, path, layer=int(layer) if at else None)
            registered.append(name)
        yield
    finally:
        for name in registered:
            similarities.unregister(name)


def keep_similarity(name: str, table: pl.DataFrame) -> Similarity:
    """Make a table of similarities a kind of distance for good: it is known by its name in every command.

    Parameters
    ----------
    name : str
        Lower-case letters and digits, with `-` between words; one that was kept before is replaced.
    table : polars.DataFrame
        `lang_a`, `lang_b` and `similarity`, 0 to 1.

    Returns
    -------
    Similarity

    Raises
    ------
    BadValue
        If the name is no such word, or is taken by a kind that comes with isogloss or a package.
    BadFile
        As for `register_similarity`, or if the folder cannot be written.
    UnknownLanguage
    """
    check_name_to_keep(name)
    made = read_similarity(name, table)
    write_similarity(name, table.select("lang_a", "lang_b", "similarity"))
    return made


def check_name_to_keep(name: str) -> None:
    """Refuse a name that `keep_similarity` would refuse, before the table is computed.

    Raises
    ------
    BadValue
    """
    _check_free(name)
    if not NAME.fullmatch(name):
        raise BadValue(f"'{name}' is no name", hint="lower-case letters and digits, with - between words")


def _check_free(name: str) -> None:
    if name in BUILT_IN_KINDS or name in feature_sources.names():
        raise BadValue(f"'{name}' is a kind of distance already", hint="choose another name")
