"""Texts by language: which are learnt from, and which are held out to measure on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from isogloss.errors import BadValue
from isogloss.lab.adaptation import Texts

HELD_OUT = 0.1
"""Share of the texts of each language that is held out."""
MOST_HELD_OUT = 100


def check_texts(texts: Any, *, translations: bool = False) -> dict[str, list[str]]:
    """Texts without empty ones, each once in its language.

    Parameters
    ----------
    texts : mapping of str to sequence of str
        By language.
    translations : bool
        Whether the texts of all languages are translations of one another: what leaves one language leaves all.

    Raises
    ------
    BadValue
        If a language has none, what is given is no texts by language, or translations are not as many in each.
    """
    if isinstance(texts, str) or not hasattr(texts, "items"):
        raise BadValue("corpus is no texts by language", hint='give {"eng": ["a text", ...], "swh": [...]}')
    kept = {}
    for language, some in texts.items():
        if isinstance(some, str) or not all(isinstance(text, str) for text in some):
            raise BadValue(f"the texts of '{language}' are no list of texts", where="corpus")
        kept[str(language)] = list(some)
    kept = _whole_rows(kept) if translations else {language: _distinct(some) for language, some in kept.items()}
    empty = [language for language, some in kept.items() if not some]
    if empty or not kept:
        named = f" of '{empty[0]}'" if empty else ""
        raise BadValue(f"corpus has no text{named}", hint="give at least two texts of each language")
    return kept


def _distinct(texts: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text.strip()))


def _whole_rows(texts: dict[str, list[str]]) -> dict[str, list[str]]:
    """Translations of which every language has one that is neither empty nor there already."""
    numbers = {language: len(some) for language, some in texts.items()}
    if len(set(numbers.values())) > 1:
        (first, most), (other, least) = max(numbers.items(), key=_second), min(numbers.items(), key=_second)
        raise BadValue(
            f"{most} texts of '{first}' are no translations of {least} of '{other}'", where="corpus",
            hint="give as many, in one order; in a file, name the column that tells which belong together: item",
        )  # fmt: skip
    kept: list[tuple[str, ...]] = []
    seen: set[tuple[int, str]] = set()
    for row in zip(*texts.values(), strict=True):
        named = set(enumerate(row))
        if all(text.strip() for text in row) and not named & seen:
            kept.append(row)
            seen |= named
    return {language: [row[place] for row in kept] for place, language in enumerate(texts)}


def _second(pair: tuple[str, int]) -> int:
    return pair[1]


def divide(texts: dict[str, list[str]]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """What is learnt from and what is held out, a tenth and 100 texts at most.

    Notes
    -----
    It depends on nothing but the number of texts of a language, so that adaptations are compared on the same items, and
    parallel texts are held out together.

    Raises
    ------
    BadValue
        If a language has a single text.
    """
    learnt, held_out = {}, {}
    for language, some in texts.items():
        if len(some) < 2:
            raise BadValue(f"one text of '{language}' is too little", where="corpus", hint="one has to be held out")
        order = np.random.default_rng(len(some)).permutation(len(some))
        aside = min(MOST_HELD_OUT, max(1, round(HELD_OUT * len(some))))
        held_out[language] = [some[place] for place in sorted(order[:aside])]
        learnt[language] = [some[place] for place in sorted(order[aside:])]
    return learnt, held_out


def digest(texts: Texts) -> str:
    """The SHA-256 of texts, in hexadecimal."""
    written = json.dumps({language: list(some) for language, some in texts.items()}, sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()


def size(texts: Sequence[str]) -> int:
    """Bytes of some texts in UTF-8."""
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
