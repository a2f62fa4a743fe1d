"""What the packages offer: every public name, where it comes from, and how it is called."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import resolve_name
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl

from isogloss.registry import Registry

_FACES = (
    "questions questions.functions stats metrics languages evidence forecasting forecasting.curves evaluation "
    "explanation planning lab texts models alignment behaviour charts"
)
PACKAGES = ("isogloss", *(f"isogloss.{name}" for name in _FACES.split()))
"""Packages with a public face, which is their `__all__`."""

BESIDE = {
    "isogloss.evidence": (("isogloss.evidence.paired", ("compare", "Comparison")),),
}
"""What is imported from a module of a package, since the package is quicker to load without it."""

EXTENDING = (
    ("isogloss.registry", ("Registry",)),
    ("isogloss.evidence.importers.base", ("Importer", "RawTable", "RAW_ITEM")),
    ("isogloss.evidence.schema", ("MODEL", "TASK")),
    ("isogloss.evidence.fetching.public", ("PublicSource",)),
    ("isogloss.forecasting.grid_model", ("GridModel",)),
    ("isogloss.forecasting.capability", ("Capability",)),
    ("isogloss.lab.task", ("TaskKind", "Form", "TaskInfo", "Task", "Examples")),
    ("isogloss.lab.recipe", ("Estimate", "Outcome")),
    ("isogloss.lab.executor", ("Executor",)),
)
"""What somebody needs who adds a forecaster, a recipe, ... of their own; not part of any `__all__`."""

LONGEST = 100


@dataclass(frozen=True)
class Public:
    """A public name: where it is imported from, where it is defined, and what it is."""

    package: str
    name: str
    module: str
    thing: Any

    @property
    def kind(self) -> str:
        """What it is, in a word."""
        if isinstance(self.thing, Registry):
            return "registry"
        if inspect.isclass(self.thing):
            return "class"
        return "function" if callable(self.thing) else "constant"

    @property
    def heading(self) -> str:
        """Told apart by kind: `Distances` and `distances` are different things."""
        return f"`{self.name}`" if self.kind == "function" else f"{self.kind} `{self.name}`"


def public_names(package: str) -> list[Public]:
    """Everything in `__all__`: functions, classes, registries, constants, each in alphabetical order."""
    module = importlib.import_module(package)
    named = getattr(module, "__all__", None) or [one for one in vars(module) if not one.startswith("_")]
    found = [Public(package, name, _home(module, name), getattr(module, name)) for name in named]
    for home, names in BESIDE.get(package, ()):
        found += [Public(home, name, home, getattr(importlib.import_module(home), name)) for name in names]
    return sorted(found, key=_order)


def returned(names: list[Public], known: Container[type]) -> list[Public]:
    """Classes of ours that these give back, and that are not among those that are known."""
    found: dict[type, Public] = {}
    todo = [one for one in names if one.kind in ("class", "function")]
    while todo:
        one = todo.pop()
        given = [one.thing] if one.kind == "function" else [member for _, member, _ in members(one.thing)]
        for kind in {kind for callee in given for kind in _classes_of(callee)} - found.keys():
            if kind not in known:
                found[kind] = Public(kind.__module__, kind.__name__, kind.__module__, kind)
                todo.append(found[kind])
    return sorted(found.values(), key=lambda one: one.name)


def tables_of(names: list[Public], known: Container[int]) -> list[Public]:
    """Columns of tables that docstrings of these name, and that are not among those whose `id` is known."""
    found: dict[str, Public] = {}
    for one in names:
        if one.kind in ("class", "function"):
            things = (
                [one.thing, *(member for _, member, _ in members(one.thing))] if one.kind == "class" else [one.thing]
            )
            for name in re.findall(r"[`.]([A-Z][A-Z_]+)`", " ".join(inspect.getdoc(thing) or "" for thing in things)):
                home = _home_of(name, importlib.import_module(one.module))
                thing = getattr(home, name, None)
                if isinstance(thing, pl.Schema) and id(thing) not in known:
                    found.setdefault(name, Public(home.__name__, name, home.__name__, thing))
    return sorted(found.values(), key=lambda one: one.name)


def _home_of(name: str, module: ModuleType) -> ModuleType:
    """The module that defines what `module` or the schema calls so."""
    if name in _imports(module.__name__):
        return importlib.import_module(_imports(module.__name__)[name])
    return module if hasattr(module, name) else importlib.import_module("isogloss.evidence.schema")


def _classes_of(callee: Any) -> Iterator[type]:
    """Classes of ours in the annotation of what a function gives back."""
    function = getattr(callee, "fget", None) or getattr(callee, "__func__", callee)
    module = importlib.import_module(function.__module__)
    for name in re.findall(r"\b[A-Z]\w+", _annotation(inspect.signature(function).return_annotation)):
        home = (
            module
            if hasattr(module, name)
            else importlib.import_module(_imports(module.__name__).get(name, "builtins"))
        )
        kind = getattr(home, name, None)
        if inspect.isclass(kind) and kind.__module__.startswith("isogloss"):
            yield kind


def extending() -> list[Public]:
    """What is subclassed or returned by what users add."""
    return [
        Public(module, name, module, getattr(importlib.import_module(module), name))
        for module, names in EXTENDING
        for name in names
    ]


def errors() -> list[Public]:
    """Every class of errors."""
    module = importlib.import_module("isogloss.errors")
    return [
        Public(module.__name__, name, module.__name__, thing)
        for name, thing in vars(module).items()
        if inspect.isclass(thing) and issubclass(thing, Exception)
    ]


def _order(one: Public) -> tuple[int, str]:
    return ("function", "class", "registry", "constant").index(one.kind), one.name.casefold()


def _home(module: ModuleType, name: str) -> str:
    """The module that defines what a package offers under `name`."""
    thing = getattr(module, name)
    if inspect.isclass(thing) or inspect.isfunction(thing):
        return str(thing.__module__)
    return _imports(module.__name__).get(name) or module.__name__


@cache
def _tree(module: str, suffix: str = ".py") -> ast.Module:
    path = Path(str(importlib.import_module(module).__file__)).with_suffix(suffix)
    return ast.parse(path.read_text(encoding="utf-8") if path.exists() else "")


@cache
def _imports(module: str) -> dict[str, str]:
    """Name to the module that it is imported from: of a package, as its stub says."""
    trees = _tree(module), _tree(module, ".pyi")
    nodes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    return {
        alias.name: resolve_name("." * node.level + str(node.module), module) for node in nodes for alias in node.names
    }


def said_of_constant(module: str, name: str) -> str:
    """The text under the assignment to `name`."""
    body = _tree(module).body
    for node, after in pairwise(body):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            text = after.value if isinstance(after, ast.Expr) else None
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                return inspect.cleandoc(text.value)
    return ""


def defaults_of(thing: Any) -> dict[str, Any]:
    """Parameter to what stands for it when it is left out."""
    parameters = inspect.signature(thing).parameters.values()
    return {one.name: one.default for one in parameters if one.default is not one.empty and not _is_made(one.default)}


def signature(name: str, thing: Any, *, bound: bool = False) -> str:
    """How it is called, on several lines if it is long."""
    said = inspect.signature(thing)
    parts = _parameters([one for one in said.parameters.values() if not one.name.startswith("_")][bound:])
    result = said.return_annotation
    ending = "" if inspect.isclass(thing) or result is said.empty else f" -> {_annotation(result)}"
    line = f"{name}({', '.join(parts)}){ending}"
    if len(line) <= LONGEST:
        return line
    return f"{name}(\n" + "".join(f"    {part},\n" for part in parts) + f"){ending}"


def _parameters(parameters: list[inspect.Parameter]) -> list[str]:
    written: list[str] = []
    for place, one in enumerate(parameters):
        before = parameters[place - 1].kind if place else None
        if one.kind is one.KEYWORD_ONLY and before not in (one.KEYWORD_ONLY, one.VAR_POSITIONAL):
            written.append("*")
        stars = "*" if one.kind is one.VAR_POSITIONAL else "**" if one.kind is one.VAR_KEYWORD else ""
        typed = "" if one.annotation is one.empty else f": {_annotation(one.annotation)}"
        equals = " = " if typed else "="
        default = "" if one.default is one.empty else equals + ("..." if _is_made(one.default) else repr(one.default))
        written.append(f"{stars}{one.name}{typed}{default}")
    return written


def _is_made(default: Any) -> bool:
    """Whether it is made anew by every call, or has no spelling of its own."""
    return "<" in repr(default) and not isinstance(default, str)


def _annotation(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def members(thing: type) -> Iterator[tuple[str, Any, type]]:
    """Public methods and properties of a class, its own and those of our other classes, and who defines each."""
    seen = set()
    for owner in thing.__mro__:
        if not owner.__module__.startswith("isogloss"):
            continue
        for name, member in vars(owner).items():
            function = isinstance(member, property | classmethod | staticmethod) or inspect.isfunction(member)
            if function and not name.startswith("_") and name not in seen:
                seen.add(name)
                yield name, member, owner
