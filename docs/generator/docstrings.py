"""Docstrings in numpydoc's form as Markdown."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

import docstring_parser
from docstring_parser.common import DocstringExample, DocstringMeta, DocstringParam, DocstringRaises, DocstringReturns

from docs.generator.markdown import code, fence, plain, prose

_TITLES = {"param": "Parameters", "attribute": "Attributes", "returns": "Returns", "yields": "Yields",
           "raises": "Raises", "warns": "Warns", "notes": "Notes", "examples": "Examples",
           "see_also": "See also", "other_param": "Other parameters"}  # fmt: skip


def parse(thing: Any) -> docstring_parser.Docstring:
    """The docstring of a class or function, taken apart."""
    return docstring_parser.parse(inspect.getdoc(thing) or "", docstring_parser.DocstringStyle.NUMPYDOC)


def summary(thing: Any) -> str:
    """The first sentence or line of a docstring, without its end."""
    return (parse(thing).short_description or "").replace("\n", " ").removesuffix(".")


def described(thing: Any, defaults: Mapping[str, Any]) -> str:
    """The whole docstring; defaults are those of the signature, so that none is out of date."""
    parsed = parse(thing)
    text = "\n\n".join(part for part in (parsed.short_description, parsed.long_description) if part)
    parts = [prose(text)]
    for key, group in _sections(parsed.meta).items():
        parts.append(f"**{_TITLES[key]}**")
        if key == "examples":
            parts.append(fence("\n".join(_example(one) for one in group), "pycon"))
        else:
            parts.append("\n".join(_item(one, defaults) for one in group))
    return "\n\n".join(parts)


def _sections(items: Iterable[DocstringMeta]) -> dict[str, list[DocstringMeta]]:
    found: dict[str, list[DocstringMeta]] = {}
    for one in items:
        found.setdefault(one.args[0], []).append(one)
    return found


def _item(one: DocstringMeta, defaults: Mapping[str, Any]) -> str:
    if isinstance(one, DocstringParam):
        said = [plain(part) for part in (one.type_name, _default(one.arg_name, defaults)) if part]
        named = ", ".join(code(name.strip()) for name in one.arg_name.split(","))
        return _entry(named + (f" ({', '.join(said)})" if said else ""), one.description)
    if isinstance(one, DocstringReturns):
        named = f"{code(one.return_name)} " if one.return_name else ""
        return _entry(f"{named}{plain(one.type_name or '')}", one.description)
    if isinstance(one, DocstringRaises):
        return _entry(", ".join(code(name.strip()) for name in (one.type_name or "").split(",")), one.description)
    return prose(one.description or "")


def _example(one: DocstringMeta) -> str:
    """What is typed, and what is answered."""
    typed = one.snippet if isinstance(one, DocstringExample) else None
    return "\n".join(part for part in (typed, one.description) if part)


def _entry(head: str, description: str | None) -> str:
    """An item of a list; further paragraphs are indented with it."""
    if not description:
        return f"- {head}"
    return f"- {head}: " + prose(description).replace("\n", "\n  ").replace("\n  \n", "\n\n")


def _default(names: str, defaults: Mapping[str, Any]) -> str:
    """What stands for a parameter that is left out; nothing where it must be given."""
    found = [defaults[name.strip(" *")] for name in names.split(",") if name.strip(" *") in defaults]
    if not found or len(found) < len(names.split(",")):
        return ""
    if len({repr(one) for one in found}) > 1:
        return "default " + ", ".join(f"`{one!r}`" for one in found)
    return "optional" if found[0] is None else f"default `{found[0]!r}`"
