"""Filling features that nobody has observed: never done unless asked for, and always marked.

`family` gives a language what the majority has in the smallest group of its family in which at least three
languages are described; `nearest` what the majority of the ten nearest described languages has, by the mean of
genetic and geographic distance. Neither invents a value where there is no majority.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from isogloss.errors import UnknownLanguage, UnknownName
from isogloss.languages.language import Language
from isogloss.languages.sources import source
from isogloss.languages.typology import languoid

Values = NDArray[np.float64]

FEWEST_RELATIVES = 3
NEIGHBOURS = 10


def fill(
    languages: Sequence[Language], parts: Sequence[str], values: Values, method: str
) -> tuple[Values, NDArray[np.bool_]]:
    """Fill what is missing in `values`.

    Parameters
    ----------
    languages : sequence of Language
    parts : sequence of str
        The sources whose features are the columns, one after the other.
    values : ndarray, shape (languages, features)
        1, 0 or NaN.
    method : {"family", "nearest"}

    Returns
    -------
    values : ndarray, shape (languages, features)
        NaN where the method has nothing to say either.
    imputed : ndarray of bool, shape (languages, features)
        What was filled.

    Raises
    ------
    UnknownName
    """
    methods: dict[str, Callable[[Sequence[Language], str], Values]] = {"family": _by_family, "nearest": _by_nearest}
    if method not in methods:
        raise UnknownName("way to impute", method, methods)
    proposed = (
        np.concatenate([methods[method](languages, part) for part in parts], axis=1) if len(languages) else values
    )
    gaps = np.isnan(values) & ~np.isnan(proposed)
    return np.where(gaps, proposed, values), gaps


def _majority(ones: Values, known: Values) -> Values:
    """1 or 0, whichever more have; NaN where as many have one as the other."""
    return np.where(2 * ones == known, np.nan, (2 * ones > known).astype(float))


def _by_family(languages: Sequence[Language], part: str) -> Values:
    groups, ones, known = _groups(part)
    filled = np.full((len(languages), len(source(part).names)), np.nan)
    for row, language in enumerate(languages):
        place = languoid(language.code)
        path = place.path if place else ()
        for depth in range(len(path) - 1, 0, -1):
            if (node := groups.get(path[:depth])) is None:
                continue
            open_here = np.isnan(filled[row]) & (known[node] >= FEWEST_RELATIVES)
            filled[row] = np.where(open_here, _majority(ones[node], known[node]), filled[row])
    return filled


@lru_cache(maxsize=16)
def _groups(part: str) -> tuple[dict[tuple[str, ...], int], Values, Values]:
    """For each group of a family how many languages have each feature, and of how many that is known."""
    described, values = _described(part)
    groups: dict[tuple[str, ...], int] = {}
    members: list[list[int]] = []
    for row, language in enumerate(described):
        place = languoid(language.code)
        path = place.path if place else ()
        for depth in range(1, len(path)):
            node = groups.setdefault(path[:depth], len(groups))
            if node == len(members):
                members.append([])
            members[node].append(row)
    ones = np.array([(values[rows] == 1).sum(axis=0) for rows in members], dtype=float).reshape(-1, values.shape[1])
    known = np.array([(values[rows] >= 0).sum(axis=0) for rows in members], dtype=float).reshape(-1, values.shape[1])
    return groups, ones, known


def _by_nearest(languages: Sequence[Language], part: str) -> Values:
    from isogloss.languages.distance import distances

    described, values = _described(part)
    far = distances(languages, "combined", others=described, weights={"genetic": 1.0, "geographic": 1.0}).values
    filled = np.full((len(languages), values.shape[1]), np.nan)
    for row in range(len(languages)):
        near = np.argsort(far[row], kind="stable")[: int((~np.isnan(far[row])).sum())]
        near = near[[described[other] != languages[row] for other in near]]
        ordered = values[near]
        known = ordered >= 0
        chosen = known & (known.cumsum(axis=0) <= NEIGHBOURS)
        count = chosen.sum(axis=0).astype(float)
        filled[row] = np.where(count > 0, _majority((chosen & (ordered == 1)).sum(axis=0), count), np.nan)
    return filled


@lru_cache(maxsize=16)
def _described(part: str) -> tuple[list[Language], NDArray[np.int8]]:
    """Languages of which the source knows anything, and what it knows (-1 for unknown)."""
    from isogloss.languages.parse import resolve_standard

    data = source(part)
    languages, rows = [], []
    for key, row in data.rows.items():
        if not (data.values[row] >= 0).any():
            continue
        try:
            language = resolve_standard(key)
        except UnknownLanguage:
            continue
        languages.append(language)
        rows.append(row)
    return languages, np.nan_to_num(data.values[rows], nan=-1).astype(np.int8)
