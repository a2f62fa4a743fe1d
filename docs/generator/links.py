"""Links between pages of the Python interface, wherever a docstring names something that is documented."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import isogloss
from docs.generator.markdown import anchor, link
from docs.generator.public import Public, members

_NAMED = re.compile(r"(?<!\[)`([A-Za-z_][\w.]*)(?:\(\))?`(?!\])")
"""A name as code that is no link yet."""
_PAGE = re.compile(r"(?<![\w/(])(docs/((?:how-to|methods)/[\w-]+\.md))")


class Places:
    """Where everything is documented, relative to the folder of the reference.

    Parameters
    ----------
    entries : mapping of str to sequence of Public
        By page.
    """

    def __init__(self, entries: Mapping[str, Sequence[Public]]):
        self._of: dict[int, str] = {}
        self._named: dict[str, dict[str, str]] = {}
        for name, found in entries.items():
            for one in found:
                self._add(one, name)

    def _add(self, one: Public, name: str) -> None:
        place = f"{name}#{anchor(one.heading)}"
        self._of.setdefault(id(one.thing), place)
        names = {f"{one.package}.{one.name}": place, f"{one.module}.{one.name}": place}
        if getattr(isogloss, one.name, None) is one.thing:
            names[f"isogloss.{one.name}"] = place
        if one.kind == "constant":
            names |= {one.name: place, f"{one.module.rpartition('.')[2]}.{one.name}": place}
        if one.kind == "class":
            names[one.name] = place  # a function may be called as a column or a parameter is
            own = (member for member, _, owner in members(one.thing) if owner is one.thing)
            names |= {f"{one.name}.{member}": f"{name}#{anchor(f'{one.name}.{member}')}" for member in own}
        for spelt, where in names.items():
            self._named.setdefault(spelt, {}).setdefault(name, where)

    def of(self, thing: Any) -> str | None:
        """The place of a class, function or registry."""
        return self._of.get(id(thing))

    def named(self, name: str, page: str = "") -> str | None:
        """The place of what is written so: on this page, or the only one there is."""
        there = self._named.get(name) or self._named.get(name.removeprefix("isogloss."), {})
        return there.get(page) or (next(iter(there.values())) if len(there) == 1 else None)


def linked(text: str, name: str, places: Places) -> str:
    """A page with names as links, except in headings and blocks of code, and to where one already is."""
    lines, in_code, here = [], False, ""
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            in_code = not in_code
        elif line.startswith("#"):
            here = f"{name}#{anchor(line.lstrip('# '))}"
        elif not in_code:
            line = _NAMED.sub(partial(_link, name=name, here=here, places=places), line)
            line = _PAGE.sub(r"[\1](../../\2)", line)
        lines.append(line)
    return "\n".join(lines) + "\n"


def _link(found: re.Match[str], name: str, here: str, places: Places) -> str:
    place = places.named(found[1], name)
    if place is None or place == here:
        return found[0]
    page, _, fragment = place.partition("#")
    return link(found[0], f"#{fragment}" if page == name else f"{PurePosixPath(page).name}#{fragment}")
