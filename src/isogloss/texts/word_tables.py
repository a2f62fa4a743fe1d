"""Tables of words that transforms read: one for all languages, or one for each, with `{language}` in its name."""

from __future__ import annotations

import hashlib
from pathlib import Path

from isogloss.errors import BadFile
from isogloss.files import read_input
from isogloss.texts.tables import read_table

LANGUAGE = "{language}"

Dictionary = dict[str, list[tuple[str, ...]]]
"""Word, in small letters, to the words that may stand for it, row by row of a table."""


def table_of(name: str, language: str) -> str:
    """The name of the table for a language, with or without its script."""
    named = [name.replace(LANGUAGE, code) for code in (language, language.partition("_")[0])]
    return next((one for one in named if Path(one).is_file()), named[0])


def content_of_tables(name: str) -> dict[str, str]:
    """SHA-256 of every table that a name stands for, by file name.

    Raises
    ------
    BadFile
        If there is none.
    """
    path = Path(name)
    files = sorted(path.parent.glob(path.name.replace(LANGUAGE, "*"))) if LANGUAGE in path.name else [path]
    if not files:
        raise BadFile("no such table of words", where=name)
    return {one.name if LANGUAGE in path.name else "": hashlib.sha256(read_input(one)).hexdigest() for one in files}


def read_words(name: str) -> Dictionary:
    """What may stand for each word, from a table with the columns `source` and `target`."""
    table = read_table(Path(name), {"source": "source", "target": "target"})
    entries: Dictionary = {}
    for source, target in table.select("source", "target").iter_rows():
        if source and target and target.split():
            entries.setdefault(source.strip().casefold(), []).append(tuple(target.split()))
    return entries
