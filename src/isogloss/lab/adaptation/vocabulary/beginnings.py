"""Tokens of one vocabulary as those of another: the longest common beginning, and of these the least edits."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

import numpy as np

from isogloss.lab.adaptation.vocabulary.spelling import Vocabulary, shared_tokens

Integers = np.ndarray[Any, Any]


def token_map(first: Vocabulary, second: Vocabulary) -> tuple[Integers, Integers]:
    """The token of another vocabulary for each token.

    Parameters
    ----------
    first, second : Vocabulary

    Returns
    -------
    ids : numpy.ndarray of int, shape (tokens of the first,)
        Ids of the second; -1 where no token begins with the same byte.
    exact : numpy.ndarray of bool, shape (tokens of the first,)
        Whether both stand for the same text, or the same role.

    Notes
    -----
    Prefix match with minimal edit distance (Wu et al. 2024, Cross-model control), in bytes of UTF-8, so that parts of
    letters are tokens like others. Of several as near, that with the lowest id is taken.
    """
    ids, exact = np.full(first.size, -1, np.int64), np.zeros(first.size, bool)
    for shared in shared_tokens(second, first):
        for place, other in shared.items():
            ids[place], exact[place] = other, True
    ordered = sorted(second.texts)
    for token, place in first.ids.items():
        text = first.text_of(token)
        if not exact[place] and (alike := longest_beginning(text, ordered)):
            ids[place] = min((edits(text, one), second.texts[one]) for one in alike)[1]
    return ids, exact


def longest_beginning(text: bytes, ordered: Sequence[bytes]) -> Sequence[bytes]:
    """The texts, of some in order, that have most bytes at the beginning in common with one, at least one byte."""
    near = bisect_left(ordered, text)
    length = max((_common(text, ordered[one]) for one in (near - 1, near) if 0 <= one < len(ordered)), default=0)
    if not length:
        return []
    first = last = bisect_left(ordered, text[:length])
    while last < len(ordered) and ordered[last].startswith(text[:length]):
        last += 1
    return ordered[first:last]


def _common(one: bytes, other: bytes) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def edits(one: bytes, other: bytes) -> int:
    """Bytes to put in, take out or replace to make one text of another (Levenshtein)."""
    before = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        now = [row]
        for column, another in enumerate(other, 1):
            now.append(min(before[column] + 1, now[-1] + 1, before[column - 1] + (letter != another)))
        before = now
    return before[-1]
