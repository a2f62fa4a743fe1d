"""Names for things that users can add to: forecasters, importers, tasks, recipes.

Built-in entries are `module:attribute` strings, imported only when asked for. Other packages add
theirs through the entry-point group of the registry (`isogloss.forecasters`, ...).
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from importlib import metadata
from typing import Any

from isogloss.errors import UnknownName


class Registry:
    """Things of one kind, found by name and imported when first used.

    Parameters
    ----------
    kind : str
        What an entry is, in the singular, as errors call it.
    builtin : mapping of str to str
        Name to `module:attribute`.
    group : str
        Entry-point group in which other packages announce their entries.
    """

    def __init__(self, kind: str, builtin: Mapping[str, str], group: str):
        self.kind, self.group = kind, group
        self._builtin = dict(builtin)
        self._added: dict[str, Any] = {}

    def register(self, name: str) -> Callable[[Any], Any]:
        """Add the decorated class or function under `name`, ahead of any built-in of that name."""

        def add(entry: Any) -> Any:
            self._added[name] = entry
            return entry

        return add

    def names(self) -> list[str]:
        """All known names, sorted."""
        return sorted({*self._added, *self._builtin, *self._plugins})

    def get(self, name: str) -> Any:
        """The entry called `name`.

        Raises
        ------
        UnknownName
            With the nearest name and all there are.
        """
        if name in self._added:
            return self._added[name]
        if name in self._builtin:
            module, attribute = self._builtin[name].split(":")
            return getattr(importlib.import_module(module), attribute)
        if (plugin := self._plugins.get(name)) is not None and (entry := self._load(plugin)) is not None:
            return entry
        raise UnknownName(self.kind, name, self.names())

    def items(self) -> Iterator[tuple[str, Any]]:
        """Every (name, entry); a plugin that does not load is skipped with a warning."""
        plugins = self._plugins
        for name in self.names():
            if name in self._added or name in self._builtin:
                yield name, self.get(name)
            elif (entry := self._load(plugins[name])) is not None:
                yield name, entry

    @cached_property
    def _plugins(self) -> dict[str, metadata.EntryPoint]:
        # Kept, because looking through all installed packages takes longer than most things that are looked up.
        return {point.name: point for point in metadata.entry_points(group=self.group)}

    def _load(self, plugin: metadata.EntryPoint) -> Any:
        try:
            return plugin.load()
        except Exception as error:  # a stranger's package may fail in any way; ours goes on without it
            warnings.warn(f"{self.kind} '{plugin.name}' from {plugin.value} does not load: {error}", stacklevel=3)
            return None
