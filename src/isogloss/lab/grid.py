"""The grid: which sources, sizes and seeds to measure a recipe with, as a TOML file says it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.lab.recipe import Recipe, recipes
from isogloss.lab.sections import Section
from isogloss.lab.task import TaskInfo, read_info


@dataclass(frozen=True)
class Grid:
    """A transfer study: train on each source at each size with each seed, test on every target.

    Attributes
    ----------
    task : TaskInfo
    recipe : Recipe
    sources, targets : list of str or "all"
        Languages in any spelling; "all" that the task has.
    seeds : dict of int to tuple of int
        Number of training examples to the seeds that choose them.
    path : str
        Where it was read from, for errors.
    """

    task: TaskInfo
    recipe: Recipe
    sources: list[str] | str
    targets: list[str] | str
    seeds: dict[int, tuple[int, ...]]
    path: str = "grid"


def read_grid(path: str | Path, *, data: str | Path | None = None) -> Grid:
    """Read a grid file.

    Parameters
    ----------
    path : str or pathlib.Path
        TOML, with the sections `[task]`, `[recipe]` and `[grid]`.
    data : str or pathlib.Path, optional
        Folder that the task's file is in, by default that of the grid file.

    Raises
    ------
    BadFile, BadValue, UnknownName
        One line: the section, the key, the reason, the mend.
    """
    path = Path(path)
    if not path.is_file():
        raise BadFile("no such grid file", where=str(path))
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadFile(f"is not TOML: {error}", where=str(path)) from None
    whole = Section("", table, str(path))
    whole.expect("task", "recipe", "grid")
    task, recipe, grid = (whole.section(name, required=True) for name in ("task", "recipe", "grid"))
    info = read_info(task, Path(data) if data is not None else path.parent)
    chosen = _read_recipe(recipe, info)
    grid.expect("sources", "targets", "sizes", "seeds")
    sources, targets = _read_languages(grid, "sources"), _read_languages(grid, "targets")
    sizes = grid.take("sizes", list)
    seeds = _read_seeds(grid, sizes)
    return Grid(info, chosen, sources, targets, seeds, str(path))


def _read_recipe(section: Section, info: TaskInfo) -> Recipe:
    name = section.take("name", str)
    if name not in recipes.names():
        raise UnknownName("recipe", name, recipes.names(), where=section.where)
    kind: type[Recipe] = recipes.get(name)
    if kind.kind != info.kind:
        raise BadValue(f"recipe '{name}' is for {kind.kind}, not for {info.kind}", where=section.where)
    return kind.read(section.rest(), where=section.where)


def _read_languages(section: Section, key: str) -> list[str] | str:
    value: Any = section.take(key, object, "all")
    if value == "all" or (isinstance(value, list) and value and all(isinstance(code, str) for code in value)):
        return value  # type: ignore[no-any-return]
    raise BadValue(f'{key} must be a list of languages or "all", not {value!r}', where=section.where)


def _read_seeds(section: Section, sizes: list[Any]) -> dict[int, tuple[int, ...]]:
    if not sizes or not all(_is_whole(size) and size > 0 for size in sizes) or len(set(sizes)) < len(sizes):
        raise BadValue(f"sizes must be different whole numbers above 0, not {sizes!r}", where=section.where)
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
                mend="write seeds = [0, 1], or per size seeds = { 70 = [0, 1], 700 = [0] }",
            )
        read[size] = tuple(dict.fromkeys(seeds))
    return read


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
