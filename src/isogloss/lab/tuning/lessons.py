"""What a model learns of prompts and answers: the answers, and what may be compared beside them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from isogloss.errors import BadValue
from isogloss.lab.tuning.pairs import Pairs, PosteriorWeights
from isogloss.models.decoder import PLAIN, Decoder, Direction

if TYPE_CHECKING:
    from isogloss.lab.tuning.instructions import Schedule
    from isogloss.lab.tuning.training import Sequences


class Example(NamedTuple):
    """A prompt, its answer, and what tokens say of their languages."""

    prompt: str
    answer: str
    direction: Direction = PLAIN


@dataclass(frozen=True)
class Material:
    """Examples in tokens.

    Attributes
    ----------
    sequences : Sequences
        Prompts with their answers.
    others : Sequences
        What is read beside each, if anything is.
    places : numpy.ndarray of int, shape (sequences,)
        Which of the examples they are: those that have room.
    """

    sequences: Sequences
    others: Sequences = field(default_factory=list)
    places: np.ndarray[Any, Any] = field(default_factory=lambda: np.empty(0, np.int64))


class Lesson(ABC):
    """What is learnt of examples."""

    def others(self, examples: Sequence[Example]) -> Sequence[Example]:
        """What is read beside each example; by default nothing."""
        return []

    def notes(self, material: Material) -> dict[str, Any]:
        """What observations say of it; by default nothing."""
        return {}

    @abstractmethod
    def train(self, decoder: Decoder, material: Material, schedule: Schedule, seed: int) -> None:
        """Change the weights of a model that want a gradient."""


@dataclass(frozen=True)
class Answers(Lesson):
    """The answers, and nothing beside."""

    def train(self, decoder: Decoder, material: Material, schedule: Schedule, seed: int) -> None:
        from isogloss.lab.tuning.instructions import train_answers

        train_answers(decoder, material.sequences, schedule, seed)


ANSWERS = Answers()


@dataclass(frozen=True)
class Preference(Lesson):
    """Answers that others are preferred to, one for each example.

    Attributes
    ----------
    rejected : list of str
    beta : float
        How far preferences may take the model away from where it began: smaller is further.
    weight : float
        Of the loss of preferences, beside that of answers.
    """

    rejected: list[str]
    beta: float
    weight: float

    def others(self, examples: Sequence[Example]) -> Sequence[Example]:
        return [one._replace(answer=other) for one, other in zip(examples, self.rejected, strict=True)]

    def train(self, decoder: Decoder, material: Material, schedule: Schedule, seed: int) -> None:
        from isogloss.lab.tuning.instructions import train_preferences

        train_preferences(decoder, material.sequences, material.others, schedule, seed, self.beta, self.weight)


@dataclass(frozen=True)
class Consistency(Lesson):
    """The same is to be expected of an answer after another prompt.

    Attributes
    ----------
    copied : sequence of Example
        Of each example the other prompt, with the same answer.
    weight : float
        Of the divergence, beside the loss of answers.
    """

    copied: Sequence[Example]
    weight: float

    def others(self, examples: Sequence[Example]) -> Sequence[Example]:
        return self.copied

    def train(self, decoder: Decoder, material: Material, schedule: Schedule, seed: int) -> None:
        from isogloss.lab.tuning.instructions import train_compared

        weights = np.full(len(material.sequences), self.weight)
        train_compared(decoder, material.sequences, material.others, weights, schedule, seed)


@dataclass(frozen=True)
class Distillation(Lesson):
    """What is expected of an answer after one question is to be expected after another.

    Attributes
    ----------
    originals : numpy.ndarray of int, shape (examples,)
        Of each example, the place of the one whose question is the teacher's; -1 for those without a teacher.
    weight : float
        Of the divergence KL(after the teacher's question || after its own), beside the loss of answers.
    teacher : {"current", "before"}
        Whether the model as it is at each step teaches, or as it was before the stage of training. No gradient goes
        through it, and it has no dropout.
    """

    originals: np.ndarray[Any, Any]
    weight: float
    teacher: Literal["current", "before"] = "current"

    def others(self, examples: Sequence[Example]) -> Sequence[Example]:
        """The teacher's question; of examples without a teacher, their own.

        Raises
        ------
        BadValue
            If two questions of an item have two answers.
        """
        read = [one if place < 0 else examples[place] for one, place in zip(examples, self.originals, strict=True)]
        for one, other in zip(examples, read, strict=True):
            if one.answer.strip() != other.answer.strip():
                raise BadValue(
                    f"an item is answered '{other.answer.strip()}' in one language and '{one.answer.strip()}' in "
                    "another", where="teacher_language",
                    hint="give both questions of an item one answer, such as the teacher's",
                )  # fmt: skip
        return read

    def notes(self, material: Material) -> dict[str, Any]:
        """How many examples had a teacher."""
        return {"with_teacher": int(self._taught(material).sum())}

    def train(self, decoder: Decoder, material: Material, schedule: Schedule, seed: int) -> None:
        from isogloss.lab.tuning.instructions import train_compared

        weights = self.weight * self._taught(material)
        teacher = decoder if self.teacher == "current" else replace(decoder, model=deepcopy(decoder.model))
        train_compared(decoder, material.sequences, material.others, weights, schedule, seed, teacher=teacher)

    def _taught(self, material: Material) -> np.ndarray[Any, Any]:
        """Whether each of the examples that have room has a teacher."""
        taught: np.ndarray[Any, Any] = self.originals[material.places] >= 0
        return taught


@dataclass(frozen=True)
class Posterior(Lesson):
    """Answers after states that are drawn at random, those of translations being brought together.

    Attributes
    ----------
    pairs : Pairs
        Among the examples.
    weights : PosteriorWeights
    """

    pairs: Pairs
    weights: PosteriorWeights

    def train(self, decoder: Decoder, material: Material, schedule: Schedule, seed: int) -> None:
        from isogloss.lab.tuning.posterior import PosteriorTraining

        place_of = {int(one): place for place, one in enumerate(material.places)}
        kept = [
            [place_of[int(one)] for one in pair] for pair in self.pairs if all(int(one) in place_of for one in pair)
        ]
        pairs = np.array(kept, np.int64).reshape(-1, 2)
        PosteriorTraining(decoder, material.sequences, pairs, self.weights).train(schedule, seed)


@dataclass(frozen=True)
class Moved(Lesson):
    """The answers after states of an encoder that are moved to those of one group of examples.

    Attributes
    ----------
    groups : tuple of str
        Of each example; empty for those that stay as they are.
    onto : str
        The group that others are moved to.
    """

    groups: tuple[str, ...]
    onto: str

    def train(self, decoder: Decoder, material: Material, schedule: Schedule, seed: int) -> None:
        from isogloss.lab.tuning.moved import train_moved

        train_moved(decoder, material.sequences, [self.groups[int(one)] for one in material.places], self.onto,
                    schedule, seed)  # fmt: skip
