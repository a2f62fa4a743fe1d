"""What a model is asked about, and how each type of input becomes text and tokens, for whatever reads it.

A type of your own is a subclass of `InputType`; its inputs may be any values that JSON can hold.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
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


class Pair(NamedTuple):
    """Two texts that are asked about together."""

    first: str
    second: str


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
        return (one,)

    def with_texts(self, one: str, texts: Sequence[str]) -> str:
        return texts[0]


class PairType(InputType[Pair]):
    """Two texts, which a tokeniser joins as its model was trained to read them."""

    def texts(self, one: Pair) -> tuple[str, ...]:
        return tuple(one)

    def with_texts(self, one: Pair, texts: Sequence[str]) -> Pair:
        return Pair(*texts)


class WordsType(InputType[tuple[str, ...]]):
    """The words of a sentence, each of which gets an answer."""

    unit: ClassVar[Literal["row", "word", "span"]] = "word"
    translatable: ClassVar[bool] = False

    def texts(self, one: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(one)

    def with_texts(self, one: tuple[str, ...], texts: Sequence[str]) -> tuple[str, ...]:
        """Raise BadValue: a translation has other words."""
        raise BadValue("words of a sentence cannot be translated one by one")

    def units(self, one: tuple[str, ...]) -> int:
        return len(one)

    def tokenize(self, tokenizer: Tokenizer, inputs: Sequence[tuple[str, ...]]) -> Sequences:
        """One sequence per sentence, and where its words stand."""
        ids, positions = tokenizer.encode_words([[str(word) for word in one] for one in inputs])
        return Sequences(ids, [1] * len(ids), positions)


class ChoiceType(InputType[Choice]):
    """A premise and its choices; a sequence is the premise with one of them."""

    def texts(self, one: Choice) -> tuple[str, ...]:
        return (one.premise, *one.choices)

    def with_texts(self, one: Choice, texts: Sequence[str]) -> Choice:
        return type(one)(texts[0], tuple(texts[1:]))

    def choices(self, one: Choice) -> tuple[str, ...]:
        return one.choices

    def sequences(self, one: Choice) -> list[tuple[str, ...]]:
        """Premise and choice as a pair, choice by choice."""
        return [(one.premise, choice) for choice in one.choices]


class RankingType(ChoiceType):
    """A query and documents, each of which gets a score."""

    def units(self, one: Choice) -> int:
        return len(one.choices)


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
        return (one.context, one.question)

    def with_texts(self, one: Question, texts: Sequence[str]) -> Question:
        return Question(texts[1], texts[0])

    def tokenize(self, tokenizer: Tokenizer, inputs: Sequence[Question]) -> Sequences:
        """The windows of each question, and between which characters their tokens stand."""
        ids, counts, spans = tokenizer.encode_windows([one.question for one in inputs], [one.context for one in inputs])
        return Sequences(ids, counts, spans=spans)


TEXT = TextType()


_AT_ONCE = 2_000
MOST_UNKNOWN = 0.2
"""Share of unknown tokens from which users are warned of a language."""


@dataclass(frozen=True)
class Tokens:
    """The tokens of many rows.

    Attributes
    ----------
    ids : numpy.ndarray of int32, shape (tokens,)
    starts : numpy.ndarray of int64, shape (sequences + 1,)
        Where in `ids` each sequence begins.
    rows : numpy.ndarray of int64, shape (rows + 1,)
        Which sequences a row has: one, or one per choice, or one per window of its context.
    positions : numpy.ndarray of int32, shape (units,)
        For words, where in its sequence the token stands whose state is theirs, -1 if it was cut off; else empty. See
        `isogloss.models.tokenizers.Tokenizer.encode_words`.
    units : numpy.ndarray of int64, shape (rows + 1,)
        Where in the units (words) each row begins; without words a row is one unit, or two for a question about
        a context, whose answer begins and ends.
    spans : numpy.ndarray of int32, shape (tokens, 2)
        For contexts, between which of their characters each token stands, -1 outside of them; else empty.
    """

    ids: Integers
    starts: Integers
    rows: Integers
    positions: Integers
    units: Integers
    spans: Integers

    @property
    def lengths(self) -> Integers:
        """Tokens of each sequence."""
        return np.asarray(np.diff(self.starts))

    @property
    def has_words(self) -> bool:
        """Whether units are words."""
        return len(self.positions) > 0

    @property
    def has_spans(self) -> bool:
        """Whether answers stand in contexts."""
        return len(self.spans) > 0

    @property
    def has_choices(self) -> bool:
        """Whether rows have several sequences to choose from."""
        return len(self.lengths) > len(self.rows) - 1 and not self.has_spans

    @property
    def has_rankings(self) -> bool:
        """Whether each of several sequences of a row is a unit."""
        return self.has_choices and int(self.units[-1]) == len(self.lengths)

    @property
    def vectors(self) -> int:
        """How many states are read off: one per word or per sequence."""
        return len(self.positions) if self.has_words else len(self.lengths)

    def sequence(self, number: int) -> Integers:
        """The tokens of one sequence."""
        return self.ids[self.starts[number] : self.starts[number + 1]]

    def sequences_of(self, rows: Iterable[int]) -> Integers:
        """The sequences of some rows, in their order."""
        return _ranges(self.rows, rows)

    def units_of(self, rows: Iterable[int]) -> Integers:
        """The units of some rows, in their order."""
        return _ranges(self.units, rows)

    def part(self, first: int, last: int) -> Tokens:
        """Rows from `first` up to `last`, counted anew."""
        sequences = slice(self.rows[first], self.rows[last] + 1)
        starts = self.starts[sequences]
        units = self.units[first : last + 1]
        positions = self.positions[units[0] : units[-1]] if self.has_words else self.positions
        spans = self.spans[starts[0] : starts[-1]]
        return Tokens(
            self.ids[starts[0] : starts[-1]], starts - starts[0],
            self.rows[first : last + 1] - self.rows[first], positions, units - units[0], spans,
        )  # fmt: skip

    def arrays(self, prefix: str) -> dict[str, Integers]:
        """As named arrays."""
        return {f"{prefix}_{name}": getattr(self, name) for name in _NAMES}

    @classmethod
    def of(cls, arrays: Mapping[str, Integers], prefix: str) -> Tokens:
        """From named arrays."""
        return cls(*(arrays[f"{prefix}_{name}"] for name in _NAMES))


_NAMES = ("ids", "starts", "rows", "positions", "units", "spans")


def tokenize(inputs: Sequence[Any], tokenizer: Tokenizer, input_type: InputType[Any] = TEXT) -> Tokens:
    """Cut inputs into tokens.

    Parameters
    ----------
    inputs : sequence
        All of one type.
    tokenizer : Tokenizer
    input_type : InputType, optional
        By default `TEXT`.
    """
    parts = [
        input_type.tokenize(tokenizer, inputs[first : first + _AT_ONCE]) for first in range(0, len(inputs), _AT_ONCE)
    ]
    sequences = list(chain.from_iterable(part.ids for part in parts))
    positions = chain.from_iterable(chain.from_iterable(part.positions) for part in parts)
    spans = [np.empty((0, 2), np.int32), *chain.from_iterable(part.spans for part in parts)]
    return Tokens(
        np.fromiter(chain.from_iterable(sequences), np.int32),
        np.cumsum([0, *map(len, sequences)]),
        np.cumsum([0, *chain.from_iterable(part.counts for part in parts)]),
        np.fromiter(positions, np.int32),
        np.cumsum([0, *(input_type.units(one) for one in inputs)]),
        np.concatenate(spans),
    )


def join(parts: Sequence[Tokens]) -> Tokens:
    """Tokens of several groups of rows, one after the other."""
    return Tokens(
        np.concatenate([part.ids for part in parts]),
        _chain([part.starts for part in parts]),
        _chain([part.rows for part in parts]),
        np.concatenate([part.positions for part in parts]),
        _chain([part.units for part in parts]),
        np.concatenate([part.spans for part in parts]),
    )


def _ranges(starts: Integers, rows: Iterable[int]) -> Integers:
    ranges = [np.arange(starts[row], starts[row + 1]) for row in rows]
    return np.concatenate(ranges) if ranges else np.empty(0, np.int64)


def _chain(starts: list[Integers]) -> Integers:
    return np.cumsum(np.concatenate([[0], *(np.diff(one) for one in starts)])).astype(np.int64)
