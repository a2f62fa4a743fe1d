"""ROUGE: how many words, pairs of words, or words in order two texts share (Lin 2004)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from isogloss.extras import need
from isogloss.metrics.words import SIGNATURE, words


def rouge_n(order: int) -> Callable[[str, str, str], float]:
    """ROUGE-N: F1 of n-grams, from an answer, a right answer and their language.

    2 |common| / (|answer| + |right|), n-grams counted as often as they stand there; 0 where either has none. On English
    in ASCII without apostrophes it is that of `rouge_score` without stemmer. That one drops all letters but a to z, so
    that it gives 0 for texts in other scripts.
    """

    def f1(answer: str, right: str, language: str) -> float:
        one, other = (Counter(zip(*(text[place:] for place in range(order)), strict=False)) for text in
                      (words(answer), words(right)))  # fmt: skip
        return _f1((one & other).total(), one.total(), other.total())

    return f1


def rouge_l(answer: str, right: str, language: str) -> float:
    """ROUGE-L: F1 of the longest common subsequence of words."""
    need("rapidfuzz", extra="behaviour")
    from rapidfuzz.distance import LCSseq

    one, other = words(answer), words(right)
    return _f1(LCSseq.similarity(one, other), len(one), len(other))


def signature(language: str) -> str:
    """What ROUGE depends on beside the texts."""
    return f"{SIGNATURE}|stem:no"


def _f1(common: float, one: float, other: float) -> float:
    return 2 * common / (one + other) if one and other else 0.0
