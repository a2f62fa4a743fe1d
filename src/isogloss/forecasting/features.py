"""Features of mixes, of target languages and of the pairs of both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from isogloss.forecasting.grid import Array
from isogloss.forecasting.space import Space

HALF_FELT = 10.0
"""Number of examples around which `dose` bends from linear to logarithmic."""

SOURCE_LENGTH = 1.5
"""Doses over which the effect of one source, taken by itself, is alike."""
FADED = 1e-10
"""Share of the largest eigenvalue up to which others count for nothing."""

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


class SourceFeatures:
    """Features whose products are kernels of functions that add up over sources (Duvenaud et al. 2011).

    The kernel of two doses of one source, exp(-(x - x')^2 / 2 * 1.5^2), has as many features as the source has doses,
    or as its eigenvalues fade; so the kernel of two mixes is one product of matrices for each target, whatever
    weights the target gives to sources.

    Attributes
    ----------
    sources : array of int of shape (features,)
        The source that each feature is of, whose weight it takes.
    """

    def __init__(self, doses: Array):
        self._levels = [np.unique(column) for column in doses.T]
        self._bases = [_basis(levels) for levels in self._levels]
        self.sources = np.repeat(np.arange(len(self._bases)), [basis.shape[1] for basis in self._bases])

    def of(self, doses: Array) -> Array:
        """Features of mixes, of shape (rows, features)."""
        parts = [
            _dose_kernel(column, levels) @ basis
            for column, levels, basis in zip(doses.T, self._levels, self._bases, strict=True)
        ]
        return np.hstack([np.zeros((len(doses), 0)), *parts])


def _basis(levels: Array) -> Array:
    values, vectors = np.linalg.eigh(_dose_kernel(levels, levels))
    kept = values > FADED * values[-1]
    return np.asarray(vectors[:, kept] / np.sqrt(values[kept]))


def _dose_kernel(rows: Array, columns: Array) -> Array:
    return np.asarray(np.exp((rows[:, None] - columns) ** 2 * (-0.5 / SOURCE_LENGTH**2)))


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
