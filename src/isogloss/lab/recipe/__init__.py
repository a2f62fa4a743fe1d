"""What every recipe does: prepare all texts once, learn from chosen ones, answer for the others.

The recipes that come with isogloss have a folder here each.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from isogloss.errors import BadValue, UnknownName
from isogloss.registry import Registry

if TYPE_CHECKING:
    import numpy as np

    from isogloss.lab.outcome import Training
    from isogloss.lab.task import Input

recipes = Registry(
    "recipe",
    {
        "ngram-logreg": "isogloss.lab.recipe.ngram_logreg:NgramLogreg",
        "linear-probe": "isogloss.lab.recipe.linear_probe:LinearProbe",
        "fine-tune": "isogloss.lab.recipe.fine_tune:FineTune",
        "lora": "isogloss.lab.recipe.lora:Lora",
        "bitfit": "isogloss.lab.recipe.bitfit:BitFit",
        "checkpoint-average": "isogloss.lab.recipe.checkpoint_average:CheckpointAverage",
        "mixture": "isogloss.lab.recipe.mixture:MixtureRecipe",
    },
    "isogloss.recipes",
)
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
    train : list of list of Input
        Per language, what may be trained on or chosen on; empty for a language that is only a target.
    test : list of list of Input
        Per language, in the same order, what is answered; empty for a language that is only a source.
    languages : list of str
        The file's own codes, for what is said to users.
    kind : str
        Of the task.

    Notes
    -----
    Recipes count rows through: the training rows of the first language, then those of the second, and
    so on; test rows likewise.
    """

    train: list[list[Input]]
    test: list[list[Input]]
    languages: list[str] = field(default_factory=list)
    kind: str = "text-classification"


@dataclass(frozen=True)
class Fitted:
    """What was learnt, in a form that can be saved without running anybody's code when it is read.

    Attributes
    ----------
    arrays : dict of str to numpy.ndarray
    settings : dict
        Plain values.
    notes : dict
        What the observation is to say of the training: what was selected, on what; not needed to predict.
    """

    arrays: dict[str, np.ndarray[Any, Any]]
    settings: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)


Answers = Mapping[str, "np.ndarray[Any, Any]"]
"""The answer to every test unit, by variant of the recipe: `{"": ...}`, or `{"layer=0": ..., "layer=1": ...}`."""


@dataclass(frozen=True)
class Estimate:
    """What jobs would take on this machine.

    Attributes
    ----------
    shared_seconds : float
        Of work that all jobs share, by one worker.
    job_seconds : float
        Of a job, on average.
    shared_bytes, worker_bytes : float
        Memory that all workers share, and that each has for itself.
    disk_bytes : float
        Of features that are kept.
    basis : str
        What it rests on.
    """

    shared_seconds: float
    job_seconds: float
    shared_bytes: float
    worker_bytes: float
    disk_bytes: float
    basis: str


@dataclass(frozen=True)
class Recipe(ABC):
    """A way of adapting a model to a task; its fields are its parameters.

    A recipe is a frozen dataclass of plain values, checked in `__post_init__`.

    Attributes
    ----------
    name : str
        Name in the registry and in observations.
    kinds : tuple of str
        The kinds of task it is for.
    version : int
        Raised whenever the same texts would get other answers, so that measured jobs are run again.
    continues : bool
        Whether it can go on learning from further examples where it stopped.
    packages : tuple of str
        What it computes with; observations give their versions.
    unlabelled : tuple of str
        Parameters that neither label nor identity tell, because something else does.
    """

    name: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]] = ("text-classification",)
    version: ClassVar[int] = 1
    continues: ClassVar[bool] = False
    packages: ClassVar[tuple[str, ...]] = ("numpy", "scipy", "scikit-learn")
    unlabelled: ClassVar[tuple[str, ...]] = ()

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
    @abstractmethod
    def model(self) -> str:
        """The model that is adapted, as observations name it."""

    @property
    def revision(self) -> str | None:
        """Which state of the model, if there are several."""
        return None

    @property
    def label(self) -> str:
        """The name, with the parameters that differ from their defaults: `ngram-logreg(C=1)`.

        Observations carry it, so that two settings of a recipe are never taken for one.
        """
        return self.variant("")

    def variant(self, chosen: str) -> str:
        """The label of one of several answers of the recipe."""
        factories = {one.name: one.default_factory for one in fields(self)}
        defaults = {
            one.name: factory() if callable(factory := factories[one.name]) else one.default for one in fields(self)
        }
        left_out = {*self.unlabelled, *(chosen.split("=")[:1])}
        changed = [
            f"{name}={_plain(value)}"
            for name, value in self.parameters.items()
            if name not in left_out and value != defaults[name]
        ]
        changed += [chosen] if chosen else []
        return f"{self.name}({','.join(changed)})" if changed else self.name

    @property
    def parameters(self) -> dict[str, Any]:
        """Every parameter with its value."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def identity(self) -> dict[str, Any]:
        """What, beside texts and seed, decides the answers, as plain values; jobs are named by it."""
        return {"recipe": self.name, "version": self.version, "parameters": self.parameters}

    @property
    def preparation(self) -> tuple[Any, ...]:
        """Recipes alike in this prepare texts alike, so that it is done once."""
        return (self.name, *self.parameters.items())

    @property
    def selects(self) -> bool:
        """Whether it chooses among models, and so wants validation data of the source."""
        return False

    @property
    def sequential(self) -> bool:
        """Whether examples of the target are learnt from after those of the source, not together with them."""
        return False

    def facts(self) -> dict[str, Any]:
        """What is known of the model, with columns of `isogloss.evidence.schema.MODEL`; nothing by default."""
        return {}

    @abstractmethod
    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """What all jobs share, computed once from every text."""

    @abstractmethod
    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        """What is learnt from the training rows."""

    @abstractmethod
    def predict(self, prepared: Arrays, fitted: Fitted) -> Answers:
        """The answer to every test unit, as a position in the task's labels or the number of a choice."""

    @abstractmethod
    def estimate(self, corpus: Corpus, trainings: Sequence[Training]) -> Estimate:
        """What some jobs would take, after a small part of the work was tried."""

    def save(self, fitted: Fitted, folder: str | Path) -> None:
        """Write what was learnt, and the recipe, to a folder; see `isogloss.lab.saving`."""
        from isogloss.lab.saving import save

        save(self, fitted, Path(folder))


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "+".join(f"{name}={_plain(inner)}" for name, inner in sorted(value.items()))
    return "+".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
