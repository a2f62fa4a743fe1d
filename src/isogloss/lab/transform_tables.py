"""The section `[[transform]]` of grid files: every recipe as it is, and once more for each text transform."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from pydantic import Field

from isogloss.config import Help, Table, known
from isogloss.errors import BadValue
from isogloss.lab.adaptation_tables import products
from isogloss.lab.recipe import Recipe, recipes
from isogloss.texts.transforms import text_transforms

TRANSLATE, PROJECT = "translate", "project"
PLACES = {"target": "train", "source": "test"}
"""What a translation may go into beside a language, to the texts for which that is so."""
DEFAULTS = {(TRANSLATE, "train"): "target", (TRANSLATE, "test"): "source", (PROJECT, "test"): "source"}
"""What texts go into by default, by transform and by which texts they are."""


class TransformTable(Table, extra="allow"):
    """A section `[[transform]]`: a name and parameters of a text transform, with levels of some."""

    name: Annotated[str, known("text transform", text_transforms.names), Help(example='"code-switch"')]
    on: Annotated[str, known("part of a run", ("train", "test", "both"))] = "train"
    into: str = ""
    languages: list[str] = Field(default_factory=list)
    levels: dict[str, list[Any]] = Field(default_factory=dict)


def with_transforms(recipe: Recipe, tables: Sequence[tuple[str, TransformTable]]) -> Iterator[Recipe]:
    """A recipe, and the recipe with each transform.

    Parameters
    ----------
    recipe : Recipe
    tables : sequence of (str, TransformTable)
        Each with its section, for errors.

    Raises
    ------
    BadValue, UnknownName
        If a transform does not go with the recipe, or lacks something.
    """
    yield recipe
    for where, table in tables:
        for levels in products(table.levels):
            yield _transformed(recipe, table, {**(table.model_extra or {}), **levels}, where)


def _transformed(recipe: Recipe, table: TransformTable, given: dict[str, Any], where: str) -> Recipe:
    base = {"name": recipe.name, **recipe.parameters}
    into = table.into or DEFAULTS.get((table.name, table.on), "")
    if table.name == PROJECT and table.on == "test":
        if into != "source" or table.languages:
            raise BadValue("project of test texts is into the source, of all languages", where=where,
                           hint="leave out into and languages")  # fmt: skip
        return recipes.get("project-test").read({"base": base, **given}, where=where)
    if into in PLACES:
        if table.name != TRANSLATE or PLACES[into] != table.on:
            raise BadValue(
                f"{table.name} of {table.on} texts cannot go into the {into}", where=where,
                hint='name a language: into = "deu"',
            )  # fmt: skip
        if table.languages:
            raise BadValue(
                f"translations into the {into} are of all languages", where=where, hint="leave out languages"
            )
        return recipes.get(f"translate-{table.on}").read({"base": base, **given}, where=where)
    if table.name == TRANSLATE and not into:
        raise BadValue("translate has no language", where=where, hint='write into = "deu"')
    settings = {"on": table.on, "into": into, "languages": table.languages}
    transform = {"name": table.name, **given}
    return recipes.get("transform").read({"base": base, "transform": transform, **settings}, where=where)
