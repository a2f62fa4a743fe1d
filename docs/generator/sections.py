"""Sections of the page of names."""

from __future__ import annotations

from collections.abc import Iterable

from docs.generator.markdown import code, plain, table
from isogloss.registry import Registry


def section(title: str, where: str, *parts: str) -> str:
    """A heading, a sentence on where the names are written, and what there is."""
    return "\n\n".join([f"## {title}", where, *(part for part in parts if part)])


def named(rows: Iterable[tuple[str, str]], header: tuple[str, str] = ("name", "what it is")) -> str:
    """A table of names, with what each is in plain text."""
    return table(header, ((code(name), plain(says)) for name, says in rows))


def adding(registry: Registry, entry: str) -> str:
    """The sentence about how to add one; `entry` is Markdown."""
    return f"Add one: entry-point group `{registry.group}`; an entry is {entry}."
