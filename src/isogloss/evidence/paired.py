"""Paired comparisons: two observations on the same test items differ by less noise than each has alone.

Items are aligned by their id, across languages where a test set is parallel, across models on the same
test set. What both lack an item of is left out and counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from isogloss.errors import BadValue, NotEnoughEvidence

Array = NDArray[np.float64]
DRAWS = 10_000
_CHUNK = 2_000_000  # numbers drawn at once


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


@dataclass(frozen=True)
class Comparison:
    """How two observations differ on the items that both have.

    Attributes
    ----------
    items : int
        Items in common.
    unmatched : int
        Items that only one of them has.
    first, second : float
        Mean scores on the common items.
    difference : float
        First less second.
    standard_error : float
        Of the difference: the standard deviation of the items' differences over the root of their number.
    lower, upper : float
        Percentile interval of the paired bootstrap.
    level : float
    p_value : float or None
        McNemar's, where every item is right or wrong; else None.
    """

    items: int
    unmatched: int
    first: float
    second: float
    difference: float
    standard_error: float
    lower: float
    upper: float
    level: float
    p_value: float | None

    def as_dict(self) -> dict[str, Any]:
        """The comparison as plain values."""
        return asdict(self)


def standard_errors(items: pl.DataFrame) -> pl.DataFrame:
    """Mean score and standard error of each observation, computed from its items.

    Parameters
    ----------
    items : polars.DataFrame
        With the columns of `isogloss.evidence.schema.ITEM`; items without a score are left out.

    Returns
    -------
    polars.DataFrame
        `observation`, `items`, `score`, `standard_error`: s / sqrt(n) with s the standard deviation
        (n - 1 in its denominator); null for a single item.
    """
    scored = items.filter(pl.col("score").is_not_null())
    return scored.group_by("observation", maintain_order=True).agg(
        items=pl.len().cast(pl.Int64),
        score=pl.col("score").mean(),
        standard_error=pl.col("score").std() / pl.len().cast(pl.Float64).sqrt(),
    )


def align(first: pl.DataFrame, second: pl.DataFrame) -> tuple[Array, Array, int]:
    """Scores of two observations on the items they share, and how many only one of them has.

    Parameters
    ----------
    first, second : polars.DataFrame
        Items of one observation each, with columns `item` and `score`.

    Returns
    -------
    first, second : numpy.ndarray
        Scores, (items,) each, in the same order.
    unmatched : int

    Raises
    ------
    BadValue
        If an item stands twice in one of them.
    NotEnoughEvidence
        If they share none.
    """
    for name, items in (("first", first), ("second", second)):
        if items["item"].is_duplicated().any():
            twice = items.filter(pl.col("item").is_duplicated())["item"][0]
            raise BadValue(f"the item '{twice}' stands twice in the {name}", hint="compare one observation with one")
    kept = [items.filter(pl.col("score").is_not_null()) for items in (first, second)]
    both = kept[0].join(kept[1], on="item", maintain_order="left")
    if both.is_empty():
        raise NotEnoughEvidence("the two share no item", hint="compare observations on the same test items")
    unmatched = first.height + second.height - 2 * both.height
    return both["score"].to_numpy(), both["score_right"].to_numpy(), unmatched


def compare(
    first: pl.DataFrame, second: pl.DataFrame, *, level: float = 0.95, draws: int = DRAWS, seed: int = 0
) -> Comparison:
    """Compare two observations item by item.

    Parameters
    ----------
    first, second : polars.DataFrame
        Items of one observation each, with columns `item` and `score`.
    level : float
        Of the interval.
    draws, seed : int
        Of the bootstrap.

    Raises
    ------
    BadValue, NotEnoughEvidence
        See `align`; also if they share a single item, or the level is no probability.
    """
    ours, theirs, unmatched = align(first, second)
    lower, upper = paired_bootstrap(ours, theirs, level=level, draws=draws, seed=seed)
    differences = ours - theirs
    binary = bool(np.isin(ours, (0, 1)).all() and np.isin(theirs, (0, 1)).all())
    return Comparison(
        items=len(ours),
        unmatched=unmatched,
        first=float(ours.mean()),
        second=float(theirs.mean()),
        difference=float(differences.mean()),
        standard_error=float(differences.std(ddof=1) / np.sqrt(len(differences))),
        lower=lower,
        upper=upper,
        level=level,
        p_value=mcnemar(ours, theirs).p_value if binary else None,
    )


def paired_bootstrap(
    first: ArrayLike, second: ArrayLike, *, level: float = 0.95, draws: int = DRAWS, seed: int = 0
) -> tuple[float, float]:
    """Interval of the mean difference when the items are drawn anew, pairs kept together.

    Parameters
    ----------
    first, second : array-like
        Scores of the same items, (items,) each.
    level : float
    draws, seed : int

    Returns
    -------
    lower, upper : float
        Percentiles of the means of `draws` samples of as many items, with replacement (Efron and
        Tibshirani 1993, An introduction to the bootstrap, chapter 13). Too narrow for a few dozen items.

    Raises
    ------
    NotEnoughEvidence
        If there are fewer than two items.
    BadValue
        If the level is no probability.
    """
    if not 0 < level < 1:
        raise BadValue(f"level {level:g} is no probability", hint="give one between 0 and 1, such as 0.95")
    differences = np.asarray(first, float) - np.asarray(second, float)  # (items,)
    count = len(differences)
    if count < 2:
        raise NotEnoughEvidence("a single item tells nothing about others")
    random = np.random.default_rng(seed)
    # How often each different difference is drawn is multinomial, which is the same and much less to draw.
    values, times = np.unique(differences, return_counts=True)
    share = max(1, _CHUNK // len(values))
    means = [
        random.multinomial(count, times / count, size=min(share, draws - done)) @ values / count
        for done in range(0, draws, share)
    ]
    lower, upper = np.quantile(np.concatenate(means), [(1 - level) / 2, (1 + level) / 2])
    return float(lower), float(upper)


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
    from scipy.stats import binomtest

    ours, theirs = np.asarray(first, float), np.asarray(second, float)
    if not (np.isin(ours, (0, 1)).all() and np.isin(theirs, (0, 1)).all()):
        raise BadValue("some items are neither right nor wrong", hint="compare their means with paired_bootstrap")
    both, only_first = int((ours * theirs).sum()), int((ours * (1 - theirs)).sum())
    only_second = int(((1 - ours) * theirs).sum())
    uneven = only_first + only_second
    p_value = float(binomtest(only_first, uneven, 0.5).pvalue) if uneven else 1.0
    return McNemar(both, only_first, only_second, len(ours) - both - uneven, p_value)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm's (1979) step-down correction of p-values, in their order.

    What was not tested (None) neither counts nor gets a value.
    """
    tested = sorted((p, position) for position, p in enumerate(p_values) if p is not None)
    corrected: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, position) in enumerate(tested):
        largest = max(largest, min(1.0, p * (len(tested) - rank)))
        corrected[position] = largest
    return corrected
