"""The reference: everything that a user can name is explained in it, and it is what the code says today."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from docs.generator import FOLDER, reference_pages
from docs.generator.commands import walk
from docs.generator.docstrings import parse
from docs.generator.markdown import code, plain, prose, table
from docs.generator.names_of_lab import parameter_texts
from docs.generator.public import PACKAGES, Public, errors, extending, members, public_names, returned, said_of_constant

from isogloss.registry import Registry

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "isogloss"


@cache
def page(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


@cache
def written() -> dict[str, str]:
    return reference_pages()


@cache
def public() -> list[Public]:
    named = [one for package in PACKAGES for one in public_names(package)] + extending() + errors()
    return named + returned(named, {one.thing for one in named if one.kind == "class"})


def described_things() -> list[tuple[str, Any]]:
    """Public functions and classes, and the methods and properties of the latter, each by its full name."""
    found = {}
    for one in public():
        if one.kind in ("function", "class"):
            found[f"{one.module}.{one.name}"] = one.thing
        if one.kind == "class":
            said = {name.strip() for part in parse(one.thing).params for name in part.arg_name.split(",")}
            found |= {
                f"{one.module}.{one.name}.{name}": member for name, member, _ in members(one.thing) if name not in said
            }
    return [*found.items()]


def registries() -> dict[str, Registry]:
    """Every registry there is in the source, by where it stands."""
    found = {}
    for path in SOURCE.rglob("*.py"):
        for name in re.findall(r"^(\w+)(?:: .+)? = \w*Registry\(", path.read_text(encoding="utf-8"), re.MULTILINE):
            parts = path.relative_to(SOURCE.parent).with_suffix("").parts
            module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[f"{module}.{name}"] = getattr(importlib.import_module(module), name)
    return found


def test_every_page_is_what_the_generator_writes_now():
    there = {str(path.relative_to(FOLDER)): path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.md")}
    stale = {name for name in {*there, *written()} if there.get(name) != written().get(name)}
    assert not stale, "out of date: run `make reference`"


def test_every_option_of_every_command_is_in_the_page_of_commands():
    import typer

    from isogloss.cli import app

    sections = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", page("commands.md"), re.MULTILINE | re.DOTALL))
    commands = dict(walk(typer.main.get_command(app), "isogloss"))
    assert len(commands) > 30
    assert {
        (name, spelt)
        for name, command in commands.items()
        for parameter in command.params
        for spelt in (parameter.opts if parameter.param_type_name == "option" else [parameter.metavar])
        if code(spelt).replace("|", r"\|") not in sections[name]
    } == set()


def test_registries_are_found_with_and_without_a_type():
    known = {"isogloss.alignment.registry.alignment_measures", "isogloss.languages.distance.similarities"}
    assert known <= registries().keys()


@pytest.mark.parametrize("place", registries())
def test_every_name_in_a_registry_is_in_the_page_of_names_with_its_entry_point(place):
    registry = registries()[place]
    assert f"`{registry.group}`" in page("names.md")
    assert [name for name in registry.names() if f"`{name}`" not in page("names.md")] == []


def test_every_evidence_that_ships_and_every_task_and_objective_is_in_the_page_of_names():
    from isogloss.evidence import shipped
    from isogloss.lab import known_tasks
    from isogloss.languages import distance_kinds
    from isogloss.planning.objectives import OBJECTIVES

    names = [*shipped(), *known_tasks(), *OBJECTIVES, *distance_kinds()]
    assert [name for name in names if f"`{name}`" not in page("names.md")] == []


def test_every_name_that_pages_import_is_in_the_reference():
    pages = [ROOT / "README.md", *(ROOT / "docs" / "how-to").glob("*.md"), *(ROOT / "docs" / "methods").glob("*.md")]
    imports = re.findall(
        r"^from (isogloss\S*) import (.+)$", "\n".join(one.read_text(encoding="utf-8") for one in pages), re.MULTILINE
    )
    asked = {(package, name.strip()) for package, names in imports for name in names.split(",")}
    offered = {id(one.thing) for one in public()}
    assert len(asked) > 20
    assert [one for one in sorted(asked) if id(getattr(importlib.import_module(one[0]), one[1])) not in offered] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_in_the_index_of_python(package):
    section = page("python.md").partition(f"\n## {package}\n")[2].partition("\n## ")[0]
    named = importlib.import_module(package).__all__
    assert [name for name in named if f"`{name}`" not in section] == []


def test_every_public_name_says_what_it_is():
    silent = [name for name, thing in described_things() if not inspect.getdoc(thing)]
    silent += [
        f"{one.module}.{one.name}"
        for one in public()
        if one.kind in ("registry", "constant") and not said_of_constant(one.module, one.name)
    ]
    assert silent == []


def test_docstrings_explain_parameters_that_exist():
    wrong = {}
    for name, thing in described_things():
        if isinstance(thing, property):
            continue
        taken = {one.removeprefix("*") for one in inspect.signature(getattr(thing, "__func__", thing)).parameters}
        told = {
            one.strip(" *")
            for said in parse(thing).params
            if said.args[0] == "param"
            for one in said.arg_name.split(",")
        }
        if told - taken:
            wrong[name] = told - taken
    assert wrong == {}


def test_docstrings_give_the_defaults_of_the_signature():
    wrong = []
    for name, thing in described_things():
        if isinstance(thing, property):
            continue
        parameters = inspect.signature(getattr(thing, "__func__", thing)).parameters
        for names, default in re.findall(r"^([\w, ]+) : .*default (.+)$", inspect.getdoc(thing) or "", re.MULTILINE):
            some = [parameters[one] for one in names.split(", ") if one in parameters]
            said = re.split(r", | and ", default) if len(some) > 1 else [default]
            said = said if len(said) == len(some) else [default] * len(some)
            wrong += [
                (name, one.name) for one, text in zip(some, said, strict=True) if ast.literal_eval(text) != one.default
            ]
    assert wrong == []


@pytest.mark.parametrize(
    "registry",
    [
        "lab.adaptations",
        "lab.hints",
        "lab.recipes",
        "lab.selections",
        "texts.translators",
        "texts.aligners",
        "texts.span_scorers",
        "texts.text_transforms",
    ],
)
def test_every_parameter_of_what_grid_files_name_is_explained(registry):
    package, _, name = registry.partition(".")
    entries = getattr(importlib.import_module(f"isogloss.{package}"), name)
    silent = [
        (name, one.name)
        for name, kind in entries.items()
        for one in dataclasses.fields(kind)
        if not parameter_texts(kind).get(one.name, ("", ""))[1]
    ]
    assert silent == []


def test_formulas_and_placeholders_of_docstrings_are_no_markup():
    assert plain("a * b * c, <mask>, _x_, x_i and `a * <b>`") == r"a \* b \* c, &lt;mask>, \_x\_, x_i and `a * <b>`"


def test_examples_and_indented_lines_of_docstrings_become_code():
    assert prose("So:\n\n>>> 1 + 1\n2") == "So:\n\n```pycon\n>>> 1 + 1\n2\n```"
    assert prose("") == ""
    assert prose("So:\n\n    x = <y>") == "So:\n\n```text\nx = <y>\n```"


def test_a_cell_of_a_table_keeps_its_bars_and_loses_its_lines():
    assert table(("a",), [("x | `y | z`\nand more",)]).splitlines()[-1] == r"| x \| `y \| z` and more |"
