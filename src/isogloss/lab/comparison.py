"""Which recipe is better, and whether that may be chance: paired by test item, corrected for how many are compared."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import polars as pl

from isogloss.evidence.schema import observation_keys
from isogloss.evidence.store import Store
from isogloss.lab.transfer import Findings
from isogloss.stats.hypotheses import holm
from isogloss.stats.intervals import bootstrap_p_value, bootstrap_ratios, percentile_interval

_CONDITION = ["pair", "source", "size", "shown", "shown_size", "seed", "target"]
_SCHEMA = {
    "task": pl.String, "metric": pl.String, "target": pl.String, "first": pl.String, "second": pl.String,
    "cells": pl.Int64, "items": pl.Int64, "first_score": pl.Float64, "second_score": pl.Float64,
    "difference": pl.Float64, "lower": pl.Float64, "upper": pl.Float64, "p": pl.Float64, "p_holm": pl.Float64,
}  # fmt: skip


def compare_recipes(findings: Findings, store: Store, *, by_target: bool = False, seed: int = 0) -> pl.DataFrame:
    """Compare every two recipes (and models) of a grid on the test items that both answered.

    Parameters
    ----------
    findings : Findings
    store : Store
        Which has the items.
    by_target : bool
        Compare within each target language instead of over all of them.
    seed : int
        Of the bootstrap.

    Returns
    -------
    polars.DataFrame
        One row per pair (and target): `first` and `second`, recipes, after their model if there are several;
        `cells`, how many trainings and targets both have; `items`, how many different test items those are about;
        mean scores; `difference`, first less second; its 95 % interval; `p`, two-sided; `p_holm`, corrected for all
        rows of the same task.

    Notes
    -----
    Where translations share their item, they are drawn together: an item is drawn with all its outcomes in all
    languages and trainings, and the mean of these is recomputed (a cluster bootstrap; Efron and Tibshirani 1993,
    chapter 8). So the interval is about other test items, not about other languages or seeds. See
    `isogloss.stats.bootstrap_p_value` and `isogloss.stats.holm` for the p-values.
    """
    observations = findings.observations
    if observations.is_empty():
        return pl.DataFrame(schema=_SCHEMA)
    keyed = observations.with_columns(observation_keys(observations))
    items = store.read_items(keyed["observation"])
    scored = items.filter(pl.col("score").is_not_null()).select("observation", "item", item_score="score")
    # A model is named only where there are several: names are long enough.
    parts = ["recipe"] if observations["model"].n_unique() == 1 else ["model", "recipe"]
    outcomes = keyed.join(scored, on="observation").with_columns(arm=pl.concat_str(parts, separator=" "))
    rows: list[dict[str, Any]] = []
    for (task, metric), of_task in outcomes.group_by("task", "metric", maintain_order=True):
        shared = {"task": task, "metric": metric}
        groups = of_task.partition_by("target", maintain_order=True) if by_target else [of_task]
        tested = [row for group in groups for row in _pairs(group, seed, by_target)]
        corrected = holm([row["p"] for row in tested])
        rows += [shared | row | {"p_holm": p_holm} for row, p_holm in zip(tested, corrected, strict=True)]
    return pl.DataFrame(rows, schema=_SCHEMA)


def _pairs(outcomes: pl.DataFrame, seed: int, by_target: bool) -> list[dict[str, Any]]:
    rows = []
    for first, second in combinations(sorted(outcomes["arm"].unique()), 2):
        one, other = (
            outcomes.filter(arm=arm).select(*_CONDITION, "item", "item_score", "observation") for arm in (first, second)
        )
        both = one.join(other, on=[*_CONDITION, "item"], suffix="_second", nulls_equal=True)
        if both.is_empty():
            continue
        row = {"first": first, "second": second, **_difference(both, seed)}
        rows.append({"target": both["target"][0] if by_target else None, **row})
    return rows


def _difference(both: pl.DataFrame, seed: int) -> dict[str, Any]:
    by_item = both.group_by("item").agg(
        difference=(pl.col("item_score") - pl.col("item_score_second")).sum(), outcomes=pl.len()
    )
    by_item = by_item.sort("item")  # so that draws do not depend on the order of groups
    sums, sizes = by_item["difference"].to_numpy(), by_item["outcomes"].to_numpy()
    means = bootstrap_ratios(sums, sizes, seed=seed)
    lower, upper = percentile_interval(means)
    first, second = (float(both[name].to_numpy().mean()) for name in ("item_score", "item_score_second"))
    return {
        "cells": both["observation"].n_unique(), "items": len(sums), "first_score": first, "second_score": second,
        "difference": first - second, "lower": float(lower), "upper": float(upper),
        "p": bootstrap_p_value(means),
    }  # fmt: skip
