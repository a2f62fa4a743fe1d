"""Features of mixes, of target languages and of the pairs of both."""

from __future__ import annotations

from collections.abc import Sequence

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


def target_factors(known: Space, targets: Sequence[str], sources: Sequence[str], sizes: Array) -> Array:
    """What distinguishes target languages before any score of theirs is known.

    Returns
    -------
    array of shape (targets, 7)
        Web text, script without spaces, and closeness to the languages trained on: weighted means of
        combined, script and syntactic similarity, mean combined and genetic distance to the nearest three.
    """
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
    """What a mix offers a target.

    Returns
    -------
    array of shape (rows, targets, features)
        Total dose, number of sources, own dose, similarity-weighted dose; per kind of distance the
        dose-weighted mean over the sources, and for three kinds the distance of the nearest source.
    """
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
