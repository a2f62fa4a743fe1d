"""Scores of metrics that are counted from a table of items, with intervals from items drawn anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.behaviour.items import require
from isogloss.behaviour.metric import BehaviourMetric, Tally
from isogloss.behaviour.registry import behaviour_metrics
from isogloss.behaviour.tallies import OUTCOMES
from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.stats.intervals import bootstrap_weights, check_level, percentile_interval

Array = NDArray[np.float64]

DRAWS = 1_000
AT_ONCE = 20_000_000
"""Weights of items that are held at once."""
SCHEMA = {
    "metric": pl.String, "task": pl.String, "model": pl.String, "part": pl.String, "language": pl.String,
    "value": pl.Float64, "lower": pl.Float64, "upper": pl.Float64, "items": pl.Int64,
}  # fmt: skip


@dataclass(frozen=True)
class BehaviourScores:
    """Scores of a table of items.

    Attributes
    ----------
    scores : polars.DataFrame
        For each `metric`, `task`, `model` and `part` (such as the variant of a question; null where there are none):
        `value` with `lower` and `upper`, and the `items` behind it. `language` is null in the score over all
        languages. A value that does not exist is null.
    unscored : dict of str to str
        Metrics whose columns the table has, and why they have no score.
    level : float
    """

    scores: pl.DataFrame
    unscored: dict[str, str]
    level: float


def score_items(
    items: pl.DataFrame,
    metrics: Sequence[str] = (),
    *,
    shared: bool = False,
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> BehaviourScores:
    """Score a table of items.

    Parameters
    ----------
    items : polars.DataFrame
        See `read_items`, and `columns` of each metric's `tally`.
    metrics : sequence of str
        By default those whose columns the table has, but for those that need fewer columns than another of them.
    shared : bool
        Whether items without a counterpart in the other language or variant are left out; else they are an error.
    level : float
        Of intervals.
    draws, seed : int
        Of the bootstrap, which draws items with replacement, the same in all languages and parts.

    Raises
    ------
    UnknownName
        For a metric that is not counted from items.
    BadValue
        If a column is missing, or holds what is not known.
    NotEnoughEvidence
        If no metric has a score.
    """
    check_level(level)
    named = bool(metrics)
    unscored: dict[str, str] = {}
    rows = []
    chosen = [_metric(name) for name in metrics] if named else applicable(items)
    names = [pl.lit("").alias(name) for name in ("task", "model") if name not in items.columns]
    table = items.with_columns(names)
    table = table.with_columns(pl.col(name).cast(pl.String) for name in ("task", "model", "item") if name in table)
    for metric in chosen:
        _require_columns(table, _tally(metric))
        for (task, model), of_model in table.group_by("task", "model", maintain_order=True):
            try:
                found = [*_scores(metric, of_model, shared, level, draws, seed)]
            except NotEnoughEvidence as error:
                if named:
                    raise
                unscored[metric.name] = error.reason
                continue
            rows += [{"metric": metric.name, "task": task, "model": model, **row} for row in found]
    if not rows:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in unscored.items())
        raise NotEnoughEvidence(f"no metric has a score: {reasons}", where="items")
    return BehaviourScores(pl.DataFrame(rows, schema=SCHEMA), unscored, level)


def item_metrics() -> dict[str, BehaviourMetric]:
    """The metrics that are counted from a table of items, by name."""
    return {name: metric for name, metric in behaviour_metrics.items() if metric.tally is not None}


def applicable(items: pl.DataFrame) -> list[BehaviourMetric]:
    """The metrics whose columns a table has, but for those that need fewer columns than another.

    Raises
    ------
    BadValue
        If it has the columns of none.
    """
    there = {name: metric for name, metric in item_metrics().items() if not missing_columns(items, _tally(metric))}
    needs = {name: {*_tally(metric).columns} - {"language"} for name, metric in there.items()}
    chosen = [metric for name, metric in there.items() if not any(needs[name] < other for other in needs.values())]
    if not chosen:
        hint = "see 'isogloss behaviour metrics' for the columns of each, or name one: metrics=[...]"
        known = ", ".join(name for name in items.columns if name != "written")
        raise BadValue(f"has the columns of no metric, only {known}", where="items", hint=hint)
    return chosen


def missing_columns(items: pl.DataFrame, tally: Tally) -> list[str]:
    """The columns that a table lacks."""
    there = {*items.columns}
    if "valid" in tally.columns and {"text", "choices", "answers"} <= there:  # labels are looked for in replies
        there |= {"valid", "correct"}
    elif there & {*OUTCOMES}:
        there |= {"correct"}
    elif "rule" in tally.columns and {"text", "rule"} <= there:  # rules are checked, strictly and loosely
        there |= {"correct", "loose"}
    elif {"text", "answers"} <= there:
        there |= {"correct"}
    return [name for name in tally.columns if name not in there]


def _require_columns(items: pl.DataFrame, tally: Tally) -> None:
    for name in missing_columns(items, tally):
        require(items, name)


def _metric(name: str) -> BehaviourMetric:
    metric = behaviour_metrics.get(name)
    if metric.tally is None:
        raise BadValue(
            f"'{name}' is not counted from such a table", where="metrics", hint=f"see 'isogloss {metric.command}'"
        )
    return metric


def _tally(metric: BehaviourMetric) -> Tally:
    assert metric.tally is not None
    return metric.tally


def _scores(
    metric: BehaviourMetric, items: pl.DataFrame, shared: bool, level: float, draws: int, seed: int
) -> Iterator[dict[str, Any]]:
    """The scores of a model, for each part: over all languages, then of each."""
    tally = _tally(metric)
    counted = tally.count(items, shared)
    keys = [pl.lit(None, pl.String).alias(name) for name in ("language", "part") if name not in counted.columns]
    counted = counted.with_columns(keys)
    inputs = [name for name in counted.columns if name not in ("item", "language", "part")]
    units = counted["item"].unique(maintain_order=True).to_list()
    place = counted["item"].replace_strict(units, range(len(units)), return_dtype=pl.Int64)
    counted = counted.select("part", "language", pl.col(inputs).cast(pl.Float64), place=place)
    groups = [*counted.group_by("part", "language", "place", maintain_order=True).sum().group_by("part", "language",
              maintain_order=True)]  # fmt: skip
    drawn = _sums([rows.select("place", *inputs).to_numpy() for _, rows in groups], len(units), draws, seed)
    sums = dict(zip((key for key, _ in groups), drawn, strict=True))
    sizes = {key: rows.height for key, rows in groups}
    for part in dict.fromkeys(part for part, _ in sums):
        languages = [language for one, language in sums if one == part]
        of_part = [sums[part, language] for language in languages]
        values = [_values(metric, one) for one in of_part]
        whole = _values(metric, np.sum(of_part, axis=0)) if tally.pooled else _mean(values)
        items_behind = counted.filter(pl.col("part").eq_missing(part))["place"].n_unique()
        yield {"part": part, "language": None, **_row(whole, level), "items": items_behind}
        for language, value in zip(languages, values, strict=True):
            if language is not None:
                yield {"part": part, "language": language, **_row(value, level), "items": sizes[part, language]}


def _sums(groups: Sequence[Array], units: int, draws: int, seed: int) -> list[Array]:
    """Sums of the inputs of each group over its items, then over those of every draw; each (1 + draws, inputs).

    The first column of a group is the place of each item among the units, of which the draws are the same for all.
    """
    sums = [[group[:, 1:].sum(0, keepdims=True)] for group in groups]
    rng = np.random.default_rng(seed)
    step = max(1, AT_ONCE // units)
    for done in range(0, draws, step):
        weights = bootstrap_weights(units, draws=min(step, draws - done), rng=rng)
        for group, parts in zip(groups, sums, strict=True):
            parts.append(weights[:, group[:, 0].astype(int)] @ group[:, 1:])
    return [np.concatenate(parts) for parts in sums]


def _values(metric: BehaviourMetric, sums: Array) -> Array:
    """Of the items, then of every draw."""
    return metric(*sums.T)


def _mean(values: list[Array]) -> Array:
    """Means over the languages that have a value."""
    stacked = np.stack([one for one in values if not np.isnan(one[0])] or values)
    there = ~np.isnan(stacked)
    return np.asarray(
        np.divide(
            np.where(there, stacked, 0.0).sum(0), there.sum(0), out=np.full(stacked.shape[1], np.nan),
            where=there.any(0),
        )
    )  # fmt: skip


def _row(values: Array, level: float) -> dict[str, float | None]:
    """A value and the ends of its interval."""
    if not np.isfinite(values[0]):
        return {"value": None, "lower": None, "upper": None}
    drawn = values[1:][np.isfinite(values[1:])]
    lower, upper = percentile_interval(drawn, level) if len(drawn) else (None, None)
    return {"value": float(values[0]), "lower": lower, "upper": upper}
