"""Pairs: scores that are about two languages, such as retrieval across them, and which one they are read as about.

A source writes the two, first and second, as `eng|deu`. The score is read as being about one of them, its
`target`, and `pair` says what stands on the other side: `eng-x` is from English into the target, `x-eng`
from the target into English. The target is the one that is not English, else the second.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from isogloss.errors import BadValue

SEPARATOR = "|"
"""Stands between the languages of a score that is about several."""

TARGET = "x"
ENGLISH = "eng"

Resolve = Callable[[str], str]


class About(NamedTuple):
    """What a score is about: a language, and the other one's side of a pair; or why it is about none.

    Attributes
    ----------
    target : str or None
        Canonical id.
    pair : str or None
        As in the column `pair`.
    reason : str or None
        Why a row that says so is no observation.
    """

    target: str | None
    pair: str | None = None
    reason: str | None = None


def read_about(target: str, pair: str | None, language: Resolve, where: str) -> About:
    """Read what a row says it is about.

    Parameters
    ----------
    target : str
        One language, or several with `|` between them; the same one may stand twice.
    pair : str or None
        `eng-x` or `x-eng`, of any language, if the row says it already.
    language : callable
        From a code to the canonical id.
    where : str
        The row, for errors.

    Raises
    ------
    BadValue
        If `pair` cannot be read, or comes with several languages.
    UnknownLanguage
    """
    codes = [code.strip() for code in target.split(SEPARATOR)]
    if "" in codes:
        raise BadValue(f"'{target}' names no language on one side", where=where, hint="write a pair as eng|deu")
    if pair is not None and len(codes) > 1:
        raise BadValue(f"'{target}' comes with a pair '{pair}'", where=where, hint="write one of the two")
    ids = list(dict.fromkeys(language(code) for code in codes))
    if len(ids) > 2:
        return About(None, reason="lists more than two languages")
    if len(ids) == 2:
        return about_pair(*ids)
    return About(ids[0]) if pair is None else About(ids[0], _read_pair(pair, ids[0], language, where))


def about_pair(first: str, second: str) -> About:
    """Which of two different languages a score from the first to the second is about.

    Examples
    --------
    >>> about_pair("deu", "eng")
    About(target='deu', pair='x-eng', reason=None)
    >>> about_pair("deu", "fra")
    About(target='fra', pair='deu-x', reason=None)
    """
    if is_english(second) and not is_english(first):
        return About(first, f"{TARGET}-{second}")
    return About(second, f"{first}-{TARGET}")


def is_english(language: str) -> bool:
    """Whether a canonical id is English, in whatever script."""
    return language.partition("_")[0] == ENGLISH


def _read_pair(pair: str, target: str, language: Resolve, where: str) -> str | None:
    written = pair.strip()
    if written.casefold().endswith(f"-{TARGET}") and len(written) > 2:
        other, side = language(written[:-2]), "{}-" + TARGET
    elif written.casefold().startswith(f"{TARGET}-") and len(written) > 2:
        other, side = language(written[2:]), TARGET + "-{}"
    else:
        raise BadValue(f"'{pair}' is not a pair", where=where, hint="write eng-x or x-eng: x is the target")
    return None if other == target else side.format(other)
