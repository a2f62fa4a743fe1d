"""Replies as lines that are long enough to say which language they are in."""

from __future__ import annotations

import re
import string
from functools import cache

from isogloss.languages import resolve

FEWEST_WORDS = 5
LETTERS_OF_A_WORD = 2
"""Letters that count as a word where words are not written apart."""
LONGEST_ENGLISH = 3
"""Letters up to which a Latin word is not counted as English."""
_PUNCTUATION = str.maketrans({**dict.fromkeys(string.punctuation + "،"), "—": " "})
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Letters of Thai, Lao, Burmese, Khmer, Japanese and Chinese."""
_ENGLISH = re.compile(r"[a-z]+")


def reply_lines(text: str) -> list[str]:
    """The lines of a reply, without punctuation, of five words and more.

    Notes
    -----
    As Marchisio et al. (2024) release it: what follows a new question (`Q:`) is cut off, ASCII punctuation is left
    out. They split Chinese and Japanese into words; here two letters count as a word.
    """
    plain = text.split("\nQ:")[0].strip().translate(_PUNCTUATION)
    return [line for line in map(str.strip, plain.split("\n")) if words_in(line) >= FEWEST_WORDS]


def words_in(line: str) -> float:
    """About how many words a line has."""
    unspaced = len(_UNSPACED.findall(line))
    return unspaced / LETTERS_OF_A_WORD + len(_UNSPACED.sub(" ", line).split())


def english_words(text: str, words: frozenset[str] | None = None) -> list[str]:
    """Words in small Latin letters, longer than three; with a dictionary, only those in it."""
    plain = text.translate(_PUNCTUATION)
    found = [word for word in _UNSPACED.sub(" ", plain).split() if _ENGLISH.fullmatch(word)]
    return [word for word in found if len(word) > LONGEST_ENGLISH and (words is None or word in words)]


@cache
def is_latin(language: str) -> bool:
    """Whether a language is written in Latin letters."""
    return resolve(language).script == "Latn"
