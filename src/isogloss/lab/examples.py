"""The examples of one language in one split, and which of them a training set takes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from isogloss.models.inputs import TEXT, InputType

Integers = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Examples:
    """The examples of one language in one split, in the order of their item ids.

    Attributes
    ----------
    items : list of str
        Ids; translations of one text share theirs.
    inputs : list
        Of the type that `input_type` is about.
    labels : numpy.ndarray of int64, shape (units,)
        What is right, unit by unit: positions in the task's labels, or the number of the right choice. A
        sentence has as many units as words; a question about a context has two, the characters between which
        its answer stands; what is ranked has one for each of its choices, their grades; anything else has one.
        Where a row may have several labels, of shape (examples, labels) and type uint8, 1 for those that it has. Where
        answers are numbers, these, of type float64.
    starts : numpy.ndarray of int64, shape (examples + 1,)
        Where in `labels` each example begins.
    answers : sequence of tuple of str, or None
        Where answers are texts, all that are right, the one to learn from first.
    input_type : InputType
    categories : sequence of str or None, or None
        What each example is scored with beside all others; None for those of no category, and where there are none.
    """

    items: list[str]
    inputs: Sequence[Any]
    labels: Integers
    starts: Integers
    answers: Sequence[tuple[str, ...]] | None = None
    input_type: InputType[Any] = TEXT
    categories: Sequence[str | None] | None = None

    def __len__(self) -> int:
        return len(self.items)

    def content(self, rows: Integers | None = None) -> str:
        """SHA-256 of the examples, or of some of them, in hexadecimal."""
        chosen = range(len(self)) if rows is None else rows
        rows_of = [self._described(row) for row in chosen]
        return hashlib.sha256(json.dumps(rows_of, ensure_ascii=False).encode()).hexdigest()

    def labels_of(self, rows: Integers) -> Integers:
        """The labels of some examples, unit by unit, in the order of `rows`."""
        spans = [self.labels[self.starts[row] : self.starts[row + 1]] for row in rows]
        return np.concatenate(spans) if spans else np.empty(0, np.int64)

    def order(self, seed: int) -> Integers:
        """All examples in the order in which a seed takes them for training: positions.

        The seed puts all conceivable item ids in one order, whichever language they stand in. So every language of
        parallel data is trained on the same items, and a smaller set is part of every larger one with the same seed.
        """
        digests = [hashlib.sha256(f"{seed}\x00{item}".encode()).digest() for item in self.items]
        return np.array(sorted(range(len(self)), key=digests.__getitem__), dtype=np.int64)

    def sample(self, size: int, seed: int) -> Integers:
        """Which examples make up a training set of `size`: ascending positions, the first in the seed's order."""
        return np.sort(self.order(seed)[:size])

    def _described(self, row: int) -> tuple[Any, ...]:
        category = () if self.categories is None else (self.categories[row],)
        return (self.items[row], self.inputs[row], self._right(row), *category)

    def _right(self, row: int) -> float | list[Any]:
        """What is right, as plain values that do not change when other languages' examples do."""
        if self.labels.ndim == 2:
            several: list[int] = np.flatnonzero(self.labels[row]).tolist()
            return several
        of_row: list[float] = self.labels[self.starts[row] : self.starts[row + 1]].tolist()
        if self.answers is not None:
            return [*(of_row if self.input_type.unit == "span" else []), *self.answers[row]]
        return of_row if self.input_type.unit == "word" or len(of_row) > 1 else of_row[0]
