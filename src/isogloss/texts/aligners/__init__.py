"""Word alignment: which words of two sentences are translations of each other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from isogloss.errors import BadValue
from isogloss.parameters import Parameterized, read_named
from isogloss.registry import Registry

aligners: Registry[type[Aligner]] = Registry(
    "aligner",
    {
        "argmax": "isogloss.texts.aligners.argmax:Argmax",
        "itermax": "isogloss.texts.aligners.itermax:Itermax",
        "match": "isogloss.texts.aligners.match:Match",
        "softmax": "isogloss.texts.aligners.softmax:Softmax",
        "ibm1": "isogloss.texts.aligners.ibm1:Ibm1",
        "hmm": "isogloss.texts.aligners.hmm:Hmm",
    },
    "isogloss.aligners",
    base="isogloss.texts.aligners:Aligner",
)
"""Aligners by name; other packages announce theirs in the entry-point group `isogloss.aligners`."""

Words = Sequence[str]


@dataclass(frozen=True)
class Bitext:
    """Sentences that are translations of each other, cut into words.

    Attributes
    ----------
    sources, targets : sequence of sequence of str
        As many sentences on both sides, in one order.

    Raises
    ------
    BadValue
        If the sides differ in length.
    """

    sources: Sequence[Words]
    targets: Sequence[Words]

    def __post_init__(self) -> None:
        if len(self.sources) != len(self.targets):
            raise BadValue(
                f"{len(self.sources)} sentences and {len(self.targets)} translations", where="bitext",
                hint="give one translation for each sentence",
            )  # fmt: skip

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def turned(self) -> Bitext:
        """With source and target exchanged."""
        return Bitext(self.targets, self.sources)


@dataclass(frozen=True)
class Links:
    """The links of one pair of sentences.

    Attributes
    ----------
    pairs : numpy.ndarray of int, shape (links, 2)
        Places of a source and a target word, from 0, in the order of the source.
    weights : numpy.ndarray of float, shape (links,)
        How sure each is, 0 to 1.
    unread : tuple of int
        Target words that the aligner has no vector of, because the sentence is too long for its model.
    """

    pairs: NDArray[np.int64]
    weights: NDArray[np.float64]
    unread: tuple[int, ...] = field(default=())

    @classmethod
    def of(cls, weights: Mapping[tuple[int, int], float], unread: Sequence[int] = ()) -> Links:
        """From (source, target) to the weight of a link."""
        ordered = sorted(weights)
        pairs = np.array(ordered, np.int64).reshape(-1, 2)
        return cls(pairs, np.array([weights[pair] for pair in ordered], np.float64), tuple(unread))

    def to_dict(self) -> dict[tuple[int, int], float]:
        """(source, target) to the weight of a link."""
        return {
            (source, target): weight
            for (source, target), weight in zip(self.pairs.tolist(), self.weights.tolist(), strict=True)
        }


@dataclass(frozen=True)
class Aligner(Parameterized, ABC):
    """Links the words of sentences and their translations; a frozen dataclass of plain values.

    Attributes
    ----------
    version : int
        Increment it when links change for identical inputs.
    """

    version: ClassVar[int] = 1

    def describe(self) -> str:
        """The aligner with its version and that of its model, if it has one."""
        return f"{self.label} {self.version}"

    @abstractmethod
    def align(self, bitext: Bitext) -> list[Links]:
        """The links of each pair of sentences, in their order; a sentence without words has none."""


def read_aligner(parameters: Mapping[str, Any]) -> Aligner:
    """The aligner that parameters with a `name` describe.

    Raises
    ------
    BadValue, UnknownName
        If there is no such aligner or parameter.

    Examples
    --------
    >>> aligner = read_aligner({"name": "ibm1"})
    >>> links = aligner.align(Bitext([["das", "haus"], ["haus"]], [["the", "house"], ["house"]]))
    >>> links[0].pairs.tolist()
    [[0, 0], [1, 1]]
    """
    return read_named(aligners, parameters)
