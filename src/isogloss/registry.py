"""Names for things that users can add to: forecasters, importers, tasks, recipes.

Built-in entries are `module:attribute` strings, imported when asked for. Other packages add theirs through the
entry-point group of the registry (`isogloss.forecasters`, ...).
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from importlib import metadata
from typing import Any, Generic, TypeVar

from isogloss.errors import BadPlugin, BadValue, UnknownName, first_line

Entry = TypeVar("Entry")


class Registry(Generic[Entry]):
    """Things of one kind, found by name and imported when first used.

    Parameters
    ----------
    kind : str
        What an entry is, in the singular, as errors call it.
    builtin : mapping of str to str or entry
        Name to `module:attribute`, or to the entry itself.
    group : str
        Entry-point group in which other packages announce their entries.
    base : str, optional
        `module:class` that every entry is a subclass or an instance of. Without one, entries are functions.
    """

    def __init__(self, kind: str, builtin: Mapping[str, str | Entry], group: str, base: str | None = None):
        self.kind, self.group, self.base = kind, group, base
        self._builtin = dict(builtin)
        self._added: dict[str, Entry] = {}

    def register(self, name: str) -> Callable[[Entry], Entry]:
        """Add the decorated class or function under `name`; defining the same thing again replaces it.

        Raises
        ------
        BadValue
            If something else has that name, or the entry is not what entries of this registry are.
        """

        def add(entry: Entry) -> Entry:
            self._check(entry, name)
            taken = name in self._builtin or name in self._plugins
            if taken or (name in self._added and _defined(self._added[name]) != _defined(entry)):
                raise BadValue(f"{self.kind} '{name}' exists already", hint="register it under another name")
            self._added[name] = entry
            return entry

        return add

    def unregister(self, name: str) -> None:
        """Remove what `register` added."""
        self._added.pop(name, None)

    def names(self) -> list[str]:
        """All names, sorted; also those of plugins that do not load."""
        return sorted({*self._added, *self._builtin, *self._plugins})

    def get(self, name: str) -> Entry:
        """The entry called `name`.

        Raises
        ------
        UnknownName
            With the nearest name and all there are.
        BadPlugin
            If a package announces the name, but does not load, or announces something else than entries are.
        """
        if name in self._added:
            return self._added[name]
        if name in self._builtin:
            builtin = self._builtin[name]
            entry: Entry = _load(builtin) if isinstance(builtin, str) else builtin
            return entry
        if name in self._plugins:
            return self._load_plugin(self._plugins[name])
        raise UnknownName(self.kind, name, self.names())

    def items(self) -> Iterator[tuple[str, Entry]]:
        """Every (name, entry); a plugin that cannot be used is left out with a warning."""
        for name in self.names():
            try:
                yield name, self.get(name)
            except BadPlugin as error:
                warnings.warn(str(error), stacklevel=2)

    @cached_property
    def _plugins(self) -> dict[str, metadata.EntryPoint]:
        # Kept, because looking through all installed packages takes longer than most things that are looked up.
        plugins: dict[str, metadata.EntryPoint] = {}
        for point in metadata.entry_points(group=self.group):
            if point.name in self._builtin or plugins.get(point.name, point).value != point.value:
                other = "isogloss" if point.name in self._builtin else plugins[point.name].value
                reason = f"{self.kind} '{point.name}' from {point.value} is not used: {other} has one of that name"
                warnings.warn(reason, stacklevel=4)
            else:
                plugins[point.name] = point
        return plugins

    def _load_plugin(self, point: metadata.EntryPoint) -> Entry:
        try:
            entry: Entry = point.load()
            self._check(entry, point.name)
        except Exception as error:  # another package may fail in any way
            raise BadPlugin(self.kind, point.name, point.value, first_line(error)) from error
        return entry

    def _check(self, entry: Any, name: str) -> None:
        if self.base is None:
            fits, wanted = callable(entry), "a function"
        else:
            base = _load(self.base)
            fits = issubclass(entry, base) if isinstance(entry, type) else isinstance(entry, base)
            wanted = f"a {base.__module__}.{base.__qualname__}"
        if not fits:
            raise BadValue(f"{self.kind} '{name}' is not {wanted}", hint="see 'Contributing' for what an entry is")


def _load(place: str) -> Any:
    module, attribute = place.split(":")
    return getattr(importlib.import_module(module), attribute)


def _defined(entry: Any) -> tuple[str | None, str | None]:
    return getattr(entry, "__module__", None), getattr(entry, "__qualname__", None)
