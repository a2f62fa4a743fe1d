"""Tests of hypotheses, and corrections where several are tested at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isogloss.errors import BadValue


@dataclass(frozen=True)
class McNemar:
    """McNemar's exact test of whether two observations are right equally often.

    Attributes
    ----------
    both, only_first, only_second, neither : int
        Items that were right.
    p_value : float
        Two-sided, of at least so uneven a split of the items that only one of them got right.
    """

    both: int
    only_first: int
    only_second: int
    neither: int
    p_value: float


def mcnemar(first: ArrayLike, second: ArrayLike) -> McNemar:
    """McNemar's exact test on items that are right (1) or wrong (0).

    Parameters
    ----------
    first, second : array-like
        Correctness of the same items, (items,) each.

    Notes
    -----
    Under equality an item that only one got right is as likely the first's as the second's: the p-value
    is that of a two-sided binomial test of `only_first` in `only_first + only_second` with probability
    one half (McNemar 1947; exact form as in Fagerland, Lydersen and Laake 2013). 1 if there is no such item.

    Raises
    ------
    BadValue
        If an item is neither right nor wrong.
    """
    from scipy.special import bdtr

    ours, theirs = np.asarray(first, float), np.asarray(second, float)
    if not (np.isin(ours, (0, 1)).all() and np.isin(theirs, (0, 1)).all()):
        raise BadValue("some items are neither right nor wrong", hint="compare their means with paired_bootstrap")
    both, only_first = int((ours * theirs).sum()), int((ours * (1 - theirs)).sum())
    only_second = int(((1 - ours) * theirs).sum())
    uneven = only_first + only_second
    p_value = min(2 * float(bdtr(min(only_first, only_second), uneven, 0.5)), 1.0)
    return McNemar(both, only_first, only_second, len(ours) - both - uneven, p_value)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm's (1979) step-down correction of p-values, in their order.

    The i-th smallest of m p-values is multiplied by m - i + 1, and none may be smaller than the one before. What was
    not tested (None) neither counts nor gets a value.
    """
    tested = sorted((p, position) for position, p in enumerate(p_values) if p is not None)
    corrected: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, position) in enumerate(tested):
        largest = max(largest, min(1.0, p * (len(tested) - rank)))
        corrected[position] = largest
    return corrected


def benjamini_hochberg(p_values: ArrayLike) -> list[float]:
    """Smallest false discovery rate at which each hypothesis is rejected (Benjamini and Hochberg 1995).

    The i-th smallest of m p-values is multiplied by m / i, and none may be larger than the one after.
    """
    p = np.asarray(p_values, dtype=float)
    falling = np.argsort(p, kind="stable")[::-1]
    corrected = np.empty_like(p)
    corrected[falling] = np.minimum.accumulate(p[falling] * len(p) / np.arange(len(p), 0, -1))
    return [float(q) for q in np.minimum(corrected, 1.0)]


def permutation_p_value(observed: float, permuted: ArrayLike) -> float:
    """(1 + permutations at least as extreme) / (1 + permutations), the larger the more extreme.

    The observed value counts as one of its permutations (Phipson and Smyth 2010); values that rounding tells apart
    count as equal.
    """
    beyond = _at_least(observed, permuted)
    return float((1 + beyond.sum()) / (1 + len(beyond)))


def _at_least(observed: float, permuted: ArrayLike) -> NDArray[np.bool_]:
    return np.asarray(permuted, dtype=float) >= observed * (1 - 1e-9)


DECIDED = 0.05
"""p-value above which `sequential_p_value` looks no further."""


def sequential_p_value(observed: float, permuted: Iterable[ArrayLike], most: int) -> float:
    """`permutation_p_value`, from fewer permutations where it is sure to be above .05.

    Parameters
    ----------
    observed : float
    permuted : iterable of array-like
        Values under permutations, piece by piece; pieces are taken as long as they are needed.
    most : int
        Permutations in all pieces together.

    Returns
    -------
    float
        The h-th value at least as extreme ends the search, h the least whole number above .05 most, and p is h over
        the number of permutations until then; with fewer of them in all, it is `permutation_p_value`.

    Notes
    -----
    Besag and Clifford (1991): as exact as the p-value of all permutations, for P(p <= a) <= a holds for both. Values
    up to .05 are those of all permutations, and no other is up to .05, so decisions at that level (and at that false
    discovery rate, which only these p-values decide) are the same.
    """
    enough = int(DECIDED * most + 1e-9) + 1
    extreme = taken = 0
    for piece in permuted:
        beyond = np.cumsum(_at_least(observed, piece))
        if extreme + beyond[-1] >= enough:
            return enough / (taken + 1 + int(np.searchsorted(beyond, enough - extreme)))
        extreme, taken = extreme + int(beyond[-1]), taken + len(beyond)
    return (1 + extreme) / (1 + taken)
