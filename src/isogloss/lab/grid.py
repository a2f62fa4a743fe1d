"""The grid: which tasks, models, recipes, sources, sizes and seeds to measure, as a TOML file says it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, MinLen
from pydantic import Field

from isogloss.config import Help, OneOrMore, Table, known, numbered, read_toml, section_of, validate
from isogloss.errors import BadFile, BadValue
from isogloss.lab.adaptation.chain import AdaptedCheckpoint
from isogloss.lab.adaptation_tables import AdaptationTable, TextsTable, read_chains
from isogloss.lab.recipe import Recipe, recipes
from isogloss.lab.source import WrittenSource
from isogloss.lab.task import TaskInfo
from isogloss.lab.task_file import read_info
from isogloss.lab.transform_tables import TransformTable, with_transforms


@dataclass(frozen=True)
class Grid:
    """A transfer study: train on each source at each size with each seed, test on every target.

    Attributes
    ----------
    tasks : tuple of TaskInfo
    recipes : tuple of Recipe
        Each with its model.
    sources : list of str or dict, or "all"
        Languages in any spelling; "all" that the task has. A mix of languages is `"eng+swa"` (evenly) or a dict of
        language to share, or to number of examples, see `isogloss.lab.source.Source`.
    targets : list of str or "all"
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
    mix_seeds : dict of int to tuple of int
        The same as `seeds`, of mixes that give their numbers of examples.
    """

    tasks: tuple[TaskInfo, ...]
    recipes: tuple[Recipe, ...]
    sources: Sequence[WrittenSource] | str
    targets: list[str] | str
    seeds: dict[int, tuple[int, ...]]
    shots: tuple[int, ...] = (0,)
    leave_out_small: bool = False
    keep_items: bool = True
    path: str = "grid"
    mix_seeds: dict[int, tuple[int, ...]] = field(default_factory=dict)


Whole = Annotated[int, Ge(0)]
Seeds = Annotated[list[Whole], MinLen(1)]
Languages = Annotated[
    Annotated[list[str], MinLen(1)] | Literal["all"], Help('a list of languages or "all"', hint='write ["eng", "swh"]')
]
Sources = Annotated[
    Annotated[list[str | dict[str, int | float]], MinLen(1)] | Literal["all"],
    Help('a list of languages or "all"', hint='write ["eng", "eng+swh", { eng = 100, swh = 50 }]'),
]


class RecipeTable(Table, extra="allow"):
    """A section `[[recipe]]`: a name, and parameters of that recipe."""

    name: Annotated[str, known("recipe", recipes.names), Help(example='"..."')]


class GridTable(Table):
    """The section `[grid]`; see `Grid`."""

    sources: Sources = "all"
    targets: Languages = "all"
    sizes: Annotated[list[Whole], MinLen(1), Help("different whole numbers from 1 up")] = Field(default_factory=list)
    seeds: Annotated[
        Seeds | dict[str, Seeds],
        Help(
            "a list of whole numbers, or one for each size",
            hint="write seeds = [0, 1], or per size seeds = { 70 = [0, 1], 700 = [0] }",
        ),
    ] = Field(default_factory=lambda: [0])
    shots: Annotated[list[Whole], MinLen(1), Help("whole numbers from 0 up", hint="write shots = [0, 10]")] = Field(
        default_factory=lambda: [0]
    )
    leave_out_small: bool = False
    keep_items: bool = True

    @property
    def numbers(self) -> list[int]:
        """Numbers of examples of the mixes that give them, instead of taking the sizes."""
        return list(dict.fromkeys(number for number in map(_number, self.sources) if number is not None))

    def check(self, least: int, where: str | None) -> None:
        """Check mixes, sizes and seeds.

        Raises
        ------
        BadValue
            If a mix has neither numbers nor shares, if sizes are missing, below `least` or there twice, or if seeds are
            given for another one.
        """
        for source in self.sources:
            if isinstance(source, dict):
                _check_mix(source, where)
        if not self.sizes and None in map(_number, self.sources):
            raise BadValue("no sizes", where=where, hint="add sizes = [70, 700]")
        if min(self.sizes, default=least) < least or len(set(self.sizes)) < len(self.sizes):
            raise BadValue(f"sizes must be different whole numbers from {least} up, not {self.sizes!r}", where=where)
        for size in self.seeds if isinstance(self.seeds, dict) else ():
            if size not in map(str, [*self.sizes, *self.numbers]):
                raise BadValue(f"seeds are given for {size}, which is not among the sizes {self.sizes}", where=where)

    def seeds_of(self, sizes: list[int]) -> dict[int, tuple[int, ...]]:
        """Each size with the seeds for it."""
        of_all = self.seeds if isinstance(self.seeds, list) else None
        by_size = self.seeds if isinstance(self.seeds, dict) else {}
        return {size: tuple(dict.fromkeys(of_all or by_size.get(str(size), [0]))) for size in sizes}


def _check_mix(mix: dict[str, int | float], where: str | None) -> None:
    numbers = list(mix.values())
    counted = all(isinstance(number, int) and number >= 1 for number in numbers)
    shared = all(isinstance(number, float) and number > 0 for number in numbers) and abs(sum(numbers) - 1) < 1e-6
    if not numbers or not (counted or shared):
        written = ", ".join(f"{name} = {number}" for name, number in mix.items())
        raise BadValue(
            f"the source {{ {written} }} gives neither numbers of examples nor shares that add up to 1", where=where,
            hint="write { eng = 100, swh = 50 }, or { eng = 0.9, swh = 0.1 }",
        )  # fmt: skip


def _number(source: str | dict[str, int | float]) -> int | None:
    """How many examples a source says that it has; None where it does not."""
    total = sum(source.values()) if isinstance(source, dict) else None
    return total if isinstance(total, int) else None


class GridFile(Table):
    """A grid file."""

    task: OneOrMore[dict[str, Any]]
    recipe: OneOrMore[RecipeTable]
    model: OneOrMore[dict[str, Any]] = Field(default_factory=list)
    texts: TextsTable | None = None
    adaptation: OneOrMore[AdaptationTable] = Field(default_factory=list)
    transform: OneOrMore[TransformTable] = Field(default_factory=list)
    grid: GridTable


def read_grid(path: str | Path, *, data: str | Path | None = None) -> Grid:
    """Read a grid file.

    Parameters
    ----------
    path : str or pathlib.Path
        TOML, with the sections `[task]`, `[recipe]` (each may stand several times, as `[[task]]`), `[[model]]`
        where recipes need one, `[[adaptation]]` where models are to be run after adaptations too, `[texts]` that these
        learn from, `[[transform]]` where recipes are to be run on transformed texts too, and `[grid]`.
    data : str or pathlib.Path, optional
        Folder that the files of tasks and texts are in, by default that of the grid file.

    Raises
    ------
    BadFile, BadValue, UnknownName
        One line: the section, the key, the reason, the hint.
    """
    path = Path(path)
    if not path.is_file():
        raise BadFile("no such grid file", where=str(path))
    file = validate(GridFile, read_toml(path), str(path))
    folder = Path(data) if data is not None else path.parent
    infos = tuple(
        read_info(task, folder, str(path), numbered("task", place, len(file.task)))
        for place, task in enumerate(file.task)
    )
    chosen = _read_recipes(file, _read_models(file, folder, path), infos, path)
    least = 0 if all(recipe.zero_shot and recipe.learner.zero_shot for recipe in chosen) else 1
    table = file.grid
    table.check(least, section_of(str(path), "grid"))
    return Grid(
        infos, chosen, table.sources, table.targets, table.seeds_of(table.sizes), tuple(dict.fromkeys(table.shots)),
        table.leave_out_small, table.keep_items, str(path), table.seeds_of(table.numbers),
    )  # fmt: skip


def _read_models(file: GridFile, folder: Path, path: Path) -> list[dict[str, Any]]:
    """The parameters that each model gives to recipes: as it is, and after each adaptation."""
    plain = [_settled(model, path.parent) for model in file.model]
    if not file.adaptation:
        return plain
    if not all(isinstance(model.get("checkpoint"), str) for model in plain or [{}]):
        raise BadValue(
            "adaptations need a checkpoint", where=str(path), hint='add [[model]] with checkpoint = "folder of a model"'
        )
    texts = file.texts.texts_file(folder) if file.texts else None
    languages = texts.read(section_of(str(path), "texts")) if texts else {}
    chains = read_chains(file.adaptation, languages, path)
    return [
        one
        for model in plain
        for one in (model, *(model | {"checkpoint": AdaptedCheckpoint(model["checkpoint"], chain, texts)}
                             for chain in chains))
    ]  # fmt: skip


def _read_recipes(
    file: GridFile, models: list[dict[str, Any]], infos: tuple[TaskInfo, ...], path: Path
) -> tuple[Recipe, ...]:
    """Every recipe, with every model if it needs one and does not name its own."""
    made: list[Recipe] = []
    transforms = [
        (f"{path} [{numbered('transform', place, len(file.transform))}]", _settled_table(table, path.parent))
        for place, table in enumerate(file.transform)
    ]
    for place, table in enumerate(file.recipe):
        where = section_of(str(path), numbered("recipe", place, len(file.recipe)))
        kind, given = recipes.get(table.name), table.model_extra or {}
        for model in models if models and _lacks_model(kind, given) else [{}]:
            recipe = kind.read(_settled(_with_model(kind, given, model), path.parent), where=where)
            for one in with_transforms(recipe, transforms):
                for info in infos:
                    try:
                        one.check_kind(info.kind)
                    except BadValue as error:
                        raise error.at(where) from None
                made.append(one)
    if len({(recipe.label, str(recipe.identity)) for recipe in made}) < len(made):
        raise BadValue("the same recipe stands there twice", where=str(path))
    return tuple(made)


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


_PATHS = ("checkpoint", "encoder", "file", "trained", "dictionary", "words", "characters", "texts", "tasks")
"""Parameters that may name what lies beside the grid."""


def _settled(parameters: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The parameters with checkpoints and files that lie beside the grid by their whole path."""
    settled = dict(parameters)
    for name, value in parameters.items():
        if isinstance(value, dict):
            settled[name] = _settled(value, folder)
        elif name in _PATHS and isinstance(value, str) and value and _is_there(folder / value):
            settled[name] = str(folder / value)
    return settled


def _is_there(path: Path) -> bool:
    """Whether a file is there, or one of several that a pattern of languages names."""
    return path.exists() or any(path.parent.glob(path.name.replace("{language}", "*")))


def _settled_table(table: TransformTable, folder: Path) -> TransformTable:
    return table.model_copy(update=_settled(table.model_extra or {}, folder))
