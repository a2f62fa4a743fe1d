"""Words of a text in any language: as Unicode divides it, and letter by letter where a script has no spaces."""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache
from typing import Any

from isogloss.extras import need

UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}]"
"""Letters of scripts that are written without spaces between words."""
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
    boundary, unspaced, letter = _patterns()
    spaced = unspaced.sub(r" \g<0> ", unicodedata.normalize("NFC", text).lower())
    return tuple(part for part in boundary.split(spaced) if letter.search(part))


@cache
def _patterns() -> tuple[Any, Any, Any]:
    need("regex", extra="behaviour")
    import regex

    return regex.compile(r"(?wV1)\b"), regex.compile(rf"{UNSPACED}\p{{M}}*"), regex.compile(r"[\p{L}\p{N}]")
