"""Reading JSON from outside with bounded work: every failure is one line that names the file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from isogloss.errors import BadFile

MAX_BYTES = 512 * 1024 * 1024
"""Larger text files are refused: parsed, they take several times their size in memory."""

_SUSPECT = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]|\0")
"""How half a character is written: escaped, in what only looks like UTF-8, or possibly in UTF-16."""
_HALF = re.compile("[\ud800-\udfff]")


def read_json(path: Path) -> Any:
    """The value in a JSON file.

    Raises
    ------
    BadFile
        If it is too large, truncated, nested too deeply, names a key twice, or is not JSON at all.
    """
    return parse_json(read_bytes(path), str(path))


def read_bytes(path: Path) -> bytes:
    """All of a text file, if it is small enough to be parsed in memory."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise BadFile(
                f"is {size / 2**20:.0f} MB, more than the {MAX_BYTES // 2**20} MB that text may have",
                where=str(path),
                hint="split it, or convert it to Parquet",
            )
        return path.read_bytes()
    except OSError as error:
        raise BadFile(f"cannot be read: {error.strerror or error}", where=str(path)) from None


def parse_json(text: bytes, where: str) -> Any:
    """The value written in `text`, with errors that name `where`."""
    try:
        return with_whole_characters(json.loads(text, object_pairs_hook=_without_repetition), text)
    except _RepeatedKeyError as error:
        raise BadFile(f"the key '{error}' stands twice in one object", where=where, hint="keep one of them") from None
    except RecursionError:
        raise BadFile("is nested too deeply", where=where, hint="check that it is a result file") from None
    except json.JSONDecodeError as error:
        raise BadFile(
            f"is not complete JSON: {error.msg.lower()} (character {error.pos})",
            where=where,
            hint="check that it is whole",
        ) from None
    except UnicodeDecodeError:
        raise BadFile("is not text", where=where, hint="check that it is JSON in UTF-8") from None
    except ValueError as error:
        raise BadFile(f"is not readable JSON: {str(error).split(';')[0]}", where=where) from None


def with_whole_characters(value: Any, text: bytes) -> Any:
    """The value parsed from `text`, every half of a character (a lone surrogate) being U+FFFD instead.

    Tools that cut what a model said after so many UTF-16 units leave halves behind, and no table can hold one.
    """
    if not _SUSPECT.search(text) or not _HALF.search(written := json.dumps(value, ensure_ascii=False)):
        return value
    return json.loads(_HALF.sub("\ufffd", written), object_pairs_hook=_without_repetition)


class _RepeatedKeyError(Exception):
    """A key that an object names twice; the parser would keep only the last."""


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _RepeatedKeyError(key)
        found[key] = value
    return found
