"""Sources of a grid: what one training learns from, a language or several languages with their shares or numbers."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from isogloss.errors import BadValue

if TYPE_CHECKING:
    from isogloss.lab.task import Task

PLUS = "+"
"""Between the languages of a source that are mixed evenly."""

WrittenSource = str | Mapping[str, int | float]
"""A source as a grid file has it: `"eng"`, `"eng+swa"`, `{eng = 0.9, swa = 0.1}` or `{eng = 100, swa = 50}`."""


@dataclass(frozen=True)
class Source:
    """What one training learns from.

    Attributes
    ----------
    shares : tuple of (str, float)
        The file's own code of each language and its weight, sorted by code.
    size : int or None
        How many examples there are in all, where the grid gives numbers; None where its sizes do.
    """

    shares: tuple[tuple[str, float], ...]
    size: int | None = None

    @classmethod
    def of(cls, written: WrittenSource, task: Task, where: str) -> Source:
        """The source that a grid file means.

        Raises
        ------
        UnknownLanguage, UnknownName, BadValue
            If a language is not known, has no training examples or stands twice.
        """
        if isinstance(written, str):
            names = [written] if written in task.languages else written.split(PLUS)
            written = dict.fromkeys(names, 1.0)
            if len(written) < len(names):
                raise BadValue(f"a language stands twice in '{PLUS.join(names)}'", where=where, hint="name it once")
        weights: dict[str, float] = {}
        for name, weight in written.items():
            (code,) = task.find([name], "train", where)
            if code in weights:
                raise BadValue(f"'{name}' stands twice in a source", where=where, hint="name a language once")
            weights[code] = weight
        counted = all(isinstance(weight, int) for weight in weights.values())
        return cls(tuple(sorted(weights.items())), sum(map(int, weights.values())) if counted else None)

    @property
    def languages(self) -> list[str]:
        """The file's own codes."""
        return [code for code, _ in self.shares]

    def turns(self, size: int) -> np.ndarray[Any, Any]:
        """Which language each of so many examples is of, by its place; those of a smaller size come first.

        Notes
        -----
        The divisors 1, 3, 5, ... of Webster and Sainte-Laguë (Balinski and Young 1982, Fair Representation): numbers
        given are kept, shares are rounded, and no language has fewer examples in a larger size.
        """
        weights = np.array([weight for _, weight in self.shares])
        quotients = weights[:, None] / (2 * np.arange(size) + 1)  # (languages, examples)
        order = np.argsort(-quotients.ravel(), kind="stable")[:size]
        return np.asarray(order // max(1, size))

    def sizes(self, size: int) -> dict[str, int]:
        """How many of so many examples each language has."""
        counts = np.bincount(self.turns(size), minlength=len(self.shares))
        return dict(zip(self.languages, counts.tolist(), strict=True))

    def draw(self, size: int, seed: int, task: Task) -> dict[str, np.ndarray[Any, Any]]:
        """Which training examples of each language make up a training set: ascending positions.

        Notes
        -----
        See `Examples.order`. Where items are the same in every language, the items of a mix are those of a single
        language, each learnt from in one language alone; an item stands twice only where a language has no other left.
        """
        left = {code: deque(task.train[code].order(seed).tolist()) for code in self.languages}
        repeated: dict[str, deque[int]] = {code: deque() for code in self.languages}
        drawn: dict[str, list[int]] = {code: [] for code in self.languages}
        taken: set[str] = set()
        for place in self.turns(size).tolist():
            code = self.languages[place]
            items = task.train[code].items
            while left[code] and items[left[code][0]] in taken:
                repeated[code].append(left[code].popleft())
            row = (left[code] or repeated[code]).popleft()
            drawn[code].append(row)
            if "item" in task.info.columns:
                taken.add(items[row])
        return {code: np.sort(np.array(rows, np.int64)) for code, rows in drawn.items()}


def read_sources(written: Sequence[WrittenSource] | str, task: Task, where: str) -> list[Source]:
    """The sources of a grid, each once, languages before mixes; "all" is every language that has training examples.

    Raises
    ------
    UnknownLanguage, UnknownName, BadValue
    """
    if isinstance(written, str):
        written = task.find(written, "train", where)
    found = {Source.of(one, task, where) for one in written}
    return sorted(found, key=lambda source: (len(source.shares), source.shares, source.size or 0))
