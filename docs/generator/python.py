"""The pages of the Python interface: every public name, its signature and its docstring."""

from __future__ import annotations

import importlib
import inspect
from itertools import groupby
from typing import Any

import polars as pl

from docs.generator.docstrings import described, parse, summary
from docs.generator.links import Places, linked
from docs.generator.markdown import anchor, code, fence, link, page, plain, prose, table
from docs.generator.public import (
    PACKAGES,
    Public,
    defaults_of,
    errors,
    extending,
    members,
    public_names,
    returned,
    said_of_constant,
    signature,
    tables_of,
)

ROOT, ERRORS, EXTENDING = "isogloss", "python/errors.md", "python/extending.md"
_INTRODUCTION = """What is listed here is public, each name to be imported from the package that it stands under.
Everything else may change without notice. [Errors](python/errors.md) and [what to build upon](python/extending.md) have
pages of their own."""
_EXTENDING = """What somebody subclasses or returns who adds a forecaster, an importer, a recipe, ...; the entry points
to announce it under are among the [names](../names.md)."""
_ERRORS = """All are subclasses of `isogloss.IsoglossError`. A message is one line: where, what, how to fix it.
Commands end with exit code 2 for an `InputError` and its subclasses, and with 1 for the others."""
_PLURALS = {"function": "Functions", "class": "Classes", "registry": "Registries", "constant": "Constants"}


def python_pages() -> dict[str, str]:
    """An index, and a page for each package, for errors, and for what is built upon."""
    offered = {package: public_names(package) for package in PACKAGES}
    entries = {_page_name(package): names for package, names in offered.items() if package != ROOT}
    entries |= {ERRORS: errors(), EXTENDING: extending()}
    known = {one.thing for names in entries.values() for one in names if one.kind == "class"}
    results = {name: returned(names, known) for name, names in entries.items()}
    shown = {id(one.thing) for names in entries.values() for one in names}
    for name, names in entries.items():
        results[name] += tables_of([*names, *results[name]], shown)
    places = Places({name: [*names, *results[name]] for name, names in entries.items()})
    pages = {
        _page_name(package): _package_page(package, names, results[_page_name(package)])
        for package, names in offered.items()
        if package != ROOT
    }
    pages[ERRORS] = page("isogloss.errors", _ERRORS, *map(_entry, entries[ERRORS]))
    pages[EXTENDING] = page("What to build upon", _EXTENDING, *map(_entry, [*entries[EXTENDING], *results[EXTENDING]]))
    return {"python.md": _index(offered, places), **{name: linked(text, name, places) for name, text in pages.items()}}


def _page_name(package: str) -> str:
    return f"python/{package.removeprefix('isogloss.')}.md"


def _index(offered: dict[str, list[Public]], places: Places) -> str:
    parts = [_INTRODUCTION]
    for package, names in offered.items():
        parts += [f"## {package}", plain(_about(package)), _listed(names, places, package)]
    return page("Python", *parts, "## What to build upon", _listed(extending(), places))


def _listed(names: list[Public], places: Places, package: str = "") -> str:
    rows = []
    for one in names:
        place = places.of(one.thing) if one.kind != "constant" else places.named(f"{one.package}.{one.name}")
        full = f"{one.package}.{one.name}"
        shown = code(full.removeprefix(f"{package}.") if package else one.name)
        rows.append((link(shown, place) if place else shown, _summary(one)))
    return table(("name", "what it is"), rows)


def _about(package: str) -> str:
    return (inspect.getdoc(importlib.import_module(package)) or "").strip()


def _summary(one: Public) -> str:
    said = summary(one.thing) if one.kind in ("class", "function") else said_of_constant(one.module, one.name)
    return plain(said.partition("\n\n")[0].removesuffix("."))


def _package_page(package: str, names: list[Public], results: list[Public]) -> str:
    lists = [
        f"{_PLURALS[kind]}: " + ", ".join(link(code(one.name), f"#{anchor(one.heading)}") for one in group) + "."
        for kind, group in groupby(names, key=lambda one: one.kind)
    ]
    if results:
        lists.append(
            "What they give back, and columns of their tables: " + ", ".join(code(one.name) for one in results) + "."
        )
    return page(package, plain(_about(package)), *lists, *map(_entry, [*names, *results]))


def _entry(one: Public) -> str:
    heading, full = f"## {one.heading}", f"{one.package}.{one.name}"
    if one.kind == "class":
        return "\n\n".join([heading, *_class(one, full)])
    if one.kind == "function":
        call = fence(signature(full, one.thing), "python")
        return "\n\n".join([heading, call, described(one.thing, defaults_of(one.thing))])
    said = [prose(said_of_constant(one.module, one.name)), _content(one)]
    return "\n\n".join([heading, fence(full, "python"), *(part for part in said if part)])


def _class(one: Public, full: str) -> list[str]:
    parts = [fence("class " + signature(full, one.thing), "python")]
    bases = [base for base in one.thing.__mro__[1:] if base.__module__.startswith(ROOT)]
    if bases:
        parts.append("Bases: " + ", ".join(code(base.__name__) for base in bases) + ".")
    parts.append(described(one.thing, defaults_of(one.thing)))
    inherited: dict[str, list[str]] = {}
    told = {name.strip() for said in parse(one.thing).params for name in said.arg_name.split(",")}
    for name, member, owner in members(one.thing):
        if not inspect.getdoc(member) and name in told:
            continue  # an attribute that is computed when first asked for
        if owner is one.thing:
            parts.append(_member(one.name, name, member))
        else:
            inherited.setdefault(owner.__name__, []).append(name)
    return parts + [f"From `{owner}`: {', '.join(map(code, names))}." for owner, names in inherited.items()]


def _member(of: str, name: str, member: Any) -> str:
    thing, defaults = getattr(member, "__func__", member), {}
    if isinstance(member, property) and member.fget:
        call = f"{of}.{name}: {inspect.signature(member.fget).return_annotation}"
    else:
        call = signature(f"{of}.{name}", thing, bound=not isinstance(member, staticmethod))
        defaults = defaults_of(thing)
    return "\n\n".join([f"### `{of}.{name}`", fence(call, "python"), described(thing, defaults)])


def _content(one: Public) -> str:
    """What a constant or a registry holds, where that says something."""
    if one.kind == "registry":
        return f"Holds {', '.join(map(code, one.thing.names())) or 'nothing yet'}: see [names](../names.md)."
    if isinstance(one.thing, pl.Schema):
        return table(("column", "type"), [(code(name), code(str(kind))) for name, kind in one.thing.items()])
    if isinstance(one.thing, tuple | dict):
        return ", ".join(code(str(part)) for part in one.thing) + "."
    return ""
