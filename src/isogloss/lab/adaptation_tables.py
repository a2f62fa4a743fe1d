"""The sections of grid files that are about adaptations: `[texts]` and `[[adaptation]]`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import fields
from itertools import product
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge, MinLen
from pydantic import Field

from isogloss.config import Help, Table, known, numbered, section_of
from isogloss.errors import BadValue, UnknownName
from isogloss.lab.adaptation import Adaptation, adaptations
from isogloss.lab.adaptation.chain import Chain
from isogloss.lab.adaptation.texts_file import TextsFile


class TextsTable(Table):
    """The section `[texts]`."""

    file: Annotated[str, Help(example='"sentences.parquet"')]
    name: str | None = None
    column: str = "text"
    language: str = "language"
    languages: Annotated[list[str], MinLen(1)] | None = None
    where: dict[str, str] = Field(default_factory=dict)
    most: Annotated[int, Ge(2)] = 1000
    item: str | None = None

    def texts_file(self, folder: Path) -> TextsFile:
        """The file with what is to be read of it."""
        path = (folder / self.file).absolute()
        where = tuple(sorted(self.where.items()))
        languages = tuple(self.languages or ())
        return TextsFile(path, self.column, self.language, where, languages, self.most, self.item)


class AdaptationTable(Table, extra="allow"):
    """A section `[[adaptation]]`: a name and parameters, with levels of some; or steps, one after the other.

    `after`, and parameters that name other checkpoints, may name an adaptation further up by its label.
    """

    name: Annotated[str, known("adaptation", adaptations.names)] | None = None
    label: str = ""
    after: str = ""
    levels: dict[str, list[Any]] = Field(default_factory=dict)
    steps: list[dict[str, Any]] = Field(default_factory=list)
    calibration: list[str] = Field(default_factory=list)
    seeds: Annotated[list[Annotated[int, Ge(0)]], MinLen(1)] = Field(default_factory=lambda: [0])


def read_chains(tables: Sequence[AdaptationTable], languages: Collection[str], path: Path) -> tuple[Chain, ...]:
    """What all sections `[[adaptation]]` of a file ask for, each chain once.

    Parameters
    ----------
    tables : sequence of AdaptationTable
    languages : collection of str
        Of the texts; empty where there are none.
    path : pathlib.Path
        The file, for errors, and for what is named relative to it.

    Raises
    ------
    InputError
    """
    chains: dict[str, Chain] = {}
    experts: dict[str, Chain] = {}
    for place, table in enumerate(tables):
        made = [*_read_levels(table, languages, experts, path, numbered("adaptation", place, len(tables)))]
        chains |= {chain.label: chain for chain in made}
        experts |= {chain.recipe: chain.seeded(0) for chain in made}
    return tuple(chains.values())


def _read_levels(
    table: AdaptationTable, languages: Collection[str], experts: Mapping[str, Chain], path: Path, section: str
) -> Iterator[Chain]:
    """One chain for each level, or the one of the steps; experts are the chains further up, by their labels."""
    where = section_of(str(path), section)
    for code in table.calibration:
        if code not in languages:
            raise UnknownName("language of the texts", code, languages, where=where)
    if table.after and table.after not in experts:
        raise UnknownName("adaptation further up", table.after, [*experts], where=where)
    given = dict(table.model_extra or {})
    if table.steps or table.name is None:
        if not table.steps or table.name is not None or table.levels or given:
            raise BadValue(
                "must have a name, or steps and nothing beside", where=where, hint='write name = "layer-drop"'
            )
        every = [table.steps]
    else:
        every = [[{"name": table.name, **given, **levels}] for levels in products(table.levels)]
    if table.label and len(every) > 1:
        raise BadValue(f"the label '{table.label}' names {len(every)} levels", where=where, hint="leave out label")
    for steps in every:
        read = tuple(_read_step(step, path.parent, where) for step in steps)
        named = {name: experts[name] for step in read for name in step.named_partners if name in experts}
        chain = Chain(
            read, tuple(table.calibration), title=table.label, after=experts.get(table.after),
            experts=tuple(named.items()),
        )  # fmt: skip
        hungry = [one.name for one in chain.steps if one.needs_texts and not languages]
        if hungry:
            raise BadValue(
                f"{hungry[0]} needs texts", where=where, hint='add a section [texts] with file = "sentences.parquet"'
            )
        if not chain.is_random and table.seeds != [0]:
            raise BadValue(f"{chain.recipe} draws nothing at random", where=where, hint="leave out seeds")
        yield from (chain.seeded(seed) for seed in table.seeds)


def _read_step(step: Mapping[str, Any], folder: Path, where: str | None) -> Adaptation:
    kind = adaptations.get(str(step.get("name")))
    tuples = {one.name for one in fields(kind) if str(one.type).startswith("tuple")}
    values = {name: tuple(value) if name in tuples else value for name, value in step.items() if name != "name"}
    if "task" in values:
        values["task"] = _beside(folder, values["task"])
    for key in ("adapters", *kind.partners):
        if key in values:
            value = values[key]
            values[key] = tuple(_beside(folder, one) for one in value) if key in tuples else _beside(folder, value)
    return kind.read(values, where=where)


def _beside(folder: Path, name: Any) -> Any:
    """A file or folder beside the grid by its whole path; anything else as it is."""
    return str(folder / name) if isinstance(name, str) and (folder / name).exists() else name


def products(levels: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """Every combination of levels of parameters; without levels, one of none."""
    for values in product(*levels.values()):
        yield dict(zip(levels, values, strict=True))
