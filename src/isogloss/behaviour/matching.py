"""Whether a reply is one of the answers expected: in any script, without a language's own tools."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from isogloss.errors import BadValue

SEPARATORS = ("|", "\n", ";")
"""Between answers that are one text, the first that it holds."""


@lru_cache(maxsize=1 << 16)
def plain(text: str) -> str:
    """`text` in one form of Unicode, without letter case, punctuation and doubled spaces.

    Vowel signs and other marks stay: without them words of Hindi, Thai or Arabic are others.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(" " if unicodedata.category(mark)[0] in "PSZC" else mark for mark in folded)
    return " ".join(kept.split())


def answer_counts(written: Any) -> dict[str, float]:
    """The answers of a cell, with how many people gave each (1 where nobody counted).

    Parameters
    ----------
    written : str, list or mapping
        A mapping of answers to counts, a list of answers, the same as JSON, or a text with `|`, line ends or `;`
        between answers.

    Raises
    ------
    BadValue
        If a count is no number.
    """
    if written is None:
        return {}
    value = _from_json(written) if isinstance(written, str) else written
    if isinstance(value, Mapping):
        try:
            return {str(answer): float(count) for answer, count in value.items() if count is not None}
        except (TypeError, ValueError):
            raise BadValue(f"counts of answers in '{written}' are no numbers", where="items, column answers") from None
    if isinstance(value, str) or not isinstance(value, Iterable):
        value = _parts(str(value))
    return {str(answer): 1.0 for answer in value if answer is not None and str(answer).strip()}


def _from_json(text: str) -> Any:
    if text.lstrip()[:1] not in ("[", "{"):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _parts(text: str) -> list[str]:
    separator = next((one for one in SEPARATORS if one in text), None)
    return [part.strip() for part in text.split(separator)] if separator else [text]


def exact_match(text: Any, answers: Iterable[str]) -> bool:
    """Whether a reply is one of the answers, but for letter case and punctuation; an empty reply never is."""
    reply = plain(str(text or ""))
    return bool(reply) and any(reply == plain(answer) for answer in answers)


def holds(text: str, answer: str) -> bool:
    """Whether a text holds an answer: as it stands, or all of its words in any order."""
    there, looked_for = plain(text), plain(answer)
    if not there or not looked_for:
        return False
    return looked_for in there or {*looked_for.split()} <= {*there.split()}
