"""Metrics of answers that are texts: when two of them are the same, and how much of one another they have.

Texts are compared as the scorer of MLQA does (Lewis et al. 2020, MLQA: evaluating cross-lingual extractive question
answering), which is that of SQuAD (Rajpurkar et al. 2016) made fit for languages other than English.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import ClassVar

import numpy as np

from isogloss.metrics.computation import Computation, Gold, Matrix
from isogloss.metrics.numbers import last_number

ARTICLES = {
    "eng": "a an the",
    "spa": "un una unos unas el la los las",
    "deu": "ein eine einen einem eines einer der die das den dem des",
    "vie": "của là cái chiếc những",
}
"""Words that are left out, by ISO 639-3 code, as MLQA has them; other languages keep all their words."""

ARABIC_ARTICLE = "ال"
UNSPACED = frozenset("zho cmn yue wuu hak nan jpn tha lao khm mya bod dzo".split())
"""Languages written without spaces between words, in which every letter of their script counts as a word."""

_UNSPACED_LETTERS = re.compile(
    "([\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff])"
)


class TextComputation(Computation):
    """Compares each answer with all that are right and keeps the best; a score is the mean.

    Parameters
    ----------
    compare : callable
        From an answer, a right answer and the ISO 639-3 code of their language to a number.
    generated : callable, optional
        Instead of `compare` for generation tasks, whose outputs hold more than the answer.
    """

    answers: ClassVar[tuple[str, ...]] = ("span", "text")

    def __init__(
        self, compare: Callable[[str, str, str], float], generated: Callable[[str, str, str], float] | None = None
    ):
        self.compare, self.generated = compare, generated or compare

    def item_scores(self, gold: Gold, predicted: Matrix) -> Matrix:
        compare = self.generated if gold.is_written else self.compare
        rows = zip(gold.texts(predicted), gold.answers, gold.targets, strict=True)
        return np.array(
            [max(compare(text, right, gold.languages[target]) for right in answers) for text, answers, target in rows],
            dtype=float,
        )


@lru_cache(maxsize=20_000)
def words_of(text: str, language: str) -> tuple[str, ...]:
    """The words of an answer that are compared.

    Parameters
    ----------
    text : str
    language : str
        ISO 639-3 code.

    Notes
    -----
    Small letters, without punctuation (what Unicode calls so, and ASCII's symbols) and without articles. The Arabic
    article is cut out wherever its letters stand, as MLQA's scorer does. Chinese is cut into its characters; beyond
    MLQA, so are other languages written without spaces.
    """
    kept = "".join(letter for letter in text.lower() if not _is_punctuation(letter))
    if language in UNSPACED:
        kept = _UNSPACED_LETTERS.sub(r" \1 ", kept)
    if language in ("ara", "arb"):
        kept = kept.replace(ARABIC_ARTICLE, " ")
    articles = ARTICLES.get(language, "").split()
    return tuple(word for word in kept.split() if word not in articles)


def exact_match(answer: str, right: str, language: str) -> float:
    """1 if two answers have the same words in the same order, else 0."""
    return float(words_of(answer, language) == words_of(right, language))


def f1(answer: str, right: str, language: str) -> float:
    """Harmonic mean of the shares of words that two answers have of each other; 1 if both have none.

    2 |common| / (|answer| + |right|), words counted as often as they stand there (Rajpurkar et al. 2016).
    """
    one, other = Counter(words_of(answer, language)), Counter(words_of(right, language))
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0


def same_result(answer: str, right: str, language: str) -> float:
    """1 if the last number of an output is that of the right answer; `exact_match` where that is no number."""
    wanted = last_number(right) if _is_number(right) else frozenset()
    return float(bool(wanted & last_number(answer))) if wanted else exact_match(answer, right, language)


def is_result(answer: str, right: str, language: str) -> float:
    """1 if an output is of the right answer's kind: it has a number where that is one, otherwise a word.

    The mean is the valid output rate, so that the share of right outputs is this rate times the share among the valid.
    """
    return float(bool(last_number(answer) if _is_number(right) else words_of(answer, language)))


def _is_number(right: str) -> bool:
    return re.fullmatch(r"\W*\d[\d\W]*", right) is not None


def _is_punctuation(letter: str) -> bool:
    return unicodedata.category(letter).startswith("P") or letter in "$+<=>^`|~"
