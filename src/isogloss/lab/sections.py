"""Sections of a grid file, read key by key: what is missing, mistyped or misspelt is said in one line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from isogloss.errors import BadValue, UnknownName

T = TypeVar("T")

_MEANING = {str: "text", list: "a list", dict: "a table", int: "a whole number"}


class Section:
    """One table of a TOML file.

    Parameters
    ----------
    name : str
        As the file writes it: `task.columns`; empty for the file itself.
    table : mapping
    path : str
        The file, for errors.
    """

    def __init__(self, name: str, table: Mapping[str, Any], path: str):
        self.name, self.path = name, path
        self.where = f"{path}: [{name}]" if name else path
        self._left = dict(table)

    def expect(self, *keys: str) -> None:
        """Raise UnknownName for the first key that is none of `keys`."""
        for key in self._left:
            if key not in keys:
                raise UnknownName("key", key, keys, where=self.where)

    def take(self, key: str, kind: type[T], default: T | None = None) -> T:
        """The value of `key`, or `default`; without a default it must be there.

        Raises
        ------
        BadValue
            If it is missing or of another type.
        """
        if key not in self._left:
            if default is not None:
                return default
            raise BadValue(f"no {key}", where=self.where, hint=f"add {key} = {_EXAMPLES.get(key, '...')}")
        value = self._left.pop(key)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise BadValue(f"{key} must be {_MEANING.get(kind, 'a value')}, not {value!r}", where=self.where)
        return value

    def section(self, key: str, *, required: bool = False) -> Section:
        """The table called `key`, empty if it is not there."""
        name = f"{self.name}.{key}" if self.name else key
        return Section(name, self.take(key, dict, None if required else {}), self.path)

    def sections(self, key: str, *, required: bool = True) -> list[Section]:
        """The table called `key`, or all of them where it stands several times, as `[[key]]`."""
        if not isinstance(self._left.get(key), list):
            return [self.section(key, required=True)] if required or key in self._left else []
        tables = self.take(key, list)
        if not tables or not all(isinstance(table, dict) for table in tables):
            raise BadValue(f"{key} must be a table or several, [[{key}]]", where=self.where)
        return [Section(f"{key} {place}", table, self.path) for place, table in enumerate(tables, start=1)]

    def tables(self) -> list[Section]:
        """Every key not taken yet, each of which must be a table."""
        return [self.section(key) for key in [*self._left]]

    def flag(self, key: str, default: bool) -> Any:
        """The value of `key`, which may be true or false."""
        return self._left.pop(key, default)

    def taken(self, keys: Iterable[str]) -> dict[str, Any]:
        """The values of some keys, where they are there."""
        return {key: self._left.pop(key) for key in keys if key in self._left}

    def rest(self) -> dict[str, Any]:
        """Every key not taken yet."""
        left, self._left = self._left, {}
        return left


_EXAMPLES = {
    "name": '"..."',
    "file": '"data.parquet"',
    "sizes": "[70, 700]",
    "task": "{...}, or a section [task]",
    "recipe": "{...}, or a section [recipe]",
    "grid": "{...}, or a section [grid]",
}
