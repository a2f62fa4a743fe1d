"""Cultural transfer: what demonstrations from one country change in questions about another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.behaviour.countries import country_key
from isogloss.behaviour.items import require
from isogloss.behaviour.tallies import judged, require_once
from isogloss.errors import BadValue, NotEnoughEvidence
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
        and `kind`: `own`, `other`, or `control` for demonstrations from no country that is scored.
    models : polars.DataFrame
        For each `model`: means of the gains of each kind, and of `other` less `control`, with `_lower` and `_upper`;
        null where there is none.
    level : float
    """

    gains: pl.DataFrame
    models: pl.DataFrame
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
        demonstrations were drawn several times, and `model`. Items must not be among the demonstrations.
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
    names = [pl.lit("").alias(name) for name in ("model", "draw") if name not in table.columns]
    text = pl.col("model", "draw", "item", "country").cast(pl.String)
    source = pl.col("demonstrations_country").cast(pl.String).fill_null("").str.strip_chars()
    source = pl.when(source.str.to_lowercase().is_in(NO_DEMONSTRATIONS)).then(pl.lit("")).otherwise(source)
    table = table.with_columns(names).with_columns(text, source.alias("demonstrations_country"))
    table = table.with_columns(pl.col("draw").fill_null(""))
    gains, models = [], []
    for (model,), rows in table.group_by("model", maintain_order=True):
        of_gains, of_model = _score(rows, shared, level, draws, seed)
        gains.append(of_gains.select(pl.lit(str(model)).alias("model"), pl.all()))
        models.append({"model": str(model), **of_model})
    types = {f"{name}{end}": pl.Float64 for name in MEANS for end in ("", "_lower", "_upper")}
    return CulturalTransfer(pl.concat(gains), pl.DataFrame(models, schema={"model": pl.String, **types}), level)


def _score(
    rows: pl.DataFrame, shared: bool, level: float, draws: int, seed: int
) -> tuple[pl.DataFrame, dict[str, float | None]]:
    """The gains of one model, and their means by kind."""
    right, about = _outcomes(rows, shared)
    if "" not in right or len(right) < 2:
        lacking = "with" if "" in right else "without"
        raise NotEnoughEvidence(f"no item is answered {lacking} demonstrations", where="items",
                                hint="give both: leave demonstrations_country empty without")  # fmt: skip
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
            same = country_key(source) == country_key(country)
            kind = "own" if same else "other" if country_key(source) in keys else "control"
            sampled.append(sample)
            cells.append(
                {"demonstrations_country": source, "country": country, "kind": kind, "gain": accuracy - before,
                 "lower": float(lower), "upper": float(upper), "accuracy": accuracy, "zero_shot": before,
                 "items": len(at), "draws": len(outcomes)}
            )  # fmt: skip
    gains = pl.DataFrame(cells)
    return gains, _means(gains, np.array(sampled), level)


def _outcomes(rows: pl.DataFrame, shared: bool) -> tuple[dict[str, Array], list[str]]:
    """Right answers by country of the demonstrations, each (draws, items), and the country of each item."""
    require_once(rows, "item", "demonstrations_country", "draw")
    facts = rows.select("item", "country").unique(maintain_order=True)
    if facts["item"].n_unique() < facts.height:
        item = facts.filter(pl.col("item").is_duplicated())["item"][0]
        raise BadValue(f"item {item} is of several countries", where="items", hint="give each item one country")
    names = facts["item"].to_list()
    right = {}
    for (source,), answers in rows.group_by("demonstrations_country", maintain_order=True):
        sets = answers["draw"].unique(maintain_order=True).to_list()
        outcomes = np.full((len(sets), len(names)), np.nan)
        at = [answers[name].replace_strict(values, range(len(values)), return_dtype=pl.Int64).to_numpy()
              for name, values in (("draw", sets), ("item", names))]  # fmt: skip
        outcomes[at[0], at[1]] = answers["right"].to_numpy()
        right[str(source)] = outcomes
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
    return {source: one[:, kept] for source, one in right.items()}, facts["country"].gather(kept).to_list()


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
