"""Items that are harder in one language, or in one group of languages, than they are in the others.

Differential item functioning: a mistranslated item is one that models fail in one language and know in the others; an
item bound to a culture is one whose difficulty moves in a group of languages together.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from isogloss.behaviour.item_response import Cube, ItemResponse

Array = NDArray[np.float64]

NODES = 11
"""Of the Gauss-Hermite quadrature over the ordinary spread of difficulties."""


def count_distributions(cube: Cube, fitted: ItemResponse) -> Array:
    """Probabilities of 0, 1, ... right answers to each item in each language, shape (items, languages, models + 1).

    If the item is no harder in the language than its difficulty elsewhere and the ordinary spread of difficulties
    between languages say: a mixture over that spread of sums of Bernoulli variables (Poisson-binomial), exact.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    weights = weights / weights.sum()
    spread = np.sqrt(fitted.variances_["item_language"])
    logits, answered = fitted.logits(cube, own=False), ~np.isnan(cube.right)
    models, items, languages = cube.right.shape
    mixed = np.zeros((items, languages, models + 1))
    for node, weight in zip(nodes, weights, strict=True):
        probability = np.where(answered, expit(logits + spread * node), 0.0)
        counts = np.zeros((items, languages, models + 1))
        counts[..., 0] = 1.0
        for one in probability:  # (items, languages)
            more = one[..., None]
            counts[..., 1:] = counts[..., 1:] * (1 - more) + counts[..., :-1] * more
            counts[..., 0] *= 1 - one
        mixed += weight * counts
    return mixed


def language_p_values(cube: Cube, counts: Array) -> tuple[Array, Array]:
    """One-sided p-values of items being harder in each language, and how many right answers fewer than expected.

    Returns
    -------
    p, shortfall : numpy.ndarray, shape (items, languages)
        Not a number where nobody answered.
    """
    right = np.nansum(cube.right, axis=0).astype(int)
    answered = (~np.isnan(cube.right)).sum(axis=0)
    p = np.take_along_axis(counts.cumsum(axis=-1), right[..., None], axis=-1)[..., 0]
    expected = counts @ np.arange(counts.shape[-1])
    missing = answered == 0
    return np.where(missing, np.nan, np.minimum(p, 1.0)), np.where(missing, np.nan, expected - right)


def group_p_values(cube: Cube, counts: Array, groups: Sequence[Sequence[int]]) -> tuple[Array, Array]:
    """Two-sided p-values of items being harder or easier in each group of languages, and the shortfall.

    Returns
    -------
    p, shortfall : numpy.ndarray, shape (items, groups)
    """
    right = np.nansum(cube.right, axis=0).astype(int)
    p_values, shortfalls = [], []
    for group in groups:
        whole = counts[:, group[0]]
        for language in group[1:]:
            whole = _sums(whole, counts[:, language])
        total = right[:, list(group)].sum(axis=1)
        below = np.take_along_axis(whole.cumsum(axis=1), total[:, None], axis=1)[:, 0]
        at = np.take_along_axis(whole, total[:, None], axis=1)[:, 0]
        p_values.append(np.minimum(1.0, 2 * np.minimum(below, 1 - below + at)))
        shortfalls.append(whole @ np.arange(whole.shape[1]) - total)
    return np.column_stack(p_values), np.column_stack(shortfalls)


def _sums(first: Array, second: Array) -> Array:
    """The distribution of sums of two counts, item by item."""
    found = np.zeros((len(first), first.shape[1] + second.shape[1] - 1))
    for count in range(second.shape[1]):
        found[:, count : count + first.shape[1]] += first * second[:, [count]]
    return found
