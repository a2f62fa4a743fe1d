"""Public names, options, columns and error texts use the words of the field.

`NOT_IN_NAMES` holds clauses, participles and metaphors of space that stood where a Methods section would print a noun.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

import isogloss
from isogloss.cli import app

SOURCE = Path(isogloss.__file__).parent

NOT_IN_NAMES = {
    "found": "result",
    "told": "label",
    "said": "sentences",
    "asked": "query",
    "mend": "hint",
    "mixture": "mix",
    "mixtures": "mixes",
    "around": "pooled",
    "elsewhere": "pooled",
    "nowhere": "unmeasured",
    "surroundings": "context",
    "newcomer": "cold start",
    "newcomers": "cold start models",
    "likeness": "ordinary kriging",
    "opinion": "held-out prediction",
    "opinions": "held-out predictions",
    "circumstances": "strata",
    "hardest": "strongest baseline",
    "tongues": "language covariates",
    "shop": "supply curve",
    "shops": "supply curves",
    "ware": "example type",
    "wares": "example types",
    "worth": "exchange rate",
    "worths": "exchange rates",
    "halving": "out-of-memory backoff",
    "somebody": "user",
    "nobody": "none",
    "stranger": "plugin",
}
"""Words that no public name, option or column holds, and what to say."""

ENGLISH = {"found", "told", "said", "asked", "around", "worth", "nobody", "somebody"}
"""Of these, good English in a sentence."""
OF_OTHER_PROGRAMS = {"--force-reinstall", "--head", "--repo-type", "--output_file"}
"""Options that hints name of programs that are not isogloss."""


def words_of(name: str) -> set[str]:
    """`rank_mixes`, `TrainingMix` and `--by-mix` in lower-case words."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        yield path.relative_to(SOURCE), ast.parse(path.read_text(encoding="utf-8"))


def public_names(module: ast.Module) -> Iterator[str]:
    """Names of classes, functions, methods, parameters and constants that do not begin with an underscore."""
    for node in module.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        yield from (target.id for target in targets if isinstance(target, ast.Name))
        yield from _defined(node)


def _defined(node: ast.AST) -> Iterator[str]:
    if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
        return
    yield node.name
    if isinstance(node, ast.ClassDef):
        for inner in node.body:
            if isinstance(inner, ast.AnnAssign) and isinstance(inner.target, ast.Name):
                yield inner.target.id
            yield from _defined(inner)
    else:
        arguments = node.args
        yield from (one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs))


def columns(module: ast.Module) -> Iterator[str]:
    """Names of columns: keys of schemas, aliases, and what tables are given by keyword."""
    for node in ast.walk(module):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in ("with_columns", "agg", "select"):
            yield from (keyword.arg for keyword in node.keywords if keyword.arg)
        if called in ("alias", "Series", "lit_column") and node.args and isinstance(node.args[0], ast.Constant):
            yield str(node.args[0].value)
        if called == "Schema" and node.args and isinstance(node.args[0], ast.Dict):
            yield from (str(key.value) for key in node.args[0].keys if isinstance(key, ast.Constant))


def error_texts(module: ast.Module) -> Iterator[str]:
    """Texts that errors are made of."""
    for node in ast.walk(module):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            for inner in ast.walk(node.exc):
                if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                    yield inner.value


def options(command: object, path: str = "") -> Iterator[str]:
    for parameter in getattr(command, "params", ()):
        yield from (f"{path} {flag}".strip() for flag in parameter.opts)
    for name, inner in getattr(command, "commands", {}).items():
        yield from options(inner, f"{path} {name}".strip())


@pytest.mark.parametrize(("path", "module"), [pytest.param(path, module, id=str(path)) for path, module in modules()])
def test_names_are_nouns_and_verbs_of_the_field(path, module):
    names = {*public_names(module), *columns(module), path.stem, path.parent.name}
    wrong = {name: NOT_IN_NAMES[word] for name in names for word in words_of(name) & NOT_IN_NAMES.keys()}
    assert wrong == {}


@pytest.mark.parametrize(("path", "module"), [pytest.param(path, module, id=str(path)) for path, module in modules()])
def test_errors_use_the_words_of_the_field_and_name_fields(path, module):
    texts = list(error_texts(module))
    assert [text for text in texts if words_of(text) & NOT_IN_NAMES.keys() - ENGLISH] == []
    if path.parts[0] not in ("cli", "demo.py"):
        assert [text for text in texts if {*re.findall(r"(?<![\w-])--[a-z][\w-]*", text)} - OF_OTHER_PROGRAMS] == []


def test_options_use_the_words_of_the_field():
    found = list(options(typer.main.get_command(app)))
    assert len(found) > 100
    assert [option for option in found if words_of(option) & NOT_IN_NAMES.keys()] == []
