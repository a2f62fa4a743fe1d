"""Recipes around another one: it learns and answers, after they have changed its texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np

from isogloss.errors import BadValue, UnknownName
from isogloss.lab.recipe import Arrays, Recipe, recipes
from isogloss.lab.task import TaskKind

Matrix = np.ndarray[Any, Any]

NGRAMS = {"name": "ngram-logreg"}


@dataclass(frozen=True)
class WrapperRecipe(Recipe):
    """Another recipe, on other texts.

    Parameters
    ----------
    base : dict
        `name` and parameters of the recipe that learns and answers.
    """

    does: ClassVar[str]
    """What it does to texts, for errors."""

    base: dict[str, Any] = field(default_factory=lambda: dict(NGRAMS))

    @cached_property
    def inner(self) -> Recipe:
        """The base with its parameters."""
        name = self.base.get("name")
        if name not in recipes.names():
            raise UnknownName("recipe", str(name), recipes.names())
        kind: type[Recipe] = recipes.get(name)
        if issubclass(kind, WrapperRecipe):
            raise BadValue(f"{name} {kind.does} already", hint='set base = { name = "ngram-logreg" }')
        return kind.read({key: value for key, value in self.base.items() if key != "name"})

    @property
    def learner(self) -> Recipe:
        return self.inner

    @property
    def model(self) -> str:
        return self.inner.model

    @property
    def revision(self) -> str | None:
        return self.inner.revision

    @property
    def plain(self) -> Self:
        inner = self.inner.plain
        return self if inner is self.inner else replace(self, base={"name": inner.name, **inner.parameters})

    @property
    def details(self) -> dict[str, Any]:
        return self.inner.details

    @property
    def selects(self) -> bool:
        return self.inner.selects

    @property
    def computes_with(self) -> tuple[str, ...]:
        return self.inner.computes_with

    def check_kind(self, kind: TaskKind) -> None:
        super().check_kind(kind)
        self.inner.check_kind(kind)

    def facts(self) -> dict[str, Any]:
        return self.inner.facts()


def starts(texts: Sequence[Sequence[Any]]) -> Matrix:
    """Where the rows of each language begin, and where the last ones end."""
    return np.concatenate([[0], np.cumsum([len(one) for one in texts], dtype=np.int64)])


def languages_of(rows: Matrix, begins: Matrix) -> Matrix:
    """The language that each row is of, by its place in the corpus."""
    return np.asarray(np.searchsorted(begins, rows, side="right") - 1)


def beside(name: object, arrays: Arrays) -> dict[str, Matrix]:
    """Prepared arrays by names that tell them from those for other languages."""
    return {f"{name}.{inner}": array for inner, array in arrays.items()}


def among(name: object, arrays: Arrays) -> dict[str, Matrix]:
    """The arrays that are beside others, by their own names."""
    start = f"{name}."
    return {key.removeprefix(start): array for key, array in arrays.items() if key.startswith(start)}


def summary(parts: Sequence[Arrays], languages: int) -> dict[str, Matrix]:
    """What preparing took in all, and the largest share of unknown tokens by language, where the base says so."""
    found = {}
    if all("encoding" in part for part in parts):
        found["encoding"] = np.sum([part["encoding"] for part in parts], axis=0)
    if all("unknown" in part for part in parts):
        found["unknown"] = np.max([part["unknown"][:languages] for part in parts], axis=0)
    return found
