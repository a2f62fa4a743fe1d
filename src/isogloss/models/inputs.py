"""What a model is asked about, and how each type of input becomes text: for tokenisers, n-grams, prompts, translators.

A type of your own is a subclass of `InputType`; its inputs may be any values that JSON can hold.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, ClassVar, Generic, Literal, NamedTuple, TypeVar

import numpy as np

from isogloss.errors import BadValue
from isogloss.models.tokenizers import Ids, Tokenizer

T = TypeVar("T")
Integers = np.ndarray[Any, Any]

SLOT = "<mask>"
"""Stands in the premise of a `Cloze` where the answer belongs."""


class Choice(NamedTuple):
    """A beginning and the ways it may go on, of which one is right."""

    premise: str
    choices: tuple[str, ...]


class Cloze(Choice):
    """A sentence with a slot, and what may stand in it; how many choices there are differs by item."""

    def filled(self) -> tuple[str, ...]:
        """The sentence with each choice in its slot."""
        return tuple(self.premise.replace(SLOT, choice) for choice in self.choices)


class Question(NamedTuple):
    """A question, and a context in which its answer stands."""

    question: str
    context: str


@dataclass
class Sequences:
    """Token ids of some inputs.

    Attributes
    ----------
    ids : list of list of int
        Sequence by sequence.
    counts : list of int
        How many sequences each input has.
    positions : list of list of int
        Where each input's words are read off, see `Tokenizer.encode_words`; empty but for words.
    spans : list of numpy.ndarray
        Characters of each sequence's tokens, see `Tokenizer.encode_windows`; empty but for contexts.
    """

    ids: Ids
    counts: list[int]
    positions: Ids = field(default_factory=list)
    spans: list[Integers] = field(default_factory=list)


class InputType(ABC, Generic[T]):
    """How inputs of one type become text.

    Attributes
    ----------
    unit : {"row", "word", "span"}
        What gets an answer: an input, each of its words, or the beginning and the end of a stretch of its context.
    translatable : bool
        Whether its texts can be translated one by one.
    """

    unit: ClassVar[Literal["row", "word", "span"]] = "row"
    translatable: ClassVar[bool] = True

    @abstractmethod
    def texts(self, one: T) -> tuple[str, ...]:
        """Every text of an input; its choices, if it has any, come last."""

    @abstractmethod
    def with_texts(self, one: T, texts: Sequence[str]) -> T:
        """The input with other texts in place of its own, in the order of `texts`."""

    def plain(self, one: T) -> str:
        """All texts of an input as one, line by line."""
        return "\n".join(self.texts(one))

    def choices(self, one: T) -> tuple[str, ...]:
        """What is chosen among; empty where answers are labels or texts."""
        return ()

    def sequences(self, one: T) -> list[tuple[str, ...]]:
        """What a tokeniser reads, one text or two at a time; several where one of them is chosen."""
        return [self.texts(one)]

    def units(self, one: T) -> int:
        """How many answers an input gets."""
        return 2 if self.unit == "span" else 1

    def tokenize(self, tokenizer: Tokenizer, inputs: Sequence[T]) -> Sequences:
        """Inputs as token ids.

        Parameters
        ----------
        tokenizer : Tokenizer
        inputs : sequence
            At least one.
        """
        several = [self.sequences(one) for one in inputs]
        parts = list(zip(*chain.from_iterable(several), strict=True))
        return Sequences(tokenizer.encode(*parts), [len(one) for one in several])


class TextType(InputType[str]):
    """A text."""

    def texts(self, one: str) -> tuple[str, ...]:
        """The text."""
        return (one,)

    def with_texts(self, one: str, texts: Sequence[str]) -> str:
        """The other text."""
        return texts[0]


class WordsType(InputType[tuple[str, ...]]):
    """The words of a sentence, each of which gets an answer."""

    unit: ClassVar[Literal["row", "word", "span"]] = "word"
    translatable: ClassVar[bool] = False

    def texts(self, one: tuple[str, ...]) -> tuple[str, ...]:
        """The words."""
        return tuple(one)

    def with_texts(self, one: tuple[str, ...], texts: Sequence[str]) -> tuple[str, ...]:
        """Raise BadValue: a translation has other words."""
        raise BadValue("words of a sentence cannot be translated one by one")

    def units(self, one: tuple[str, ...]) -> int:
        """One answer per word."""
        return len(one)

    def tokenize(self, tokenizer: Tokenizer, inputs: Sequence[tuple[str, ...]]) -> Sequences:
        """One sequence per sentence, and where its words stand."""
        ids, positions = tokenizer.encode_words([[str(word) for word in one] for one in inputs])
        return Sequences(ids, [1] * len(ids), positions)


class ChoiceType(InputType[Choice]):
    """A premise and its choices; a sequence is the premise with one of them."""

    def texts(self, one: Choice) -> tuple[str, ...]:
        """Premise and choices."""
        return (one.premise, *one.choices)

    def with_texts(self, one: Choice, texts: Sequence[str]) -> Choice:
        """The premise and the choices in other words."""
        return type(one)(texts[0], tuple(texts[1:]))

    def choices(self, one: Choice) -> tuple[str, ...]:
        """The choices."""
        return one.choices

    def sequences(self, one: Choice) -> list[tuple[str, ...]]:
        """Premise and choice as a pair, choice by choice."""
        return [(one.premise, choice) for choice in one.choices]


class ClozeType(ChoiceType):
    """A sentence with a slot; a sequence is the sentence with a choice in it."""

    translatable: ClassVar[bool] = False

    def sequences(self, one: Choice) -> list[tuple[str, ...]]:
        """The sentence with each choice in its slot."""
        return [(sentence,) for sentence in Cloze(*one).filled()]


class QuestionType(InputType[Question]):
    """A question about a context, which is read in windows."""

    unit: ClassVar[Literal["row", "word", "span"]] = "span"
    translatable: ClassVar[bool] = False

    def texts(self, one: Question) -> tuple[str, ...]:
        """Context and question."""
        return (one.context, one.question)

    def with_texts(self, one: Question, texts: Sequence[str]) -> Question:
        """The question about another context."""
        return Question(texts[1], texts[0])

    def tokenize(self, tokenizer: Tokenizer, inputs: Sequence[Question]) -> Sequences:
        """The windows of each question, and between which characters their tokens stand."""
        ids, counts, spans = tokenizer.encode_windows([one.question for one in inputs], [one.context for one in inputs])
        return Sequences(ids, counts, spans=spans)


TEXT = TextType()
