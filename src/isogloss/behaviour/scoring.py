"""Scores of metrics that are counted from a table of items, with intervals from items drawn anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.behaviour.items import require
from isogloss.behaviour.metric import BehaviourMetric, Tally
from isogloss.behaviour.registry import behaviour_metrics
from isogloss.behaviour.tallies import OUTCOMES
from isogloss.errors import BadValue, NotEnoughEvidence, UnknownName
from isogloss.stats import holm
from isogloss.stats.intervals import bootstrap_weights, check_level, percentile_interval

Array = NDArray[np.float64]

DRAWS = 1_000
AT_ONCE = 20_000_000
"""Weights of items that are held at once."""
SCHEMA = {
    "metric": pl.String, "task": pl.String, "model": pl.String, "part": pl.String, "language": pl.String,
    "value": pl.Float64, "lower": pl.Float64, "upper": pl.Float64, "items": pl.Int64,
}  # fmt: skip
DIFFERENCES = {
    "metric": pl.String, "task": pl.String, "model": pl.String, "against": pl.String, "part": pl.String,
    "language": pl.String, "value": pl.Float64, "lower": pl.Float64, "upper": pl.Float64, "p": pl.Float64,
    "p_holm": pl.Float64, "items": pl.Int64, "left_out": pl.Int64,
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
    differences : polars.DataFrame
        Where `against` was given, for each score of another model or task that it has too: `value`, the score less
        that of `against`, both over the `items` of a language that both have, with `lower` and `upper`, `p`, and
        `p_holm` corrected for all rows of its metric. `left_out` rows of the two are of items that one of them lacks.
    repeated : int
        Rows of numbered items that are the same as one above in every column. They count like others.
    """

    scores: pl.DataFrame
    unscored: dict[str, str]
    level: float
    differences: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=DIFFERENCES), kw_only=True)
    repeated: int = field(default=0, kw_only=True)


def score_items(
    items: pl.DataFrame,
    metrics: Sequence[str] = (),
    *,
    shared: bool = False,
    against: str | None = None,
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
    against : str, optional
        A model or a task of the table, whose scores all others are compared with: those of the same task, or of the
        same model, over the items of a language that both have. Items are drawn alike for both, so that each is
        compared with itself.
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
    rows_against = [] if against is None else [
        {"metric": metric.name, **row}
        for metric in chosen
        for row in _differences(metric, table, _known(table, against), shared, level, draws, seed)
    ]  # fmt: skip
    if against is not None and not rows_against:
        hint = "give items of one test, with the same ids"
        raise NotEnoughEvidence(f"no other model or task has an item of '{against}'", where="items", hint=hint)
    if not rows:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in unscored.items())
        raise NotEnoughEvidence(f"no metric has a score: {reasons}", where="items")
    differences = _corrected(pl.DataFrame(rows_against, schema=DIFFERENCES))
    repeated = items.height - items.unique().height if "item" in items.columns else 0
    return BehaviourScores(
        pl.DataFrame(rows, schema=SCHEMA), unscored, level, differences=differences, repeated=repeated
    )


def _known(table: pl.DataFrame, against: str) -> str:
    known = [name for by in ("model", "task") for name in table[by].unique(maintain_order=True).drop_nulls() if name]
    if against not in known:
        raise UnknownName("model or task of the items", against, known, where="against")
    return against


def _corrected(differences: pl.DataFrame) -> pl.DataFrame:
    """With p-values corrected for all rows of a metric (Holm 1979)."""
    parts = [
        rows.with_columns(pl.Series("p_holm", holm(rows["p"].to_list()), dtype=pl.Float64))
        for _, rows in differences.group_by("metric", maintain_order=True)
    ]
    return pl.concat(parts) if parts else differences


def item_metrics() -> dict[str, BehaviourMetric]:
    """The metrics that are counted from a table of items, by name."""
    return {name: metric for name, metric in behaviour_metrics.items() if metric.tally is not None}


def applicable(items: pl.DataFrame) -> list[BehaviourMetric]:
    """The metrics whose columns a table has, but for those that need fewer columns than another.

    Raises
    ------
    BadValue
        If it has the columns of none, or no item.
    """
    there = {name: metric for name, metric in item_metrics().items() if not missing_columns(items, _tally(metric))}
    needs = {name: {*_tally(metric).columns} - {"language", "training_language"} for name, metric in there.items()}
    chosen = [metric for name, metric in there.items() if not any(needs[name] < other for other in needs.values())]
    if not chosen:
        require(items, "item")
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
    counted = _counted(metric, items, shared)
    found = _drawn(metric, counted, counted["item"].unique(maintain_order=True).to_list(), draws, seed)
    for (part, language), (values, behind) in found.items():
        yield {"part": part, "language": language, **score_row(values, level, behind), "items": behind}


def _counted(metric: BehaviourMetric, items: pl.DataFrame, shared: bool) -> pl.DataFrame:
    """What the metric counts of each item, language and part."""
    counted = _tally(metric).count(items, shared)
    keys = [pl.lit(None, pl.String).alias(name) for name in ("language", "part") if name not in counted.columns]
    return counted.with_columns(keys)


def _drawn(
    metric: BehaviourMetric, counted: pl.DataFrame, units: Sequence[str], draws: int, seed: int
) -> dict[tuple[str | None, str | None], tuple[Array, int]]:
    """Of each part and language, and of all languages of a part: the value and that of every draw, and its items."""
    tally = _tally(metric)
    inputs = [name for name in counted.columns if name not in ("item", "language", "part")]
    place = counted["item"].replace_strict(units, range(len(units)), return_dtype=pl.Int64)
    counted = counted.select("part", "language", pl.col(inputs).cast(pl.Float64), place=place)
    groups = [*counted.group_by("part", "language", "place", maintain_order=True).sum().group_by("part", "language",
              maintain_order=True)]  # fmt: skip
    drawn = _sums([rows.select("place", *inputs).to_numpy() for _, rows in groups], len(units), draws, seed)
    sums = dict(zip((key for key, _ in groups), drawn, strict=True))
    sizes = {key: rows.height for key, rows in groups}
    found: dict[tuple[str | None, str | None], tuple[Array, int]] = {}
    for part in dict.fromkeys(part for part, _ in sums):
        languages = [language for one, language in sums if one == part]
        of_part = [sums[part, language] for language in languages]
        values = [_values(metric, one) for one in of_part]
        whole = _values(metric, np.sum(of_part, axis=0)) if tally.pooled else _mean(values)
        found[part, None] = whole, counted.filter(pl.col("part").eq_missing(part))["place"].n_unique()
        for language, value in zip(languages, values, strict=True):
            if language is not None:
                found[part, language] = value, sizes[part, language]
    return found


def _differences(
    metric: BehaviourMetric, table: pl.DataFrame, against: str, shared: bool, level: float, draws: int, seed: int
) -> Iterator[dict[str, Any]]:
    """Scores of each model less those of the one named, or of each task less those of the one named, by items."""
    by, other = ("model", "task") if against in table["model"].to_list() else ("task", "model")
    keys = [name for name in ("item", "language") if name in table.columns]
    for (beside,), of_both in table.group_by(other, maintain_order=True):
        whole = of_both.filter(pl.col(by) == against)
        for (name,), theirs in of_both.filter(pl.col(by) != against).group_by(by, maintain_order=True):
            first, second = whole.join(theirs, on=keys, how="semi"), theirs.join(whole, on=keys, how="semi")
            try:
                counted = [_counted(metric, one, shared) for one in (first, second) if one.height]
            except NotEnoughEvidence:
                continue
            if not counted:
                continue
            units = pl.concat([one["item"] for one in counted]).unique(maintain_order=True).to_list()
            found = [_drawn(metric, one, units, draws, seed) for one in counted]
            left_out = whole.height + theirs.height - first.height - second.height
            for key in (key for key in found[1] if key in found[0]):
                values = found[1][key][0] - found[0][key][0]
                behind = min(found[0][key][1], found[1][key][1])
                row = {"part": key[0], "language": key[1], **score_row(values, level, behind), "p": _two_sided(values)}
                yield {by: name, other: beside, "against": against, "items": behind, "left_out": left_out, **row}


def _two_sided(values: Array) -> float | None:
    """Twice the share of draws on the rarer side of 0, one more draw counted on either."""
    drawn = values[1:][np.isfinite(values[1:])]
    if not np.isfinite(values[0]) or not len(drawn):
        return None
    rarer = min((drawn <= 0).sum(), (drawn >= 0).sum())
    return float(min(1.0, 2 * (1 + rarer) / (1 + len(drawn))))


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


def score_row(values: Array, level: float, items: int) -> dict[str, float | None]:
    """A value and the ends of its interval, which one item drawn anew, always the same, does not have."""
    if not np.isfinite(values[0]):
        return {"value": None, "lower": None, "upper": None}
    drawn = values[1:][np.isfinite(values[1:])]
    lower, upper = percentile_interval(drawn, level) if items > 1 and len(drawn) else (None, None)
    return {"value": float(values[0]), "lower": lower, "upper": upper}
