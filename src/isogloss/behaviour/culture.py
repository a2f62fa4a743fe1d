"""Cultural transfer: what demonstrations from one country change in questions about another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.behaviour.countries import country_key
from isogloss.behaviour.culture_arms import Outcomes, arm_outcomes, compare_arms, kind_of
from isogloss.behaviour.items import require
from isogloss.behaviour.tallies import judged
from isogloss.stats.intervals import bootstrap_weights, check_level, percentile_interval

Array = NDArray[np.float64]

DRAWS = 1_000
NO_DEMONSTRATIONS = ("", "none", "zero shot", "zero-shot")
MEANS = ("own", "other", "control", "other_less_control")


@dataclass(frozen=True)
class CulturalTransfer:
    """What demonstrations from each country change in each country.

    Attributes
    ----------
    gains : polars.DataFrame
        For each `model`, `demonstrations_country` and `country`: `gain` (accuracy with these demonstrations less
        `zero_shot`, accuracy without any) with `lower` and `upper`, `accuracy`, `items`, `draws` of demonstrations,
        and `kind`: `own`, `other`, or `control` for demonstrations from no country that is scored. With `arm`, where
        items have it.
    models : polars.DataFrame
        For each `model`, and `arm`: means of the gains of each kind, and of `other` less `control`, with `_lower` and
        `_upper`; null where there is none.
    arms : polars.DataFrame
        Arms compared on the same items and demonstrations: `difference` of the mean gain of a `kind` between `arm` and
        `against`, with `lower` and `upper`; no row where there is one arm.
    level : float
    """

    gains: pl.DataFrame
    models: pl.DataFrame
    arms: pl.DataFrame
    level: float


def score_cultural_transfer(
    items: pl.DataFrame, *, shared: bool = False, level: float = 0.95, draws: int = DRAWS, seed: int = 0
) -> CulturalTransfer:
    """Score what demonstrations of one country change in questions about another.

    Parameters
    ----------
    items : polars.DataFrame
        `item`, `country` (that the item is about), `demonstrations_country` (empty or `none` without demonstrations;
        a name that is no country of items, such as `random`, for controls) and whether it is right; `draw` where
        demonstrations were drawn several times; `arm` where they were put to use in several ways, such as training;
        and `model`. Answers without demonstrations stand for every arm. Items must not be among the demonstrations.
    shared : bool
        Whether items that some demonstrations lack are left out; else they are an error.
    level : float
        Of intervals.
    draws, seed : int
        Of the bootstrap.

    Raises
    ------
    BadValue
        If an item is repeated, is of several countries, or is missing under some demonstrations.
    NotEnoughEvidence
        If answers without demonstrations, or with them, are missing.

    Notes
    -----
    The gain matrix of Almheiri et al. (2025). The bootstrap draws the items of each country and the sets of
    demonstrations of each country with replacement: with one set, intervals cannot hold how far another would differ.
    """
    check_level(level)
    require(items, "item", "country", "demonstrations_country")
    table = judged(items)
    has_arms = "arm" in table.columns
    names = [pl.lit("").alias(name) for name in ("model", "draw", "arm") if name not in table.columns]
    text = pl.col("model", "draw", "arm", "item", "country").cast(pl.String)
    source = pl.col("demonstrations_country").cast(pl.String).fill_null("").str.strip_chars()
    source = pl.when(source.str.to_lowercase().is_in(NO_DEMONSTRATIONS)).then(pl.lit("")).otherwise(source)
    table = table.with_columns(names).with_columns(text, source.alias("demonstrations_country"))
    table = table.with_columns(pl.col("draw", "arm").fill_null(""))
    gains, models, compared = [], [], []
    for (model,), rows in table.group_by("model", maintain_order=True):
        of_arms = {arm: arm_outcomes(some, shared) for arm, some in _by_arm(rows).items()}
        for arm, outcomes in of_arms.items():
            about = {"model": str(model), **({"arm": arm} if has_arms else {})}
            of_gains, of_model = _score(outcomes, level, draws, seed)
            gains.append(of_gains.select(*(pl.lit(value).alias(name) for name, value in about.items()), pl.all()))
            models.append({**about, **of_model})
        compared.append(compare_arms(str(model), of_arms, level, draws, seed))
    about_types = dict.fromkeys(["model", "arm"] if has_arms else ["model"], pl.String)
    types = about_types | {f"{name}{end}": pl.Float64 for name in MEANS for end in ("", "_lower", "_upper")}
    return CulturalTransfer(pl.concat(gains), pl.DataFrame(models, schema=types), pl.concat(compared), level)


def _by_arm(rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The rows of each arm, with the answers without demonstrations."""
    without = pl.col("demonstrations_country") == ""
    arms = rows.filter(~without)["arm"].unique(maintain_order=True).to_list() or [""]
    return {arm: rows.filter(without | (pl.col("arm") == arm)) for arm in arms}


def _score(arm: Outcomes, level: float, draws: int, seed: int) -> tuple[pl.DataFrame, dict[str, float | None]]:
    """The gains of one model in one arm, and their means by kind."""
    right, about = dict(arm.right), arm.countries
    rng = np.random.default_rng(seed)
    zero = right.pop("").mean(0)  # (items,)
    countries = [*dict.fromkeys(about)]
    places = {country: np.flatnonzero(np.array(about) == country) for country in countries}
    drawn_items = {country: bootstrap_weights(len(at), draws=draws, rng=rng) for country, at in places.items()}
    keys = {country_key(country) for country in countries}
    cells, sampled = [], []
    for source, outcomes in right.items():
        sets = bootstrap_weights(len(outcomes), draws=draws, rng=rng) @ outcomes  # (draws, items)
        for country, at in places.items():
            accuracy, before = float(outcomes[:, at].mean()), float(zero[at].mean())
            sample = ((sets[:, at] - zero[at]) * drawn_items[country]).sum(1)
            lower, upper = percentile_interval(sample, level)
            kind = kind_of(source, country, keys)
            sampled.append(sample)
            cells.append(
                {"demonstrations_country": source, "country": country, "kind": kind, "gain": accuracy - before,
                 "lower": float(lower), "upper": float(upper), "accuracy": accuracy, "zero_shot": before,
                 "items": len(at), "draws": len(outcomes)}
            )  # fmt: skip
    gains = pl.DataFrame(cells)
    return gains, _means(gains, np.array(sampled), level)


def _means(gains: pl.DataFrame, samples: Array, level: float) -> dict[str, float | None]:
    """Means of the gains of each kind, and of the difference between other countries and controls."""
    values = gains["gain"].to_numpy()
    of_kind = {kind: (gains["kind"] == kind).to_numpy() for kind in MEANS[:-1]}
    means = {kind: (values[among].mean(), samples[among].mean(0)) for kind, among in of_kind.items() if among.any()}
    if {"other", "control"} <= means.keys():
        (other, drawn), (control, of_control) = means["other"], means["control"]
        means["other_less_control"] = (other - control, drawn - of_control)
    row: dict[str, float | None] = {}
    for name in MEANS:
        value, drawn = means.get(name, (None, None))
        ends = (None, None) if drawn is None else percentile_interval(drawn, level)
        row |= {name: value, f"{name}_lower": ends[0], f"{name}_upper": ends[1]}
    return row
