"""Inputs as tokens, each cut once, kept as flat arrays that worker processes can map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from isogloss.models.inputs import TEXT, InputType
from isogloss.models.tokenizers import Tokenizer

Integers = np.ndarray[Any, Any]
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
    def vectors(self) -> int:
        """How many states are read off: one per word or per sequence."""
        return len(self.positions) if self.has_words else len(self.lengths)

    def sequence(self, number: int) -> Integers:
        """The tokens of one sequence."""
        return self.ids[self.starts[number] : self.starts[number + 1]]

    def sequences_of(self, rows: Iterable[int]) -> Integers:
        """The sequences of some rows, in their order."""
        spans = [np.arange(self.rows[row], self.rows[row + 1]) for row in rows]
        return np.concatenate(spans) if spans else np.empty(0, np.int64)

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


def _chain(starts: list[Integers]) -> Integers:
    return np.cumsum(np.concatenate([[0], *(np.diff(one) for one in starts)])).astype(np.int64)
