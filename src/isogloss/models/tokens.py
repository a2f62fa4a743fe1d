"""Texts as tokens, each cut once, kept as flat arrays that worker processes can map."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from isogloss.models.byte_tokenizer import space_after
from isogloss.models.checkpoint import load_tokenizer
from isogloss.models.inputs import Choice, Cloze, Input, Question, is_words
from isogloss.models.runtime import start_torch
from isogloss.models.windows import cut_windows

Integers = np.ndarray[Any, Any]
_AT_ONCE = 2_000
MOST_UNKNOWN = 0.2
"""From which share of unknown tokens on users are warned of a language."""


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
        For words, where in its sequence the token stands whose state is theirs, -1 if it was cut off; else empty. It
        is their first one, or their last where a model reads forward only and has not seen the word before that.
    units : numpy.ndarray of int64, shape (rows + 1,)
        Where in the units (words) each row begins; without words a row is one unit, or two for a question about
        a context, whose answer begins and ends.
    spans : numpy.ndarray of int32, shape (tokens, 2)
        For contexts, between which of their characters each token stands, see
        `isogloss.models.windows.Windows`; else empty.
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


@dataclass(frozen=True)
class Cut:
    """What cutting the texts of one language gave.

    Attributes
    ----------
    tokens : Tokens
    unknown : float
        Share of tokens that the tokenizer knows nothing of.
    """

    tokens: Tokens
    unknown: float


def cut(inputs: Sequence[Input], folder: Path, max_length: int) -> Cut:
    """Cut texts into tokens.

    Parameters
    ----------
    inputs : sequence of Input
        All of one kind.
    folder : pathlib.Path
        The checkpoint.
    max_length : int
        Tokens at most, special ones among them; what goes beyond is cut off.
    """
    tokenizer = load_tokenizer(folder)
    token_of_word = _last_tokens if reads_forward(folder) else _first_tokens
    if inputs and is_words(inputs[0]) and _loses_spaces(tokenizer):
        inputs = [_spaced([str(word) for word in one]) for one in inputs]
    sequences: list[list[int]] = []
    positions: list[list[int]] = []
    spans: list[Integers] = [np.empty((0, 2), np.int32)]
    rows, units = [0], [0]
    for first in range(0, len(inputs), _AT_ONCE):
        some = inputs[first : first + _AT_ONCE]
        if isinstance(some[0], Question):
            windows = cut_windows(tokenizer, [one for one in some if isinstance(one, Question)], max_length)
            sequences.extend(windows.sequences)
            spans.extend(windows.spans)
            rows.extend((rows[-1] + np.cumsum(windows.counts)).tolist())
            units.extend(range(units[-1] + 2, units[-1] + 2 * len(some) + 1, 2))
            continue
        found = _encode(tokenizer, some, max_length)
        sequences.extend(found["input_ids"])
        for place, one in enumerate(some):
            rows.append(rows[-1] + (len(one.choices) if isinstance(one, Choice) else 1))
            if words := is_words(one):
                positions.append(token_of_word(found.word_ids(place), len(one)))
            units.append(units[-1] + (len(one) if words else 1))
    ids = np.fromiter(chain.from_iterable(sequences), np.int32)
    plain = ids[~np.isin(ids, [one for one in tokenizer.all_special_ids if one != tokenizer.unk_token_id])]
    unknown = float((plain == tokenizer.unk_token_id).mean()) if len(plain) else 0.0
    tokens = Tokens(
        ids, np.cumsum([0, *map(len, sequences)]), np.array(rows),
        np.fromiter(chain.from_iterable(positions), np.int32), np.array(units), np.concatenate(spans),
    )  # fmt: skip
    return Cut(tokens, unknown)


@lru_cache(maxsize=8)
def reads_forward(folder: Path) -> bool:
    """Whether no token's state knows of those after it: models that continue texts, and are not made to fill gaps."""
    start_torch()
    from transformers.models.auto import modeling_auto as known

    try:
        kind = json.loads((folder / "config.json").read_text(encoding="utf-8"))["model_type"]
    except (OSError, ValueError, LookupError, TypeError):
        return False  # what is wrong with the configuration is said when the model is read
    return kind in known.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES and kind not in known.MODEL_FOR_MASKED_LM_MAPPING_NAMES


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


def _encode(tokenizer: Any, some: Sequence[Input], max_length: int) -> Any:
    options = {"truncation": True, "max_length": max_length, "return_attention_mask": False}
    if some and isinstance(some[0], Cloze):
        return tokenizer([sentence for one in some if isinstance(one, Cloze) for sentence in one.filled()], **options)
    if some and isinstance(some[0], Choice):
        pairs = [(one.premise, choice) for one in some if isinstance(one, Choice) for choice in one.choices]
        return tokenizer([first for first, _ in pairs], [second for _, second in pairs], **options)
    if some and is_words(some[0]):
        return tokenizer([list(one) for one in some], is_split_into_words=True, **options)
    return tokenizer(list(some), **options)


def _loses_spaces(tokenizer: Any) -> bool:
    """Whether words given one by one run into each other, as no space is put between them that a text would have."""
    whole, apart, spaced = (
        tokenizer(one, is_split_into_words=isinstance(one, list))["input_ids"]
        for one in ("a a", ["a", "a"], ["a", " a"])
    )
    return bool(whole != apart and whole == spaced)


def _spaced(words: Sequence[str]) -> tuple[str, ...]:
    return (*words[:1], *(space_after(before) + word for before, word in pairwise(words)))


def _first_tokens(words: list[int | None], count: int) -> list[int]:
    """Where the first token of each word stands; -1 for a word that has none."""
    found = [-1] * count
    for place in range(len(words) - 1, -1, -1):
        if (word := words[place]) is not None:
            found[word] = place
    return found


def _last_tokens(words: list[int | None], count: int) -> list[int]:
    """Where the last token of each word stands that was not cut off; -1 for a word that has none."""
    found = [-1] * count
    for place, word in enumerate(words):
        if word is not None:
            found[word] = place
    return found
