"""The grid: which tasks, models, recipes, sources, sizes and seeds to measure, as a TOML file says it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.lab.recipe import Recipe, recipes
from isogloss.lab.sections import Section
from isogloss.lab.task import TaskInfo
from isogloss.lab.task_file import read_info


@dataclass(frozen=True)
class Grid:
    """A transfer study: train on each source at each size with each seed, test on every target.

    Attributes
    ----------
    tasks : tuple of TaskInfo
    recipes : tuple of Recipe
        Each with its model.
    sources, targets : list of str or "all"
        Languages in any spelling; "all" that the task has.
    seeds : dict of int to tuple of int
        Number of training examples to the seeds that choose them.
    shots : tuple of int
        How many examples of the target are learnt from beside those of the source: 0 for none.
    leave_out_small : bool
        Whether sources that have fewer examples than a size asks for are left out at that size.
    keep_items : bool
        Whether each test item's outcome is stored, by which recipes are compared in pairs.
    path : str
        Where it was read from, for errors.
    """

    tasks: tuple[TaskInfo, ...]
    recipes: tuple[Recipe, ...]
    sources: list[str] | str
    targets: list[str] | str
    seeds: dict[int, tuple[int, ...]]
    shots: tuple[int, ...] = (0,)
    leave_out_small: bool = False
    keep_items: bool = True
    path: str = "grid"


def read_grid(path: str | Path, *, data: str | Path | None = None) -> Grid:
    """Read a grid file.

    Parameters
    ----------
    path : str or pathlib.Path
        TOML, with the sections `[task]`, `[recipe]` (each may stand several times, as `[[task]]`), `[[model]]`
        where recipes need one, and `[grid]`.
    data : str or pathlib.Path, optional
        Folder that the tasks' files are in, by default that of the grid file.

    Raises
    ------
    BadFile, BadValue, UnknownName
        One line: the section, the key, the reason, the hint.
    """
    path = Path(path)
    if not path.is_file():
        raise BadFile("no such grid file", where=str(path))
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadFile(f"is not TOML: {error}", where=str(path)) from None
    whole = Section("", table, str(path))
    whole.expect("task", "recipe", "grid", "model")
    grid = whole.section("grid", required=True)
    grid.expect("sources", "targets", "sizes", "seeds", "shots", "leave_out_small", "keep_items")
    folder = Path(data) if data is not None else path.parent
    infos = tuple(read_info(task, folder) for task in whole.sections("task"))
    chosen = _read_recipes(whole, infos, path.parent)
    sources, targets = _read_languages(grid, "sources"), _read_languages(grid, "targets")
    least = 0 if all(recipe.zero_shot for recipe in chosen) else 1
    seeds = _read_seeds(grid, grid.take("sizes", list), least)
    shots = grid.take("shots", list, [0])
    if not shots or not all(_is_whole(count) and count >= 0 for count in shots):
        raise BadValue(f"shots must be whole numbers from 0 up, not {shots!r}", where=grid.where)
    return Grid(
        infos, chosen, sources, targets, seeds, tuple(dict.fromkeys(shots)),
        _read_flag(grid, "leave_out_small", False), _read_flag(grid, "keep_items", True), str(path),
    )  # fmt: skip


def _read_recipes(whole: Section, infos: tuple[TaskInfo, ...], folder: Path) -> tuple[Recipe, ...]:
    """Every recipe, with every model if it needs one and does not name its own."""
    models = [section.rest() for section in whole.sections("model", required=False)]
    found: list[Recipe] = []
    for section in whole.sections("recipe"):
        name = section.take("name", str)
        if name not in recipes.names():
            raise UnknownName("recipe", name, recipes.names(), where=section.where)
        kind: type[Recipe] = recipes.get(name)
        given = section.rest()
        for model in models if models and _lacks_model(kind, given) else [{}]:
            recipe = kind.read(_settled(_with_model(kind, given, model), folder), where=section.where)
            for info in infos:
                try:
                    recipe.check_kind(info.kind)
                except BadValue as error:
                    raise BadValue(error.reason, where=section.where, hint=error.hint) from None
            found.append(recipe)
    if len({(recipe.label, str(recipe.identity)) for recipe in found}) < len(found):
        raise BadValue("the same recipe stands there twice", where=whole.where)
    return tuple(found)


def _lacks_model(kind: type[Recipe], given: dict[str, Any]) -> bool:
    """Whether a recipe, or the one that it is around, needs a model and does not name it."""
    if "checkpoint" in {field.name for field in fields(kind)}:
        return "checkpoint" not in given
    base = given.get("base")
    if not isinstance(base, dict) or base.get("name") not in recipes.names():
        return False
    return _lacks_model(recipes.get(base["name"]), base)


def _with_model(kind: type[Recipe], given: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a recipe with those of a model."""
    if not model or "checkpoint" in {field.name for field in fields(kind)}:
        return model | given
    return given | {"base": _with_model(recipes.get(given["base"]["name"]), given["base"], model)}


def _settled(parameters: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The parameters with checkpoints and files that lie beside the grid by their whole path."""
    settled = dict(parameters)
    for name, value in parameters.items():
        if isinstance(value, dict):
            settled[name] = _settled(value, folder)
        elif name in ("checkpoint", "file") and isinstance(value, str) and value and (folder / value).exists():
            settled[name] = str(folder / value)
    return settled


def _read_languages(section: Section, key: str) -> list[str] | str:
    value: Any = section.take(key, object, "all")
    if value == "all" or (isinstance(value, list) and value and all(isinstance(code, str) for code in value)):
        return value  # type: ignore[no-any-return]  # what a grid file holds has no type until it is checked
    raise BadValue(f'{key} must be a list of languages or "all", not {value!r}', where=section.where)


def _read_flag(section: Section, key: str, default: bool) -> bool:
    value: Any = section.flag(key, default)
    if not isinstance(value, bool):
        raise BadValue(f"{key} must be true or false, not {value!r}", where=section.where)
    return value


def _read_seeds(section: Section, sizes: list[Any], least: int) -> dict[int, tuple[int, ...]]:
    if not sizes or not all(_is_whole(size) and size >= least for size in sizes) or len(set(sizes)) < len(sizes):
        raise BadValue(f"sizes must be different whole numbers from {least} up, not {sizes!r}", where=section.where)
    given: Any = section.take("seeds", object, [0])
    per_size = given if isinstance(given, dict) else {str(size): given for size in sizes}
    for size in per_size:
        if size not in map(str, sizes):
            raise BadValue(f"seeds are given for {size}, which is not among the sizes {sizes}", where=section.where)
    read = {}
    for size in sizes:
        seeds = per_size.get(str(size), [0])
        if not isinstance(seeds, list) or not seeds or not all(_is_whole(seed) and seed >= 0 for seed in seeds):
            raise BadValue(
                f"seeds for {size} must be a list of whole numbers, not {seeds!r}",
                where=section.where,
                hint="write seeds = [0, 1], or per size seeds = { 70 = [0, 1], 700 = [0] }",
            )
        read[size] = tuple(dict.fromkeys(seeds))
    return read


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
