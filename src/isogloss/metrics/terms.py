"""Terminology: whether what was written has the terms that a list asks for, as they stand there or inflected."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

from isogloss.metrics.metric import Matrix
from isogloss.metrics.sums import SumComputation
from isogloss.metrics.texts import words_of

INFLECTED = 0.6
"""Dice coefficient of the letters of two words from which one counts as a form of the other."""


class TermAccuracy(SumComputation):
    """Share of the terms asked for that stand in what was written.

    Parameters
    ----------
    similarity : float
        From which Dice coefficient on a word counts as that of a term; 1 is the same word.

    Notes
    -----
    What is right for a row are its terms, each as all its translations with `|` between. A term is there if the words
    of one of its translations stand in the output one after the other (Alam et al. 2021, On the evaluation of machine
    translation for terminology consistency, without their lemmas). A score is the share of all terms of all rows.
    """

    answers: ClassVar[tuple[str, ...]] = ("terms",)

    def __init__(self, similarity: float = 1.0):
        self.similarity = similarity

    def count(self, text: str, references: Sequence[str], source: str, language: str) -> tuple[float, float]:
        """How many of the terms are there, and how many there are."""
        words = words_of(unicodedata.normalize("NFC", text), language)
        there = [any(self._stands(words_of(one, language), words) for one in parted(term)) for term in references]
        return float(sum(there)), float(len(there))

    def score(self, sums: Matrix, language: str) -> float:
        return float(sums[0] / sums[1]) if sums[1] else float("nan")

    def _stands(self, term: Sequence[str], words: Sequence[str]) -> bool:
        places = range(len(words) - len(term) + 1) if term else ()
        return any(
            all(self._same(wanted, words[place + number]) for number, wanted in enumerate(term)) for place in places
        )

    def _same(self, wanted: str, word: str) -> bool:
        return wanted == word or (self.similarity < 1 and similarity(wanted, word) >= self.similarity)


ALTERNATIVE = "|"
"""Between the translations of one term of which each is right."""


def parted(term: str) -> list[str]:
    """The translations of a term of which each is right."""
    return unicodedata.normalize("NFC", term).split(ALTERNATIVE)


def similarity(first: str, second: str) -> float:
    """Dice coefficient of the pairs of letters of two words, where the beginning of a word counts as a letter.

    2 |common| / (|first| + |second|), pairs counted as often as they stand there (Dice 1945).

    Examples
    --------
    >>> round(similarity("vertrag", "verträge"), 2), round(similarity("vertrag", "antrag"), 2)
    (0.67, 0.46)
    """
    one, other = _letter_pairs(first), _letter_pairs(second)
    return 2 * (one & other).total() / (one.total() + other.total())


@lru_cache(maxsize=20_000)
def _letter_pairs(word: str) -> Counter[str]:
    begun = f"^{word}"
    return Counter(begun[place : place + 2] for place in range(len(word)))
