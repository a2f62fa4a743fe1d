"""Paired comparisons: two observations on the same test items differ by less noise than each has alone.

Items are aligned by their id, across languages where a test set is parallel, across models on the same
test set. What both lack an item of is left out and counted.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.stats.bootstrap import DRAWS, paired_bootstrap
from isogloss.stats.hypotheses import mcnemar

Array = NDArray[np.float64]


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
