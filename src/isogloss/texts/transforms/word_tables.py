"""Tables of words that transforms read: one for all languages, or one for each, with `{language}` in its name."""

from __future__ import annotations

import hashlib
from pathlib import Path

from isogloss.errors import BadFile
from isogloss.files import read_input

LANGUAGE = "{language}"


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
