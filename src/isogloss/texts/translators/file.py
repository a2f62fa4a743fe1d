"""`file`: translations that somebody has already."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from isogloss.errors import BadFile, BadValue, InputError, UnknownName
from isogloss.languages import resolve
from isogloss.texts.tables import read_table
from isogloss.texts.translators import Passage, Translator

Key = tuple[str, str, str, int]


@dataclass(frozen=True)
class FileTranslator(Translator):
    """Looks translations up in a table.

    Parameters
    ----------
    file : str
        Parquet, CSV, TSV or JSON lines with the columns `language` (that of the translation), `item` (id of the
        task's item) and `text`; also `from`, the language that was translated, where there is more than one; and
        `part`, 0 for the premise and 1, 2, ... for the choices of an item, where a task has choices.
    """

    name: ClassVar[str] = "file"
    kept: ClassVar[bool] = False
    looks_up: ClassVar[bool] = True
    unlabelled: ClassVar[tuple[str, ...]] = ("file",)

    file: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.file:
            raise BadValue("translator 'file' names none", hint='write file = "translations.tsv"')
        if not Path(self.file).is_file():
            raise BadFile("no such file of translations", where=self.file)

    @property
    def label(self) -> str:
        """With the name of the file, as two of them translate differently."""
        return f"{self.name}:{Path(self.file).stem}"

    @property
    def identity(self) -> dict[str, Any]:
        """The content of the file stands for its place."""
        return super().identity | {"content": _content(self.file)}

    def check(self, pairs: Sequence[tuple[str, str]]) -> None:
        have = {(origin, into) for origin, into, _, _ in _read(self.file)}
        for origin, into in pairs:
            if not {(origin, into), ("", into)} & have:
                raise InputError(f"has no translation from {origin} into {into}", where=self.file)

    def describe(self, origin: str, into: str) -> str:
        """The name of the file and a hash of what it holds."""
        return f"{Path(self.file).name} {_content(self.file)[:8]}"

    def translate(self, passages: Sequence[Passage], origin: str, into: str) -> list[str]:
        table = _read(self.file)
        return [_find(table, passage, origin, into, self.file) for passage in passages]


def _find(table: dict[Key, str], passage: Passage, origin: str, into: str, where: str) -> str:
    for said in (origin, ""):
        if (found := table.get((said, into, passage.item, passage.part))) is not None:
            return found
    part = f", part {passage.part}" if passage.part else ""
    raise InputError(f"has no translation of item '{passage.item}'{part} from {origin} into {into}", where=where)


def _content(file: str) -> str:
    return _hash(file, _stamp(file))


def _read(file: str) -> dict[Key, str]:
    """(from, into, item, part) to the text; `from` is empty where the file does not say it."""
    return _read_as_of(file, _stamp(file))


def _stamp(file: str) -> tuple[int, int]:
    """What changes when a file does."""
    state = Path(file).stat()
    return state.st_mtime_ns, state.st_size


@lru_cache(maxsize=4)
def _hash(file: str, stamp: tuple[int, int]) -> str:
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


@lru_cache(maxsize=4)
def _read_as_of(file: str, stamp: tuple[int, int]) -> dict[Key, str]:
    path = Path(file)
    head = [name for name in ("from", "part") if _has(path, name)]
    table = read_table(path, {name: name for name in ("language", "item", "text", *head)})
    codes = {code for name in ("language", "from") if name in table.columns for code in table[name].unique()}
    languages = {code: resolve(code, where=file).id for code in sorted(codes - {None})}
    found: dict[Key, str] = {}
    for row in table.iter_rows(named=True):
        if row["text"] is None or row["item"] is None:
            raise BadValue(f"no {'item' if row['item'] is None else 'text'}", where=f"{file} row {row['row']}")
        origin = languages[row["from"]] if row.get("from") else ""
        key = origin, languages[row["language"]], row["item"], _part(row, file)
        if key in found:
            hint = None if "from" in head else "if it is a translation of several, say which in a column `from`"
            raise BadValue(
                f"item '{row['item']}' stands twice in {row['language']}", where=f"{file} row {row['row']}", hint=hint
            )
        found[key] = row["text"]
    return found


def _has(path: Path, name: str) -> bool:
    try:
        read_table(path, {name: name})
    except UnknownName:
        return False
    return True


def _part(row: dict[str, Any], file: str) -> int:
    part = row.get("part") or "0"
    if not part.isdecimal():
        raise BadValue(f"part '{part}' is no number", where=f"{file} row {row['row']}")
    return int(part)
