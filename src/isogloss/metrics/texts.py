"""Metrics of answers that are texts: when two of them are the same, and how much of one another they have.

Texts are compared as the scorer of MLQA does (Lewis et al. 2020, MLQA: evaluating cross-lingual extractive question
answering), which is that of SQuAD (Rajpurkar et al. 2016) made fit for languages other than English.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import ClassVar

import numpy as np

from isogloss.metrics.metric import Computation, Gold, Matrix

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
    signature : callable, optional
        From a language to what scores depend on beside the texts.
    """

    answers: ClassVar[tuple[str, ...]] = ("span", "text")

    def __init__(
        self,
        compare: Callable[[str, str, str], float],
        generated: Callable[[str, str, str], float] | None = None,
        signature: Callable[[str], str] | None = None,
    ):
        self.compare, self.generated = compare, generated or compare
        self._signature = signature

    def signature(self, language: str) -> str:
        return self._signature(language) if self._signature else ""

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
    """1 if the last number of an output is that of the right answer; `exact_match` where that is no number.

    Of either text only what it ends with counts, where it says so, see `final_answer`.
    """
    right, answer = final_answer(right), final_answer(answer)
    wanted = last_number(right) if _is_number(right) else frozenset()
    return float(bool(wanted & last_number(answer))) if wanted else exact_match(answer, right, language)


def is_result(answer: str, right: str, language: str) -> float:
    """1 if an output is of the right answer's kind: it has a number where that is one, otherwise a word.

    The mean is the valid output rate, so that the share of right outputs is this rate times the share among the valid.
    """
    answer = final_answer(answer)
    return float(bool(last_number(answer) if _is_number(final_answer(right)) else words_of(answer, language)))


def final_answer(text: str) -> str:
    r"""What a worked answer ends with: what stands behind its last `####`, or in its last `\boxed{}`; else all of it.

    So GSM8K and MATH mark it. Braces within braces are not read.

    Examples
    --------
    >>> final_answer("9 * 2 = 18, so 18 dollars in 3 steps. #### 18")
    '18'
    """
    found = _FINAL.findall(text)
    return "".join(found[-1]).strip() if found else text


def _is_number(right: str) -> bool:
    return re.fullmatch(r"\W*\d[\d\W]*", right) is not None


def _is_punctuation(letter: str) -> bool:
    return unicodedata.category(letter).startswith("P") or letter in "$+<=>^`|~"


_FINAL = re.compile(r"####([^\n]*\S)|\\boxed\{([^{}]*\S[^{}]*)\}")
_POINTS = {"٫": ".", "．": ".", "٬": ",", "，": ",", "−": "-", "﹣": "-", "－": "-"}
_BETWEEN = ".,'’_ \u00a0\u2009\u202f"
_NUMBER = re.compile(rf"(?:(?<![\w)])-)?\d+(?:[{_BETWEEN}]\d+)*")
_SEPARATOR = re.compile(rf"([{_BETWEEN}])")


def last_number(text: str) -> frozenset[Decimal]:
    """What the last number in a text may mean; empty if there is none.

    Parameters
    ----------
    text : str

    Returns
    -------
    frozenset of decimal.Decimal
        Usually one value. `1.234` and `1,234` are both 1234 and 1.234, as languages differ in which of the two
        marks separates thousands (with a 0 at the end they are thousands only); `3 200` is 3200, or 200 after
        another number.

    Notes
    -----
    Digits of any script count (Unicode's decimal digits). Thousands may be in groups of three, or, as in India,
    of two and a last one of three, with a point, comma, apostrophe, low line or space between them. Numerals
    that are no digits, such as 十八, and fractions are not read.

    Examples
    --------
    >>> sorted(last_number("5 + 13 = ১৮."))
    [Decimal('18')]
    >>> sorted(last_number("It costs 1.080,50 €"))
    [Decimal('1080.50')]
    """
    found = _NUMBER.findall("".join(map(_plain, text)))
    return frozenset(_readings(found[-1])) if found else frozenset()


def _plain(character: str) -> str:
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    return _POINTS.get(character, character)


def _readings(written: str) -> set[Decimal]:
    """All values that digits with separators between them may have."""
    sign, digits = ("-", written[1:]) if written.startswith("-") else ("", written)
    parts = _SEPARATOR.split(digits)
    pieces, separators = parts[::2], parts[1::2]
    found = set()
    whole = not separators or _is_grouped(pieces, separators)
    if whole:
        found.add(Decimal(sign + "".join(pieces)))
    # Nobody writes 80 as 80.000, so that 80,000 is no answer where 80 is right.
    is_decimal = bool(separators) and separators[-1] in ".," and not (whole and pieces[-1].endswith("0"))
    if is_decimal and _is_grouped(pieces[:-1], separators[:-1], separators[-1]):
        found.add(Decimal(f"{sign}{''.join(pieces[:-1])}.{pieces[-1]}"))
    spaces = [place for place, separator in enumerate(separators) if separator not in ".,"]
    if spaces:
        found |= _readings(digits[len("".join(parts[: 2 * spaces[-1] + 2])) :])
    return found or {Decimal(pieces[-1])}


def _is_grouped(pieces: list[str], separators: list[str], decimal: str = "") -> bool:
    """Whether pieces are thousands: one separator, not that of decimals, and groups as they are written anywhere."""
    if not separators:
        return True
    sizes = [len(piece) for piece in pieces]
    inner_fit = all(size in (2, 3) for size in sizes[1:-1])
    is_one_number = len({*separators}) == 1 and separators[0] != decimal and pieces[0][0] != "0"
    return is_one_number and sizes[0] <= 3 and inner_fit and sizes[-1] == 3
