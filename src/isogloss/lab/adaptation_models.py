"""Models side by side: what the same adaptation costs the same language in each, text by text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

from isogloss.stats.hypotheses import holm
from isogloss.stats.intervals import bootstrap_means, bootstrap_p_value, percentile_interval

Array = np.ndarray[Any, Any]

SCHEMA = {"recipe": pl.String, "target": pl.String, "target_as_reported": pl.String, "metric": pl.String,
          "model": pl.String, "other": pl.String, "parameters": pl.Int64, "other_parameters": pl.Int64,
          "items": pl.Int64, "before": pl.Float64, "other_before": pl.Float64, "change": pl.Float64,
          "other_change": pl.Float64, "difference": pl.Float64, "lower": pl.Float64, "upper": pl.Float64,
          "p_value": pl.Float64}  # fmt: skip


def side_by_side(changed: Sequence[tuple[dict[str, Any], Array]]) -> pl.DataFrame:
    """What each adaptation costs each language in one model less what it costs in another.

    Parameters
    ----------
    changed : sequence of (dict, array of shape (items,))
        Of each model, adaptation and language: `model`, `recipe`, `target`, `target_as_reported`, `metric`, `task`,
        `texts`, `parameters`, `before`; and the change of each text, the mean over seeds.

    Returns
    -------
    polars.DataFrame
        One row per adaptation, pair of models and language that both were measured on with the same texts: `recipe`,
        `target`, `target_as_reported`, `metric`, `model`, `other`, `parameters` and `other_parameters` (before),
        `items`, `before` and `other_before`, `change` and `other_change`, `difference` (above 0 where the first loses
        more), `lower`, `upper`: a 95 % interval, and `p_value`.

    Notes
    -----
    Texts are drawn anew, each compared with itself in the other model. p-values are two-sided, not below
    2^(1 - items), and corrected by Holm over the languages of an adaptation and a pair of models.
    """
    groups: dict[tuple[Any, ...], dict[str, dict[str, tuple[dict[str, Any], Array]]]] = {}
    for row, values in changed:
        key = tuple(row[name] for name in ("recipe", "task", "metric", "texts"))
        groups.setdefault(key, {}).setdefault(row["model"], {})[row["target"]] = row, values
    rows = []
    for models in groups.values():
        for first, second in combinations(models.values(), 2):
            pairs = [_compared(*first[target], *second[target]) for target in first if target in second]
            corrected = holm([pair["p_value"] for pair in pairs])
            rows += [pair | {"p_value": p} for pair, p in zip(pairs, corrected, strict=True)]
    return pl.DataFrame(rows, schema=SCHEMA)


def _compared(row: dict[str, Any], values: Array, other: dict[str, Any], others: Array) -> dict[str, Any]:
    sample = bootstrap_means(values - others)
    lower, upper = percentile_interval(sample)
    named = {name: row[name] for name in ("recipe", "target", "target_as_reported", "metric", "model")}
    theirs = {f"other_{name}": other[name] for name in ("parameters", "before")}
    return named | theirs | {
        "other": other["model"], "parameters": row["parameters"], "before": row["before"], "items": len(values),
        "change": float(values.mean()), "other_change": float(others.mean()),
        "difference": float((values - others).mean()), "lower": float(lower), "upper": float(upper),
        "p_value": max(bootstrap_p_value(sample), 2.0 ** (1 - len(values))),
    }  # fmt: skip
