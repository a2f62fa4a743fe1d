"""Scorers of spans: how probable it is that a stretch of a translation is what a span of the source became."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from isogloss.parameters import Parameterized, read_named
from isogloss.registry import Registry
from isogloss.texts.aligners import Bitext

span_scorers: Registry[type[SpanScorer]] = Registry(
    "span scorer",
    {
        "encoder": "isogloss.texts.projection.scorers.words:Encoder",
        "lexical": "isogloss.texts.projection.scorers.words:Lexical",
        "seq2seq": "isogloss.texts.projection.scorers.sequences:Seq2SeqScorer",
    },
    "isogloss.span_scorers",
    base="isogloss.texts.projection.scorers:SpanScorer",
)
"""Span scorers by name; other packages announce theirs in the entry-point group `isogloss.span_scorers`."""

Floats = NDArray[np.float64]
Stretches = NDArray[np.int64]
"""First and last word of each stretch, shape (stretches, 2)."""


class Marking(NamedTuple):
    """A pair of markers in a translation.

    Attributes
    ----------
    first, last : int
        Words that they stand round.
    log_probability : float
        Of the translation with the markers in it.
    """

    first: int
    last: int
    log_probability: float


class PairScorer(ABC):
    """Scores stretches of one translation."""

    @abstractmethod
    def translated(self, span: tuple[int, int], stretches: Stretches) -> Floats:
        """Log-probability per word that each stretch is the translation of a source span, both directions averaged.

        Parameters
        ----------
        span : (int, int)
            First and last word of the source span.
        stretches : numpy.ndarray of int64, shape (stretches, 2)

        Returns
        -------
        numpy.ndarray of float64, shape (stretches,)
        """

    @abstractmethod
    def marked(self, span: tuple[int, int], kept: int) -> list[Marking]:
        """The most probable ways to mark the translation of a source that has markers round a span, best first."""


@dataclass(frozen=True)
class SpanScorer(Parameterized, ABC):
    """Scores the stretches of translations; a frozen dataclass of plain values.

    Attributes
    ----------
    version : int
        Increment it when scores change for identical inputs.
    """

    version: ClassVar[int] = 1

    def check(self, origin: str, into: str) -> None:
        """Raise an InputError unless it can score translations between two canonical languages."""

    def describe(self) -> str:
        """The scorer with its version and that of its model, if it has one."""
        return f"{self.label} {self.version}"

    @abstractmethod
    def prepare(self, bitext: Bitext, origin: str, into: str) -> list[PairScorer | None]:
        """A scorer for each pair of sentences; None where a side has no words."""


def read_span_scorer(parameters: Mapping[str, Any]) -> SpanScorer:
    """The span scorer that parameters with a `name` describe.

    Raises
    ------
    BadValue, UnknownName
        If there is no such scorer or parameter.
    """
    return read_named(span_scorers, parameters)


def every_stretch(length: int, longest: int) -> Stretches:
    """All stretches of a sentence that have so many words at most."""
    found = [(first, last) for first in range(length) for last in range(first, min(length, first + longest))]
    return np.array(found, np.int64).reshape(-1, 2)
