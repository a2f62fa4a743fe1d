"""Features of languages, of training mixes, and of pairs of a mix and a language."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from isogloss.forecasting.grid import Array
from isogloss.languages import resolve, resources, written_without_spaces
from isogloss.languages.distance import distance_matrices
from isogloss.languages.near_identical import relatives
from isogloss.languages.varieties import variety_cache

HALF_FELT = 10.0
"""Number of examples around which `dose` bends from linear to logarithmic."""

PAIR_KINDS = ("syntactic", "phonological", "inventory", "genetic", "geographic", "script", "combined")
NEAREST_KINDS = ("combined", "genetic", "script")
SIMILARITY_REACH = 0.15
"""Combined distance over which a source's examples lose a factor e of their worth to a target."""

LINGUISTIC, LEXICAL, DATA, ADAPTATION, MEASURED_LANGUAGES, OTHER_SETTINGS = (
    "linguistic similarity",
    "lexical overlap",
    "pretraining data",
    "adaptation data",
    "measured languages",
    "same language in other settings",
)
"""Groups of features."""


class Feature(NamedTuple):
    """A feature's name, its group, and what it is."""

    name: str
    group: str
    description: str


def _distances(kinds: Sequence[str], what: str, description: str) -> tuple[Feature, ...]:
    return tuple(
        Feature(f"{kind} distance of the {what}", LEXICAL if kind == "script" else LINGUISTIC, description)
        for kind in kinds
    )


PAIR_FEATURES = (
    Feature("all examples", ADAPTATION, "log(1 + all examples of the mix)"),
    Feature("number of sources", ADAPTATION, "languages of the mix"),
    Feature("own examples", ADAPTATION, "dose of the target's own examples"),
    Feature("examples of kin", ADAPTATION, "dose of examples weighted by similarity to the target"),
    *_distances(PAIR_KINDS, "sources", "mean over the sources, weighted by their doses"),
    *_distances(NEAREST_KINDS, "nearest source", "minimum over the sources"),
)
"""What a mix offers a target, as `pair_features` orders it."""

LANGUAGE_FEATURES = (
    Feature("web text", DATA, "log10 of the MiB of web text in CC-100"),
    Feature("script without spaces", LEXICAL, "1 where the script leaves out spaces between words"),
    Feature("combined closeness to the sources", LINGUISTIC, "1 - combined distance, mean weighted by dose"),
    Feature("same script as the sources", LEXICAL, "1 - script distance, mean weighted by dose"),
    Feature("syntactic closeness to the sources", LINGUISTIC, "1 - syntactic distance, mean weighted by dose"),
    Feature("combined distance of the three nearest sources", LINGUISTIC, "mean combined distance"),
    Feature("genetic distance of the three nearest sources", LINGUISTIC, "mean genetic distance"),
)
"""What distinguishes target languages before any score of theirs is known, as `language_features` orders it."""

TYPICAL_DISTANCE = {
    "combined": 0.55,
    "syntactic": 0.6,
    "phonological": 0.4,
    "inventory": 0.5,
    "genetic": 1.0,
    "geographic": 0.35,
    "script": 1.0,
}
"""Stands in where two languages have nothing known in common. Fixed, so that what one query gets
does not depend on which others are asked beside it."""


@dataclass(frozen=True)
class Space:
    """Distances and factors of some languages.

    Attributes
    ----------
    languages : tuple of str
    distance : dict of str to array of shape (languages, languages)
        One matrix per kind of `TYPICAL_DISTANCE`, without gaps.
    web_text : array of shape (languages,)
        log10 of the MiB of web text in CC-100, 0 for languages that it has no size of: how well
        resourced a language is, whatever the model.
    unspaced : array of shape (languages,)
        1 where the script leaves out spaces between words.
    """

    languages: tuple[str, ...]
    distance: dict[str, Array]
    web_text: Array
    unspaced: Array

    def holds(self, languages: Sequence[str]) -> bool:
        """Whether all of some languages are in it."""
        return all(language in self._position for language in languages)

    def take(self, languages: tuple[str, ...]) -> Space:
        """Only some of the languages."""
        if languages == self.languages:
            return self
        at = self.at(languages)
        matrices = {kind: values[np.ix_(at, at)] for kind, values in self.distance.items()}
        return Space(languages, matrices, self.web_text[at], self.unspaced[at])

    def at(self, languages: Sequence[str]) -> list[int]:
        """Positions of `languages`."""
        return [self._position[language] for language in languages]

    @cached_property
    def _position(self) -> dict[str, int]:
        return {language: index for index, language in enumerate(self.languages)}

    def between(self, kind: str, rows: Sequence[str], columns: Sequence[str]) -> Array:
        """Distances of one kind, of shape (rows, columns)."""
        return self.distance[kind][np.ix_(self.at(rows), self.at(columns))]


def space(*groups: Sequence[str]) -> Space:
    """The space of all languages in `groups`."""
    return _space(tuple(sorted({language for group in groups for language in group})))


@variety_cache(maxsize=64)
def _space(languages: tuple[str, ...]) -> Space:
    """Taken from a wider space, where there is one: folds ask for parts of the same languages again and again."""
    wider = next((one for one in _spaces() if one.holds(languages)), None)
    if wider is None:
        wider = _measure(languages)
        _spaces().appendleft(wider)
    return wider.take(languages)


@variety_cache(maxsize=1)
def _spaces() -> deque[Space]:
    return deque(maxlen=8)


def _measure(languages: tuple[str, ...]) -> Space:
    measured = distance_matrices(languages, TYPICAL_DISTANCE)
    matrices = {kind: np.where(np.isnan(measured[kind]), gap, measured[kind]) for kind, gap in TYPICAL_DISTANCE.items()}
    return Space(
        languages,
        matrices,
        np.array([web_text(language) for language in languages]),
        np.array([float(written_without_spaces(language)) for language in languages]),
    )


@variety_cache(1)
def _gibibytes() -> dict[str, float]:
    return resources("cc100")


@variety_cache(1 << 14)
def web_text(identifier: str) -> float:
    """log10 of the MiB of web text in CC-100 of a language or, where it has none, of a near-identical relative.

    0 where no size is known, which need not mean that there is no text.
    """
    gibibytes = _gibibytes()
    language = resolve(identifier)
    names = (identifier, language.iso639_3, language.macro, *language.members, *relatives(identifier))
    known = next((gibibytes[name] for name in names if name in gibibytes), None)
    return float(np.log10(1024 * known)) if known else 0.0


def dose(sizes: Array) -> Array:
    """log(1 + examples / 10): returns diminish with every further example."""
    return np.log1p(sizes / HALF_FELT)


def own_dose(sizes: Array, sources: Sequence[str], targets: Sequence[str]) -> Array:
    """Dose of each target's own examples in each mix, of shape (rows, targets)."""
    doses = dose(sizes)
    column = {source: position for position, source in enumerate(sources)}
    own = np.zeros((len(sizes), len(targets)))
    for position, target in enumerate(targets):
        if target in column:
            own[:, position] = doses[:, column[target]]
    return own


def total_dose(sizes: Array) -> Array:
    """log(1 + all examples), of shape (rows,)."""
    return np.log1p(sizes.sum(1))


def dose_shares(sizes: Array) -> Array:
    """Each source's share of a mix's doses; all zero for an empty mix."""
    doses = dose(sizes)
    return doses / np.maximum(doses.sum(1, keepdims=True), 1e-9)


def energy_distance(rows: Array, columns: Array, distance: Array) -> Array:
    """Energy distance between mixes: 2 E|a-b| - E|a-a'| - E|b-b'|, with sources drawn by their shares.

    Parameters
    ----------
    rows, columns : arrays of shape (mixes, sources)
        Shares.
    distance : array of shape (sources, sources)

    Returns
    -------
    array of shape (rows, columns)
    """
    within_rows = np.einsum("ij,jk,ik->i", rows, distance, rows, optimize=True)
    within_columns = np.einsum("ij,jk,ik->i", columns, distance, columns, optimize=True)
    crossed = 2 * rows @ distance @ columns.T
    return np.maximum(crossed - within_rows[:, None] - within_columns, 0)


def language_features(known: Space, targets: Sequence[str], sources: Sequence[str], sizes: Array) -> Array:
    """`LANGUAGE_FEATURES` of some targets, given what was trained on; of shape (targets, features)."""
    columns = [known.web_text[known.at(targets)], known.unspaced[known.at(targets)]]
    weights = dose(sizes).mean(0) if len(sources) else np.zeros(0)
    if weights.sum() == 0:
        return np.column_stack([*columns, *np.zeros((5, len(targets)))])
    weights = weights / weights.sum()
    columns += [(1 - known.between(kind, targets, sources)) @ weights for kind in ("combined", "script", "syntactic")]
    itself = np.array(targets)[:, None] == np.array(sources)[None, :]
    for kind in ("combined", "genetic"):
        others = np.where(itself, 1.0, known.between(kind, targets, sources))
        columns.append(np.sort(others, axis=1)[:, :3].mean(1))
    return np.column_stack(columns)


def pair_features(known: Space, sizes: Array, sources: Sequence[str], targets: Sequence[str]) -> Array:
    """`PAIR_FEATURES` of mixes and targets, of shape (rows, targets, features)."""
    rows, width = len(sizes), len(targets)
    shares = dose_shares(sizes)
    similarity = np.exp(-known.between("combined", sources, targets) / SIMILARITY_REACH)
    layers = [
        np.repeat(total_dose(sizes)[:, None], width, axis=1),
        np.repeat((sizes > 0).sum(1)[:, None].astype(float), width, axis=1),
        own_dose(sizes, sources, targets),
        dose(sizes @ similarity),
    ]
    trained = sizes > 0
    for kind in PAIR_KINDS:
        layers.append(shares @ known.between(kind, sources, targets))
    for kind in NEAREST_KINDS:
        layers.append(_nearest(trained, known.between(kind, sources, targets)))
    return np.stack(layers, axis=2).reshape(rows, width, -1)


def _nearest(trained: np.ndarray, distance: Array) -> Array:
    """Distance from each target to the nearest source of each row; 1 for a row without sources."""
    if (trained.sum(1) == 1).all():
        return distance[trained.argmax(1)]
    nearest = np.ones((len(trained), distance.shape[1]))
    for source in range(trained.shape[1]):
        rows = trained[:, source]
        nearest[rows] = np.minimum(nearest[rows], distance[source])
    return nearest
