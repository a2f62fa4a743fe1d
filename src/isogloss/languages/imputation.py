"""Filling features that nobody has observed: never done unless asked for, and always marked.

`family` gives a language what the majority has in the smallest group of its family in which at least three
languages are described; `nearest` what the majority of the ten nearest described languages has, by the mean of
genetic and geographic distance. Neither invents a value where there is no majority.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from isogloss.errors import UnknownName
from isogloss.languages.language import Language, as_languages, resolve_standard
from isogloss.languages.measures import Descent, GreatCircle, Mean
from isogloss.languages.sources import source
from isogloss.languages.typology import Features, observed_features, parts_of
from isogloss.languages.varieties import languoid

Values = NDArray[np.float64]

FEWEST_RELATIVES = 3
NEIGHBOURS = 10


def features(languages: Iterable[str | Language], kind: str = "featural", *, impute: str | None = None) -> Features:
    """Typological features, from URIEL unless another source is named.

    Parameters
    ----------
    languages : iterable of str or Language
        Written in any way `resolve` knows. The script makes no difference.
    kind : str, default "featural"
        `syntactic`, `phonological`, `inventory`, `featural` (these three), `morphological`, `grambank`,
        `uriel-genetic`, `uriel-geographic`, `uriel-script`, or any source that was registered.
    impute : {None, "family", "nearest"}, default None
        How to fill what nobody has observed, see `isogloss.languages.imputation`; by default not at all.

    Returns
    -------
    Features
        A macrolanguage and its representative (Arabic and Standard Arabic) fill each other's gaps; any other
        member takes its macrolanguage's values only if nothing of that kind is known of it. A variety takes
        what is not known of itself from its parent.

    Raises
    ------
    UnknownLanguage, UnknownName
    """
    known = as_languages(languages)
    observed = observed_features(known, kind)
    if impute is None:
        return observed
    methods: dict[str, Callable[[Sequence[Language], str], Values]] = {"family": _by_family, "nearest": _by_nearest}
    if impute not in methods:
        raise UnknownName("way to impute", impute, methods)
    if not known:
        return observed
    proposed = np.concatenate([methods[impute](known, part) for part in parts_of(kind)], axis=1)
    gaps = np.isnan(observed.values) & ~np.isnan(proposed)
    return replace(observed, values=np.where(gaps, proposed, observed.values), imputed=gaps)


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
    described, values = _described(part)
    measure = Mean({"genetic": (Descent(), 1.0), "geographic": (GreatCircle(), 1.0)})
    far = measure.between(measure.read(languages), measure.read(described)).values
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
    data = source(part)
    languages, rows = [], []
    for key, row in data.rows.items():
        if (data.values[row] >= 0).any() and (language := resolve_standard(key)) is not None:
            languages.append(language)
            rows.append(row)
    return languages, np.nan_to_num(data.values[rows], nan=-1).astype(np.int8)
