"""Distances by descent, place and script, and the mean of several: what each reads of a language, and its formula.

Every measure reads its languages once and then answers for any rows and columns of them, so that large
matrices can be made in blocks. Formulas, ranges and sources are in docs/methods/languages.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from isogloss.languages.language import Language
from isogloss.languages.sources import source
from isogloss.languages.typology import described
from isogloss.languages.varieties import languoid

Matrix = NDArray[np.float64]
State = tuple[Any, ...]
"""What a measure has read of its languages: arrays, the first axis of each being the languages."""

NO_FAMILIES = frozenset(
    {"Artificial Language", "Bookkeeping", "Mixed Language", "Pidgin", "Sign Language", "Speech Register",
     "Unattested", "Unclassifiable"}
)  # fmt: skip
"""What Glottolog files together without claiming descent from one ancestor."""


class Measured(NamedTuple):
    """Distances and what they rest on, both of shape (rows, columns)."""

    values: Matrix
    coverage: Matrix


class Measure(Protocol):
    """A kind of distance."""

    def read(self, languages: Sequence[Language]) -> State:
        """What the formula needs of each language."""
        ...

    def between(self, left: State, right: State) -> Measured:
        """The distance of each on the left from each on the right."""
        ...


class Descent:
    """URIEL's distance on lines of descent: `2 / pi * arccos(shared / sqrt(a b))`.

    `a` and `b` are the depths of the two languages in their family trees, themselves included, and
    `shared` is the number of ancestors they have in common.
    """

    def __init__(self) -> None:
        self._nodes: dict[tuple[str, ...], int] = {}  # a node is known by the way down to it: names recur

    def read(self, languages: Sequence[Language]) -> State:
        paths = [_path(language) for language in languages]
        deepest = max(map(len, paths), default=0)
        nodes = np.full((len(paths), deepest), -1, dtype=np.int32)
        for row, path in enumerate(paths):
            for depth in range(1, len(path) + 1):
                nodes[row, depth - 1] = self._nodes.setdefault(path[:depth], len(self._nodes))
        return nodes, np.array([len(path) for path in paths], dtype=float)

    def between(self, left: State, right: State) -> Measured:
        (nodes, depths), (other_nodes, other_depths) = left, right
        shared = np.zeros((len(depths), len(other_depths)), dtype=np.int16)
        for depth in range(min(nodes.shape[1], other_nodes.shape[1])):
            here = np.where(nodes[:, depth] < 0, -2, nodes[:, depth])  # the end of one path is not that of another
            shared += here[:, None] == other_nodes[None, :, depth]
        product = np.outer(depths, other_depths)
        known = product > 0
        values = np.where(known, 1.0, np.nan)
        related = shared > 0  # few are: most angles need not be computed
        cosine = shared[related] / np.sqrt(product[related])
        values[related] = 2 / np.pi * np.arccos(np.clip(cosine, 0.0, 1.0))
        return Measured(values, known.astype(float))


def _path(language: Language) -> tuple[str, ...]:
    place = languoid(language.code)
    path = place.path if place else ()
    return path[1:] if path[:1] and path[0] in NO_FAMILIES else path


class GreatCircle:
    """Great-circle distance as a share of half the earth's circumference (20,015 km): the haversine formula."""

    def read(self, languages: Sequence[Language]) -> State:
        places = (languoid(language.code) for language in languages)
        degrees = [(place.latitude, place.longitude) if place else (np.nan, np.nan) for place in places]
        return (np.radians(np.array(degrees, dtype=float).reshape(-1, 2)),)

    def between(self, left: State, right: State) -> Measured:
        (latitude, longitude), (other_latitude, other_longitude) = left[0].T, right[0].T
        half_chord = np.sin((longitude[:, None] - other_longitude) / 2) ** 2
        half_chord *= np.cos(latitude)[:, None] * np.cos(other_latitude)
        half_chord += np.sin((latitude[:, None] - other_latitude) / 2) ** 2
        values = 2 / np.pi * np.arcsin(np.sqrt(np.clip(half_chord, 0.0, 1.0)))
        return Measured(values, (~np.isnan(values)).astype(float))


class SameScript:
    """0 if both are written in the same script (ISO 15924), else 1."""

    def read(self, languages: Sequence[Language]) -> State:
        return (np.array([int.from_bytes(language.script.encode()) for language in languages], dtype=np.int64),)

    def between(self, left: State, right: State) -> Measured:
        differ = (left[0][:, None] != right[0][None, :]).astype(float)
        return Measured(differ, np.ones_like(differ))


class Groups:
    """The angle between URIEL's own vectors of descent, which are too wide and too empty for `Angular`."""

    def read(self, languages: Sequence[Language]) -> State:
        from scipy import sparse

        rows = (described(language.code, "uriel-genetic")[0] for language in languages)
        memberships = [(np.flatnonzero(row == 1), not np.isnan(row).all()) for row in rows]
        groups = [members for members, _ in memberships]
        starts = np.cumsum([0, *map(len, groups)])
        columns = np.concatenate(groups) if groups else np.zeros(0, dtype=int)
        shape = (len(groups), len(source("uriel-genetic").names))
        matrix = sparse.csr_matrix((np.ones(len(columns)), columns, starts), shape=shape)
        return matrix, np.diff(starts).astype(float), np.array([known for _, known in memberships], dtype=bool)

    def between(self, left: State, right: State) -> Measured:
        (groups, size, known), (other_groups, other_size, other_known) = left, right
        both = (groups @ other_groups.T).toarray()
        common = known[:, None] & other_known
        values = np.where(common, 1.0, np.nan)
        related = both > 0
        cosine = both[related] / np.sqrt(np.outer(size, other_size)[related])
        values[related] = 2 / np.pi * np.arccos(np.clip(cosine, 0.0, 1.0))
        everyone = float(groups.shape[1])  # a language in no group points nowhere in particular
        for row in np.flatnonzero(size == 0):
            values[row] = np.where(common[row], _to_nowhere(other_size, everyone), np.nan)
        for column in np.flatnonzero(other_size == 0):
            values[:, column] = np.where(common[:, column], _to_nowhere(size, everyone), np.nan)
        return Measured(values, common.astype(float))


def _to_nowhere(sizes: Matrix, width: float) -> Matrix:
    """Angles between vectors of `sizes` ones and one whose components are all alike."""
    angles: Matrix = 2 / np.pi * np.arccos(np.where(sizes == 0, 1.0, np.sqrt(sizes / width)))
    return angles


class Mean:
    """The weighted mean of those of several distances that are known; NaN where none is."""

    def __init__(self, parts: Mapping[str, tuple[Measure, float]]):
        self.parts = [part for part in parts.values() if part[1] > 0]

    def read(self, languages: Sequence[Language]) -> State:
        return tuple(_Whole(measure.read(languages)) for measure, _ in self.parts)

    def between(self, left: State, right: State) -> Measured:
        values = (
            measure.between(here.state, there.state).values
            for (measure, _), here, there in zip(self.parts, left, right, strict=True)
        )
        return mean_of_known(values, [share for _, share in self.parts])


def mean_of_known(parts: Iterable[Matrix], shares: Sequence[float]) -> Measured:
    """The mean of those matrices that are known in each cell, weighted by their shares; NaN where none is."""
    total: Any = None
    weight: Any = None
    for values, share in zip(parts, shares, strict=True):
        if total is None:
            total, weight = np.zeros_like(values), np.zeros_like(values)
        known = ~np.isnan(values)
        np.add(total, values if share == 1.0 else values * share, out=total, where=known)
        np.add(weight, share, out=weight, where=known)
    with np.errstate(invalid="ignore"):
        return Measured(np.where(weight > 0, total / weight, np.nan), weight / sum(shares))


class _Whole:
    """The state of one part of a mean, cut into blocks as one."""

    def __init__(self, state: State):
        self.state = state

    def __getitem__(self, rows: slice) -> _Whole:
        return _Whole(tuple(part[rows] for part in self.state))
