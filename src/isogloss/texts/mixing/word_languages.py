"""Which of two languages each word of a mixed text is in, and how mixed texts are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from isogloss.errors import BadValue
from isogloss.languages import resolve
from isogloss.texts.identification import codes_of, probabilities
from isogloss.texts.words import cut_words

SWITCH = 0.2
"""Probability that a word is in another language than the word before it."""
FLOOR = 1e-9
"""What a probability of a word counts at least."""

Codes = frozenset[str]


def word_languages(text: str, first: str, second: str) -> list[tuple[str, str]]:
    """The words of a text, each with the language that it is in.

    Parameters
    ----------
    text : str
    first, second : str
        The two languages that it mixes.

    Returns
    -------
    list of (str, str)
        Words with a letter, and `first` or `second`.

    Raises
    ------
    BadValue
        If one of the languages cannot be identified, or they cannot be told apart.
    MissingExtra
        Without a library that identifies languages.

    Notes
    -----
    The likeliest sequence of languages (Viterbi 1967), where a word gives the probabilities of py3langid for that word
    between spaces, and the language changes from one word to the next with probability 0.2. Short words, names and
    words that both languages have are told by their neighbours. A language in another script than the one it is usually
    written in is not recognised.
    """
    own, other = check_pair(first, second)
    words = [word for word in cut_words(text) if any(map(str.isalpha, word))]
    if not words:
        return []
    evidence = np.array([_evidence(word, own, other) for word in words])  # (words, 2)
    stay, change = np.log(1 - SWITCH), np.log(SWITCH)
    moves = np.array([[stay, change], [change, stay]])  # from, to
    total, before = evidence[0], np.zeros((len(words), 2), np.int64)
    for place in range(1, len(words)):
        ways = total[:, None] + moves
        before[place] = ways.argmax(axis=0)
        total = ways.max(axis=0) + evidence[place]
    chosen = [int(total.argmax())]
    for place in range(len(words) - 1, 0, -1):
        chosen.append(int(before[place, chosen[-1]]))
    return [(word, (first, second)[one]) for word, one in zip(words, reversed(chosen), strict=True)]


def check_pair(first: str, second: str) -> tuple[Codes, Codes]:
    """The codes of the identifier for two languages that can be told apart.

    Raises
    ------
    BadValue
    """
    own, other = codes_of(first), codes_of(second)
    for language, codes in ((first, own), (second, other)):
        if not codes:
            raise BadValue(f"'{language}' cannot be identified, so words in it cannot be counted", where="languages",
                           hint="see docs/methods/behaviour.md for which can")  # fmt: skip
    if own & other:
        raise BadValue(f"{resolve(first).name} and {resolve(second).name} cannot be told apart", where="languages",
                       hint="name two languages of which neither is a part of the other")  # fmt: skip
    return own, other


def mixing_index(counts: np.ndarray[Any, Any]) -> float:
    """The code-mixing index of texts, the mean of 100 (1 - m / n), from how many words of each language each has."""
    words = counts.sum(axis=1)
    return float(np.mean(100.0 * (1.0 - counts.max(axis=1) / np.maximum(words, 1)) * (words > 0)))


@lru_cache(maxsize=20_000)
def _evidence(word: str, own: Codes, other: Codes) -> tuple[float, float]:
    """Logarithms of the probabilities of a word in either language."""
    found = probabilities(f" {word} ")
    first, second = (max(FLOOR, sum(found.get(code, 0.0) for code in codes)) for codes in (own, other))
    return float(np.log(first)), float(np.log(second))


def shares_of(texts: Sequence[str], first: str, second: str) -> list[tuple[int, int]]:
    """How many words of each text are in the first language, and how many in the second."""
    found = [[language for _, language in word_languages(text, first, second)] for text in texts]
    return [(one.count(first), one.count(second)) for one in found]
