"""Words of a text in any language: as Unicode divides it, and letter by letter where a script has no spaces."""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache
from typing import Any

from isogloss.extras import need

_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}]"
SIGNATURE = "words:uax29|unspaced:graphemes|case:lower|form:nfc"
"""What `words` does, for scores that depend on it."""


@lru_cache(maxsize=20_000)
def words(text: str) -> tuple[str, ...]:
    """The words of a text, in small letters and without punctuation.

    Parameters
    ----------
    text : str

    Returns
    -------
    tuple of str

    Raises
    ------
    MissingExtra
        Without the library `regex`.

    Notes
    -----
    Words stand between the default word boundaries of Unicode (UAX #29) and hold a letter or a digit. In scripts
    without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese, Tibetan) every letter with its marks is a word:
    where their words end, only dictionaries know.

    Examples
    --------
    >>> words("Der Zug, 3.5 km")
    ('der', 'zug', '3.5', 'km')
    >>> words("今日は")
    ('今', '日', 'は')
    """
    boundary, _, letter = _patterns()
    spaced = letters_apart(unicodedata.normalize("NFC", text).lower())
    return tuple(part for part in boundary.split(spaced) if letter.search(part))


def letters_apart(text: str) -> str:
    """The text with spaces before and after each letter, with its marks, of a script without spaces between words.

    Raises
    ------
    MissingExtra
        Without the library `regex`.
    """
    _, unspaced, _ = _patterns()
    return str(unspaced.sub(r" \g<0> ", text))


def is_unspaced(word: str) -> bool:
    """Whether one of `words` is a letter of a script that is written without spaces."""
    return _patterns()[1].match(word) is not None


@cache
def _patterns() -> tuple[Any, Any, Any]:
    need("regex", extra="behaviour")
    import regex

    return regex.compile(r"(?wV1)\b"), regex.compile(rf"{_UNSPACED}\p{{M}}*"), regex.compile(r"[\p{L}\p{N}]")
