"""Comparing two observations item by item: selecting them, and paired tests of their difference.

Items are aligned by their id, across languages where a test set is parallel, across models on the same test set. What
both lack an item of is left out and counted.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.errors import BadValue, InputError, NotEnoughEvidence
from isogloss.evidence.schema import IDENTITY, OBSERVATION, observation_keys
from isogloss.evidence.store import Store
from isogloss.evidence.training_mix import TrainingMix
from isogloss.languages import resolve
from isogloss.stats.hypotheses import mcnemar
from isogloss.stats.intervals import DRAWS, paired_bootstrap


def parse_selection(text: str) -> dict[str, str | int]:
    """Read `model=A,target=deu`; languages may be written in any way isogloss knows.

    Raises
    ------
    BadValue
        If a part is not a column and its value.
    UnknownLanguage
    """
    selection: dict[str, str | int] = {}
    for part in _parts(text):
        name, sign, value = (piece.strip() for piece in part.partition("="))
        if not (sign and name and value):
            raise BadValue(f"'{part}' does not say what column has what value", hint="write model=A,target=deu")
        if name == "target":
            value = resolve(value).id
        elif name == "train":
            value = str(TrainingMix.parse(value))
        selection[name] = int(value) if OBSERVATION.get(name) in (pl.Int32, pl.Int64) and value.isdigit() else value
    return selection


def _parts(text: str) -> list[str]:
    """Split at commas that begin a new column; that of a mix does not, nor do those in brackets."""
    parts: list[str] = []
    for piece in text.split(","):
        if not parts or ("=" in piece and parts[-1].count("(") <= parts[-1].count(")")):
            parts.append(piece)
        else:
            parts[-1] += f",{piece}"
    return parts


def find_one(store: Store, selection: dict[str, str | int]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The one observation that fits and has items, as a table of one row, and its items.

    Raises
    ------
    UnknownName
        If nothing fits, naming what there is.
    NotEnoughEvidence
        If what fits has no items.
    InputError
        If several fit, naming a column that tells them apart.
    """
    observations = store.read(**selection).observations
    keyed = observations.with_columns(observation_keys(observations))
    items = store.read_items(keyed["observation"])
    fitting = keyed.filter(pl.col("observation").is_in(items["observation"].unique().implode()))
    said = ", ".join(f"{name}={value}" for name, value in selection.items())
    if fitting.is_empty():
        raise NotEnoughEvidence("has no items", where=said, hint="import results with their items (samples)")
    if fitting.height > 1:
        name = next(name for name in IDENTITY if fitting[name].n_unique() > 1)
        values = ", ".join(map(str, fitting[name].unique().sort().head(8)))
        raise InputError(f"several observations fit: {name} is {values}", where=said, hint=f"add {name}=...")
    return fitting, items


Array = NDArray[np.float64]

SHOWN_BY = 1.96 + 0.8416
"""Standard errors that a difference must be large to show in four of five test sets (80 % power at the 95 % level)."""


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

    @property
    def tie(self) -> bool:
        """Whether the difference is within its error: the interval holds zero."""
        return self.lower <= 0 <= self.upper

    @property
    def smallest_difference(self) -> float:
        """What these items show in four of five cases: 2.80 standard errors (95 % level, 80 % power)."""
        return SHOWN_BY * self.standard_error

    def as_dict(self) -> dict[str, Any]:
        """The comparison as plain values."""
        return {**asdict(self), "tie": self.tie, "smallest_difference": self.smallest_difference}


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
