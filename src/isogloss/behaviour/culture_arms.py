"""Right answers of one arm of a study of demonstrations, and arms compared on the same items and demonstrations."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.behaviour.countries import country_key
from isogloss.behaviour.tallies import require_once
from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.stats.intervals import bootstrap_weights, percentile_interval

Array = NDArray[np.float64]

COMPARED = pl.Schema(
    {"model": pl.String, "arm": pl.String, "against": pl.String, "kind": pl.String, "difference": pl.Float64,
     "lower": pl.Float64, "upper": pl.Float64, "items": pl.Int64}
)  # fmt: skip


@dataclass(frozen=True)
class Outcomes:
    """Right answers of one arm.

    Attributes
    ----------
    right : dict of str to numpy.ndarray, shape (sets of demonstrations, items)
        By country of the demonstrations; empty for answers without any.
    sets : dict of str to list of str
        What these sets are called.
    items, countries : list of str
        The items, and the country of each.
    """

    right: dict[str, Array]
    sets: dict[str, list[str]]
    items: list[str]
    countries: list[str]


def kind_of(source: str, country: str, scored: Collection[str]) -> str:
    """Whether demonstrations are of the `own` country, of an `other` that is scored, or a `control`."""
    if country_key(source) == country_key(country):
        return "own"
    return "other" if country_key(source) in scored else "control"


def arm_outcomes(rows: pl.DataFrame, shared: bool) -> Outcomes:
    """Right answers of one arm.

    Raises
    ------
    BadValue
        If an item is repeated, is of several countries, or is missing under some demonstrations.
    NotEnoughEvidence
        If answers without demonstrations, or with them, are missing.
    """
    require_once(rows, "item", "demonstrations_country", "draw")
    facts = rows.select("item", "country").unique(maintain_order=True)
    if facts["item"].n_unique() < facts.height:
        item = facts.filter(pl.col("item").is_duplicated())["item"][0]
        raise BadValue(f"item {item} is of several countries", where="items", hint="give each item one country")
    names = facts["item"].to_list()
    right, names_of_sets = {}, {}
    for (source,), answers in rows.group_by("demonstrations_country", maintain_order=True):
        sets = answers["draw"].unique(maintain_order=True).to_list()
        outcomes = np.full((len(sets), len(names)), np.nan)
        at = [answers[name].replace_strict(values, range(len(values)), return_dtype=pl.Int64).to_numpy()
              for name, values in (("draw", sets), ("item", names))]  # fmt: skip
        outcomes[at[0], at[1]] = answers["right"].to_numpy()
        right[str(source)], names_of_sets[str(source)] = outcomes, sets
    there = ~np.isnan(np.concatenate([*right.values()])).any(0)
    if not there.any():
        raise NotEnoughEvidence(
            "no item is answered under all demonstrations", where="items", hint="check ids of items"
        )
    if not there.all() and not shared:
        raise BadValue(
            f"item {names[int(np.argmin(there))]} is not answered under all demonstrations, nor are "
            f"{int((~there).sum()) - 1:,} others", where="items", hint="leave them out with shared=True",
        )  # fmt: skip
    kept = np.flatnonzero(there)
    if "" not in right or len(right) < 2:
        lacking = "with" if "" in right else "without"
        raise NotEnoughEvidence(f"no item is answered {lacking} demonstrations", where="items",
                                hint="give both: leave demonstrations_country empty without")  # fmt: skip
    some = facts[kept]
    right = {source: one[:, kept] for source, one in right.items()}
    return Outcomes(right, names_of_sets, some["item"].to_list(), some["country"].to_list())


def compare_arms(model: str, arms: Mapping[str, Outcomes], level: float, draws: int, seed: int) -> pl.DataFrame:
    """Differences of mean gains between arms, each against every one before it.

    Notes
    -----
    Of the items that both answered, and the sets of demonstrations that both had. The bootstrap draws items of each
    country and sets anew, the same for both arms; what a model answers without demonstrations cancels out.
    """
    rows = []
    for against, arm in combinations(arms, 2):
        for kind, (difference, sample, items) in _differences(arms[arm], arms[against], draws, seed).items():
            lower, upper = percentile_interval(sample, level)
            rows.append((model, arm, against, kind, difference, float(lower), float(upper), items))
    return pl.DataFrame(rows, schema=COMPARED, orient="row")


def _differences(one: Outcomes, other: Outcomes, draws: int, seed: int) -> dict[str, tuple[float, Array, int]]:
    """By kind of demonstrations: the difference of mean gains, what it is with other draws, and the number of items."""
    rng = np.random.default_rng(seed)
    places = {item: place for place, item in enumerate(other.items)}
    common = [(place, places[item]) for place, item in enumerate(one.items) if item in places]
    if not common:
        return {}
    ours, theirs = np.array(common).T
    countries = np.array(one.countries)[ours]
    of_country = {country: np.flatnonzero(countries == country) for country in dict.fromkeys(countries.tolist())}
    weights = {country: bootstrap_weights(len(at), draws=draws, rng=rng) for country, at in of_country.items()}
    keys = {country_key(country) for country in of_country}
    cells: dict[str, list[tuple[float, Array]]] = {}
    for source in [source for source in one.right if source and source in other.right]:
        labels = [label for label in one.sets[source] if label in other.sets[source]]
        if not labels:
            continue
        first, second = (of.right[source][[of.sets[source].index(label) for label in labels]] for of in (one, other))
        change = first[:, ours] - second[:, theirs]  # (sets, items)
        drawn = bootstrap_weights(len(change), draws=draws, rng=rng) @ change
        for country, at in of_country.items():
            cell = (float(change[:, at].mean()), (drawn[:, at] * weights[country]).sum(1))
            cells.setdefault(kind_of(source, country, keys), []).append(cell)
    return {
        kind: (float(np.mean([value for value, _ in some])), np.mean([sample for _, sample in some], axis=0), len(ours))
        for kind, some in cells.items()
    }
