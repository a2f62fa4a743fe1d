"""Recipes whose student learns a task from the answers of a teacher, to texts that nobody has labelled.

The teacher is fine-tuned on the source first; then the student learns the shares that the teacher gives each label.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from isogloss.errors import BadValue
from isogloss.lab.recipe import Apply, Arrays, Corpus, Estimate, Fitted, Rows, Training
from isogloss.lab.recipe.fine_tune import FineTune
from isogloss.lab.recipe.neural.target_texts import TargetTextsRecipe
from isogloss.lab.recipe.neural.trained import LAST, TrainedRecipe
from isogloss.lab.recipe.wrapper import among, beside
from isogloss.models.inputs import Tokens, join
from isogloss.models.runtime import start_torch

if TYPE_CHECKING:
    from isogloss.lab.recipe.neural.network import Network

TEACHER = "teacher"


@dataclass(frozen=True)
class TaughtRecipe(TrainedRecipe):
    """A student that learns from what a teacher answers.

    Parameters
    ----------
    teacher : dict
        Parameters of the teacher, a fine-tuned model, where they are other than those of the student: `checkpoint`,
        `epochs`, `learning_rate`, `select` and so on.
    """

    answers: ClassVar[tuple[str, ...]] = ("label",)
    takes_shots: ClassVar[bool] = False
    continues: ClassVar[bool] = False

    teacher: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.select != LAST:
            raise BadValue(
                "there are no labels of the target to select a student by", where=f"{self.name}: select",
                hint='leave it out, or write teacher = { select = "best" }',
            )  # fmt: skip
        _ = self.taught_by

    @cached_property
    def taught_by(self) -> TrainedRecipe:
        """The recipe of the teacher."""
        return self.teacher_recipe.read(self.shared | self.teacher)

    @property
    def teacher_recipe(self) -> type[TrainedRecipe]:
        """What the teacher learns by."""
        return FineTune

    @property
    def shared(self) -> dict[str, Any]:
        """Parameters that student and teacher have both."""
        return {one.name: getattr(self, one.name) for one in fields(self.teacher_recipe) if hasattr(self, one.name)}

    @property
    def selects(self) -> bool:
        return self.taught_by.selects

    def changed(self, *left_out: str) -> list[str]:
        """What differs from the defaults; of the teacher's checkpoint, the name of its folder."""
        told = {name: Path(value).name if name == "checkpoint" else value for name, value in self.teacher.items()}
        named = [f"{name}={value}" for name, value in sorted(told.items()) if name != "called"]
        return [*super().changed(*left_out, TEACHER), *([f"{TEACHER}={'+'.join(named)}"] if named else [])]

    @property
    def identity(self) -> dict[str, Any]:
        """The identity of the teacher stands for its parameters."""
        known = super().identity
        parameters = {name: value for name, value in known["parameters"].items() if name != TEACHER}
        return known | {"parameters": parameters, TEACHER: self.taught_by.identity}

    @property
    def preparation(self) -> tuple[Any, ...]:
        """Where the teacher cuts texts in another way, so it does here."""
        return ("taught", *super().preparation, *self.taught_by.preparation)

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """Cut every text into tokens, those of the teacher too if they are others."""
        prepared = super().prepare(corpus, apply)
        if self._cuts_alike:
            return prepared
        return {**prepared, **beside(TEACHER, self.taught_by.prepare(corpus, apply))}

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        """Teach a teacher from the source, and a student from its answers.

        Raises
        ------
        BadValue
            If all examples of the source have the same label, or there is nothing for the student to read.
        """
        read, learnt = self.lesson(prepared, training)
        theirs = prepared if self._cuts_alike else among(TEACHER, prepared)
        teacher = self.taught_by.fit(theirs, training)
        shares = shares_of(self.taught_by, theirs, teacher, read)
        taught = replace(
            training, rows=learnt, labels=shares, dev_rows=learnt[:0], dev_labels=shares[:0],
            teacher=lambda: network_of(self.taught_by, theirs, teacher),
        )  # fmt: skip
        student = super().fit(prepared, taught)
        # of the teacher, what it was selected on; of the student, what it read
        return replace(student, notes={**teacher.notes, **self.notes_of(learnt)})

    @abstractmethod
    def lesson(self, prepared: Arrays, training: Training) -> tuple[Rows, Rows]:
        """The rows that the teacher reads, and those that the student learns the same answers to."""

    def notes_of(self, learnt: Rows) -> dict[str, Any]:
        """What is to be said of the rows that the student read."""
        return {}

    def estimate(self, corpus: Corpus, trainings: Sequence[Training]) -> Estimate:
        """What teacher and student take."""
        return _both(self.taught_by.estimate(corpus, trainings), super().estimate(corpus, trainings))

    @property
    def _cuts_alike(self) -> bool:
        """Whether student and teacher cut texts into the same tokens."""
        mine, theirs = ((one.revision, one.max_length) for one in (self, self.taught_by))
        return mine == theirs


@dataclass(frozen=True)
class TargetTaughtRecipe(TaughtRecipe, TargetTextsRecipe):
    """A student that learns from what a teacher answers to texts of one target."""

    def lesson(self, prepared: Arrays, training: Training) -> tuple[Rows, Rows]:
        """The rows of the target, for both."""
        rows = self.target_rows(prepared, training)
        return rows, rows

    def notes_of(self, learnt: Rows) -> dict[str, Any]:
        return {"texts_of_target": len(learnt)}

    def estimate(self, corpus: Corpus, trainings: Sequence[Training]) -> Estimate:
        """What teacher and student take, which reads the texts of the target."""
        texts = [np.arange(len(corpus.train[one.target or 0])) for one in trainings]
        first = self.taught_by.estimate(corpus, trainings)
        read = [replace(one, rows=rows) for one, rows in zip(trainings, texts, strict=True)]
        return _both(first, TrainedRecipe.estimate(self, corpus, read))


def _both(teacher: Estimate, student: Estimate) -> Estimate:
    """One after the other."""
    seconds = teacher.job_seconds + student.job_seconds
    return replace(student, job_seconds=seconds, worker_bytes=max(teacher.worker_bytes, student.worker_bytes))


def network_of(recipe: TrainedRecipe, prepared: Arrays, fitted: Fitted) -> Network:
    """The network that a recipe fitted, ready to answer."""
    network = recipe._network(prepared, fitted.settings["outputs"], fitted.settings["objective"])
    recipe._restore(network, fitted.arrays)
    return network.eval()


def shares_of(recipe: TrainedRecipe, prepared: Arrays, fitted: Fitted, rows: Rows) -> Rows:
    """What a model answers to training rows, unit by unit, as labels that another one can learn.

    Returns
    -------
    numpy.ndarray of float32 or float64
        The share of each label, (units, labels); of documents that are ranked, how likely each is right, (units,); of
        numbers, these, (units,).
    """
    from isogloss.lab.recipe.neural.network import every_score

    torch = start_torch()
    objective = fitted.settings["objective"]
    network = network_of(recipe, prepared, fitted)
    every = Tokens.of(prepared, "train")
    tokens = join([every.part(row, row + 1) for row in rows])
    scores = torch.from_numpy(every_score(network, tokens))
    if objective == "label":
        shares: Rows = scores.softmax(1).numpy()
        shares[: len(tokens.positions)][tokens.positions < 0] = 0  # words that were cut off teach nothing
        return shares
    if objective == "ranking":
        return np.asarray(scores[:, 0].sigmoid().numpy())
    return np.asarray(scores[:, 0].double().numpy() * fitted.settings["scale"] + fitted.settings["center"])
