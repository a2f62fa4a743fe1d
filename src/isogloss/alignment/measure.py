"""What every measure of alignment is: a range, a chance level, and a comparison of languages at one layer.

A value comes with `parts` whose mean it is: sentences, or blocks of sentences, each with its influence. Resampling
parts gives the interval, and no sentence is ever compared with a copy of itself, as it would be if sentences were
resampled before retrieval or CKA.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from isogloss.alignment.cosines import Pair
from isogloss.alignment.layer import Array, Layer, fault, unit
from isogloss.errors import BadValue

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Comparison:
    """Values of one measure at one layer.

    Attributes
    ----------
    values : array of shape (rows, languages)
        NaN where there is a reason why it does not exist.
    parts : array of shape (parts, rows, languages), or None
        Their mean is the value; None where the measure has no interval.
    chance : array of shape (rows, languages)
        The value to expect if the sentences of one language were shuffled.
    reasons : dict of (int, int) to str
        Of values that do not exist.
    """

    values: Values
    parts: NDArray[np.float32] | None
    chance: Values
    reasons: dict[tuple[int, int], str] = field(default_factory=dict)


class Measure(ABC):
    """A measure of how alike languages are in a model.

    Attributes
    ----------
    lowest, highest : float
        Range of values.
    of_pairs : bool
        Whether it compares two languages; else it describes one.
    symmetric : bool
        Whether (a, b) and (b, a) have the same value.
    one_with_itself : bool
        Whether a language without repeated sentences has 1 with itself.
    pooling : str or None
        Of token vectors, in the source of the measure, where it matters.
    of_retrieval : bool
        Whether a value is the share of sentences that find their translation.
    skips_embeddings : bool
        Whether layer 0 is left out when layers are pooled, as in its source.
    """

    lowest: ClassVar[float] = 0.0
    highest: ClassVar[float] = 1.0
    of_pairs: ClassVar[bool] = True
    symmetric: ClassVar[bool] = True
    one_with_itself: ClassVar[bool] = True
    pooling: ClassVar[str | None] = None
    of_retrieval: ClassVar[bool] = False
    skips_embeddings: ClassVar[bool] = False

    @abstractmethod
    def compare(self, layer: Layer, rows: Sequence[int]) -> Comparison:
        """Compare the languages at `rows` with all languages.

        Parameters
        ----------
        layer : Layer
        rows : sequence of int
            Places of languages: that of the pivot, or all.

        Raises
        ------
        BadValue
            If the measure does not exist for so few sentences or so many dimensions.
        """


class SentenceMeasure(Measure):
    """A mean of one number per sentence: what happens to it among the sentences of the other language."""

    @abstractmethod
    def outcomes(self, pair: Pair) -> Values:
        """One number per sentence, of shape (sentences,)."""

    @abstractmethod
    def chance_level(self, sentences: int) -> float:
        """The value to expect if sentences were shuffled."""

    def compare(self, layer: Layer, rows: Sequence[int]) -> Comparison:
        """Compare pair by pair."""
        return compare_sentences([self], layer, rows)[0]


class LanguageMeasure(Measure):
    """A mean over the sentences of one language."""

    of_pairs = False
    one_with_itself = False

    @abstractmethod
    def outcomes(self, rows: Values) -> Values:
        """One number per sentence, of shape (sentences,), from vectors of length one."""

    def compare(self, layer: Layer, rows: Sequence[int]) -> Comparison:
        """Describe every language; there is one row."""
        parts = np.full((layer.sentences, 1, len(layer.languages)), np.nan)
        for place, vectors in enumerate(layer):
            if place not in layer.faults:
                parts[:, 0, place] = self.outcomes(unit(vectors))
        reasons = {(0, place): reason for place, reason in layer.faults.items()}
        values = parts.mean(0)
        return Comparison(values, parts.astype(np.float32), np.zeros_like(values), reasons)


class PairMeasure(Measure):
    """A number for two matrices, computed pair by pair; without an interval."""

    @abstractmethod
    def prepare(self, rows: Array) -> Any:
        """What the formula needs of one language.

        Raises
        ------
        BadValue
            If it does not exist for so few sentences or so many dimensions.
        """

    @abstractmethod
    def value(self, first: Any, second: Any) -> float:
        """The value of two languages, prepared."""

    def shuffled(self, state: Any, order: NDArray[np.intp]) -> Any:
        """A language, prepared, with its sentences in another order."""
        return state[order]

    def compare(self, layer: Layer, rows: Sequence[int]) -> Comparison:
        """Compare pair by pair; chance is the value of one pairing of sentences at random."""
        values = np.full((len(rows), len(layer.languages)), np.nan)
        chance = values.copy()
        reasons: dict[tuple[int, int], str] = {}
        order = np.random.default_rng(0).permutation(layer.sentences)
        prepared: dict[int, Any] = {}
        for place, vectors in enumerate(layer):
            if (reason := fault(vectors)) and "finite" in reason:
                reasons |= {(row, place): reason for row in range(len(rows))}
            else:
                prepared[place] = self.prepare(vectors)
        for row, first in enumerate(rows):
            for place in prepared:
                if first in prepared:
                    values[row, place] = self.value(prepared[first], prepared[place])
                    chance[row, place] = self.value(prepared[first], self.shuffled(prepared[place], order))
                else:
                    reasons[row, place] = fault(layer.vectors[first])
        return Comparison(values, None, chance, reasons)


def compare_sentences(measures: Sequence[SentenceMeasure], layer: Layer, rows: Sequence[int]) -> list[Comparison]:
    """Compare with several measures that read the same cosines, which are computed once.

    Parts are sentences where there is one row, else blocks of sentences.
    """
    languages, blocks = len(layer.languages), layer.blocks()
    single, mirrored = len(rows) == 1, len(rows) == languages and all(measure.symmetric for measure in measures)
    shape = (layer.sentences if single else len(blocks), len(rows), languages)
    parts = [np.full(shape, np.nan, dtype=np.float32) for _ in measures]
    values = [np.full(shape[1:], np.nan) for _ in measures]
    reasons: dict[tuple[int, int], str] = {}
    for row, first in enumerate(rows):
        left = unit(layer.vectors[first])
        for place, vectors in enumerate(layer):
            if reason := layer.faults.get(first) or layer.faults.get(place):
                reasons[row, place] = reason
                continue
            if mirrored and place < first:
                for value, part in zip(values, parts, strict=True):
                    value[row, place], part[:, row, place] = value[place, row], part[:, place, row]
                continue
            pair = Pair(left, unit(vectors))
            for measure, value, part in zip(measures, values, parts, strict=True):
                outcomes = measure.outcomes(pair)
                value[row, place] = outcomes.mean()
                part[:, row, place] = outcomes if single else influences(outcomes, blocks)
    chances = [np.full(shape[1:], measure.chance_level(layer.sentences)) for measure in measures]
    return [Comparison(*of_one, reasons) for of_one in zip(values, parts, chances, strict=True)]


def influences(outcomes: Values, blocks: Sequence[slice]) -> Values:
    """One number per block of sentences, whose mean is that of all sentences."""
    mean, share = outcomes.mean(), len(blocks) / len(outcomes)
    return np.array([mean + share * (outcomes[block] - mean).sum() for block in blocks])


def refuse(measure: str, reason: str, hint: str) -> BadValue:
    """The error of a measure that does not exist for some vectors."""
    return BadValue(f"{measure} does not exist for {reason}", where="metric", hint=hint)
