"""Names with something in parentheses: `Portuguese (Brazil)`, `Kurdish (Kurmanji)`, `Serbian (Latin)`."""

from __future__ import annotations

import re
from functools import lru_cache

from isogloss.languages.iso639 import codes, macro_of
from isogloss.languages.names import English, fold
from isogloss.languages.writing import SCRIPT_NAMES, known_script, read_table

_QUALIFIED = re.compile(r"\s*([^()\[\]]+?)\s*[(\[]\s*([^()\[\]]+?)\s*[)\]]\s*")
_ABBREVIATIONS = {
    "us": "US", "usa": "US", "united states of america": "US", "america": "US", "american": "US", "uk": "GB",
    "great britain": "GB", "england": "GB", "british": "GB", "brazilian": "BR", "european": "PT",
    "czech republic": "CZ", "turkey": "TR", "ivory coast": "CI",
    "hong kong": "HK", "macau": "MO", "macao": "MO",
    "drc": "CD", "congo": "CD", "uae": "AE", "burma": "MM", "latin america": "419", "mainland": "CN",
    "mainland china": "CN", "canadian": "CA", "mexican": "MX", "swiss": "CH", "austrian": "AT", "indian": "IN",
}  # fmt: skip
"""What people write for a country, folded, where CLDR writes otherwise."""


def split_qualifier(text: str) -> tuple[str, str] | None:
    """`Portuguese (Brazil)` as its two parts; None for all else."""
    match = _QUALIFIED.fullmatch(text)
    return (match[1], match[2]) if match else None


def read_qualified(text: str) -> tuple[str, str, str] | None:
    """Code, script and region of a name with something in parentheses.

    The parentheses may hold a script, a country, or another name: that of a member of the language, of the language
    that it is a member of, or of the same one.
    """
    parts = split_qualifier(text)
    if parts is None:
        return None
    head, qualifier = parts
    english = English.load()
    for both in (f"{qualifier} {head}", f"{head} {qualifier}"):  # Egyptian (Arabic), Bokmål (Norwegian)
        if (code := english.find(both)) is not None:
            return code, "", ""
    whole, part = (english.find(name) or codes().ids.get(name.casefold()) for name in parts)
    if whole and (script := SCRIPT_NAMES.get(fold(qualifier).removesuffix(" script")) or known_script(qualifier)):
        return whole, script, ""
    if whole and (region := region_named(qualifier)) is not None:
        return whole, "", region
    if whole and part:
        return _more_specific(whole, part)
    return None


def _more_specific(first: str, second: str) -> tuple[str, str, str] | None:
    """Of two names for one language the narrower; None where they are of different ones."""
    if first == second or macro_of(first) == second:
        return first, "", ""
    return (second, "", "") if macro_of(second) == first else None


def region_named(name: str) -> str | None:
    """The ISO 3166-1 code of a country by its English name or code."""
    folded = fold(name)
    if folded in _ABBREVIATIONS:
        return _ABBREVIATIONS[folded]
    return _territories().get(folded) or (name if name in set(_territories().values()) else None)


@lru_cache(maxsize=1)
def locales() -> frozenset[tuple[str, str]]:
    """Languages and the countries that CLDR has a locale of: (`pt`, `BR`)."""
    return frozenset(
        (language, code) for code, _, languages in read_table("territories.tsv") for language in languages.split()
    )


def is_locale(language: str, region: str) -> bool:
    """Whether CLDR has a locale of a language in a country: `pt`, `BR`."""
    return (language, region) in locales()


@lru_cache(maxsize=1)
def _territories() -> dict[str, str]:
    return {fold(name): code for code, name, _ in read_table("territories.tsv")}
