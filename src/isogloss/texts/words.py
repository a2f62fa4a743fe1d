"""Text cut into words, for any script."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import groupby

UNSPACED = (
    (0x0E00, 0x0EFF), (0x0F00, 0x0FFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x9FFF),
    (0xF900, 0xFAFF), (0x20000, 0x3FFFF),
)  # fmt: skip
"""Thai and Lao, Tibetan, Burmese, Khmer, Kana, Han: scripts that put no spaces between words."""


def cut_words(text: str) -> list[str]:
    """Words of a text: runs of letters, marks and digits; every other character by itself.

    In scripts without spaces, each character with its marks is a word.

    Examples
    --------
    >>> cut_words("Don't stop, Zoë!")
    ['Don', "'", 't', 'stop', ',', 'Zoë', '!']
    """
    words: list[str] = []
    for (kind, _), run in groupby(_classes(text), key=lambda one: one[0]):
        characters = "".join(character for _, character in run)
        if kind == "word":
            words.append(characters)
        elif kind == "mark" and words:
            words[-1] += characters
        elif kind != "space":
            words += characters
    return words


def find_words(text: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Where each word of a text begins and ends; nowhere, at the end of the word before, if the text lacks it.

    Examples
    --------
    >>> find_words("Ann, here.", ["Ann", ",", "here", "."])
    [(0, 3), (3, 4), (5, 9), (9, 10)]
    """
    found, place = [], 0
    for word in words:
        begin = text.find(word, place)
        if begin >= 0:
            found.append((begin, begin + len(word)))
            place = begin + len(word)
        else:
            found.append((place, place))
    return found


def with_words(text: str, words: Sequence[str], others: Sequence[str]) -> str:
    """A text with each of its words replaced by another; what stands between them stays.

    Examples
    --------
    >>> with_words("The dog, here.", ["The", "dog", ",", "here", "."], ["El", "perro", ",", "aquí", "."])
    'El perro, aquí.'
    """
    pieces, place = [], 0
    for (begin, end), other in zip(find_words(text, words), others, strict=True):
        if end > begin:
            pieces += [text[place:begin], other]
            place = end
    return "".join([*pieces, text[place:]])


def _classes(text: str) -> list[tuple[tuple[str, int], str]]:
    """Each character after what it is: part of a word, a mark upon the one before, a word by itself, or space."""
    found: list[tuple[tuple[str, int], str]] = []
    for number, character in enumerate(text):
        category = unicodedata.category(character)
        before = found[-1][0] if found else ("space", 0)
        if character.isspace() or category[0] == "C":
            kind = ("space", 0)
        elif category[0] == "M":
            kind = before if before[0] == "word" else ("mark", number)
        elif category[0] in "LN" and not any(first <= ord(character) <= last for first, last in UNSPACED):
            kind = ("word", 0)
        else:
            kind = ("single", number)
        found.append((kind, character))
    return found
