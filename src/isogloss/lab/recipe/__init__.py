"""What every recipe does: prepare all texts once, learn from chosen ones, answer for the others.

The recipes that come with isogloss have a folder here each.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from isogloss.errors import BadValue, UnknownName
from isogloss.registry import Registry

if TYPE_CHECKING:
    import numpy as np

recipes = Registry("recipe", {"ngram-logreg": "isogloss.lab.recipe.ngram_logreg:NgramLogreg"}, "isogloss.recipes")
"""Recipes by name; other packages announce theirs in the entry-point group `isogloss.recipes`."""

Arrays = Mapping[str, "np.ndarray[Any, Any]"]
"""Prepared texts: named arrays and nothing else, so that worker processes can map them from disk."""


class Apply(Protocol):
    """Applies a function to each of many values, perhaps in several processes; results in their order."""

    def __call__(self, function: Callable[[Any], Any], values: Iterable[Any]) -> Iterator[Any]: ...


@dataclass(frozen=True)
class Corpus:
    """The texts of a task, language by language.

    Attributes
    ----------
    train : list of list of str
        Per language, what may be trained on; empty for a language that is only a target.
    test : list of list of str
        Per language, in the same order, what is answered; empty for a language that is only a source.

    Notes
    -----
    Recipes count rows through: the training rows of the first language, then those of the second, and
    so on; test rows likewise.
    """

    train: list[list[str]]
    test: list[list[str]]


@dataclass(frozen=True)
class Recipe(ABC):
    """A way of adapting a model to a task; its fields are its parameters.

    A recipe is a frozen dataclass of plain values, checked in `__post_init__`.

    Attributes
    ----------
    name : str
        Name in the registry and in observations.
    model : str
        The model that is adapted, as observations name it.
    kind : str
        The kind of task it is for.
    version : int
        Raised whenever the same texts would get other answers, so that measured jobs are run again.
    """

    name: ClassVar[str]
    model: ClassVar[str]
    kind: ClassVar[str] = "text-classification"
    version: ClassVar[int] = 1

    @classmethod
    def read(cls, parameters: Mapping[str, Any], *, where: str | None = None) -> Recipe:
        """The recipe with the given parameters, the others at their defaults.

        Raises
        ------
        UnknownName, BadValue
            If there is no such parameter, or it does not admit the value.
        """
        known = [field.name for field in fields(cls)]
        for name in parameters:
            if name not in known:
                raise UnknownName(f"parameter of {cls.name}", name, known, where=where)
        try:
            return cls(**parameters)
        except BadValue as error:
            raise BadValue(error.reason, where=where, mend=error.mend) from None

    @property
    def label(self) -> str:
        """The name, with the parameters that differ from their defaults: `ngram-logreg(C=1)`.

        Observations carry it, so that two settings of a recipe are never taken for one.
        """
        changed = [f"{name}={value}" for name, value in self.parameters.items() if value != getattr(type(self)(), name)]
        return f"{self.name}({','.join(changed)})" if changed else self.name

    @property
    def parameters(self) -> dict[str, Any]:
        """Every parameter with its value."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @abstractmethod
    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """What all jobs share, computed once from every text."""

    @abstractmethod
    def fit(self, prepared: Arrays, rows: np.ndarray[Any, Any], labels: np.ndarray[Any, Any], *, seed: int) -> Any:
        """What is learnt from the training rows `rows` with their `labels` (positions in the task's labels)."""

    @abstractmethod
    def predict(self, prepared: Arrays, fitted: Any) -> np.ndarray[Any, Any]:
        """The answer to every test row, as a position in the task's labels."""
