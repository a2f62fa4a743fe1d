"""Recipes of a grid beside each other: which is better, paired by test item, and what each took."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations
from typing import Any

import polars as pl

from isogloss.errors import InputError, NotEnoughEvidence
from isogloss.evidence.pairs import ARROW
from isogloss.evidence.store import Store
from isogloss.lab.transfer import Findings, direction, target_in_source
from isogloss.stats.hypotheses import holm
from isogloss.stats.intervals import bootstrap_p_value, bootstrap_ratios, percentile_interval

_CONDITION = ["pair", "source", "size", "shown", "shown_size", "seed", "target"]
_SCHEMA = {
    "task": pl.String, "metric": pl.String, "target": pl.String, "learnt": pl.Boolean, "first": pl.String,
    "second": pl.String,
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
        `learnt`, of tasks of pairs whether those compared were learnt from, which are compared apart, else null;
        mean scores; `difference`, first less second; its 95 % interval; `p`, two-sided; `p_holm`, corrected for all
        rows of the same task.

    Notes
    -----
    Where translations share their item, they are drawn together: an item is drawn with all its outcomes in all
    languages and trainings, and the mean of these is recomputed (a cluster bootstrap; Efron and Tibshirani 1993,
    chapter 8). So the interval is about other test items, not about other languages or seeds. See
    `isogloss.stats.bootstrap_p_value` and `isogloss.stats.holm` for the p-values.
    """
    if findings.observations.is_empty():
        return pl.DataFrame(schema=_SCHEMA)
    # A model is named only where there are several: names are long enough.
    parts = ["recipe"] if findings.observations["model"].n_unique() == 1 else ["model", "recipe"]
    outcomes = _outcomes(findings, store).with_columns(arm=pl.concat_str(parts, separator=" "))
    rows: list[dict[str, Any]] = []
    for (task, metric), of_task in outcomes.group_by("task", "metric", maintain_order=True):
        shared = {"task": task, "metric": metric}
        is_of_pairs = of_task["source"].str.contains(ARROW, literal=True).any()
        if is_of_pairs:
            of_task = of_task.with_columns(about=direction(), learnt=target_in_source())
        else:
            of_task = of_task.with_columns(about="target", learnt=None)
        key = ["learnt", *["about"] * by_target]
        groups = of_task.partition_by(key, maintain_order=True)
        tested = [row for group in groups for row in _pairs(group, seed, by_target)]
        corrected = holm([row["p"] for row in tested])
        rows += [shared | row | {"p_holm": p_holm} for row, p_holm in zip(tested, corrected, strict=True)]
    return pl.DataFrame(rows, schema=_SCHEMA)


def _outcomes(findings: Findings, store: Store) -> pl.DataFrame:
    """The observations once for each of their items, with `item` and `item_score`."""
    items = store.read_items(findings.observations["observation"])
    scored = items.filter(pl.col("score").is_not_null()).select("observation", "item", item_score="score")
    return findings.observations.join(scored, on="observation")


_TRAINED = ("task", "metric", "model", "recipe", "source", "size", "target")
_CHANGES = {
    **dict.fromkeys(_TRAINED, pl.String), "size": pl.Int64, "own": pl.Boolean, "seeds": pl.UInt32, "items": pl.Int64,
    "before": pl.Float64, "after": pl.Float64, "change": pl.Float64, "lower": pl.Float64, "upper": pl.Float64,
    "p": pl.Float64, "p_holm": pl.Float64,
}  # fmt: skip


def training_changes(findings: Findings, store: Store, *, seed: int = 0) -> pl.DataFrame:
    """What examples change in each language, where a grid has size 0, the model as it is, beside other sizes.

    Parameters
    ----------
    findings : Findings
    store : Store
        Which has the items.
    seed : int
        Of the bootstrap.

    Returns
    -------
    polars.DataFrame
        One row per task, metric, model, recipe, source, size and target: `own`, whether the target is a language of the
        source; `seeds`; `items`; `before`, the score without training, `after`, the mean over seeds; `change` with a
        95 % interval, `p` and `p_holm`, corrected for all rows of the task.

    Notes
    -----
    An item is drawn with its outcomes under all seeds, as in `compare_recipes`: the interval is about other items.
    """
    plain = findings.observations.filter(pl.col("shown_size").fill_null(0) == 0)
    if plain.filter(size=0).is_empty() or plain.filter(pl.col("size") > 0).is_empty():
        return pl.DataFrame(schema=_CHANGES)
    outcomes = _outcomes(replace(findings, observations=plain), store)
    key = [name for name in _TRAINED if name not in ("source", "size")]
    before = outcomes.filter(size=0).select(*key, "pair", "item", item_score_second="item_score")
    after = outcomes.filter(pl.col("size") > 0).with_columns(own=target_in_source())
    rows: list[dict[str, Any]] = []
    for (task,), of_task in after.join(before, on=[*key, "pair", "item"], nulls_equal=True).group_by(
        "task", maintain_order=True
    ):
        changed = [
            dict(zip((*_TRAINED, "own"), names, strict=True)) | _change(both, seed)
            for names, both in of_task.group_by(*_TRAINED, "own", maintain_order=True)
        ]
        corrected = holm([row["p"] for row in changed])
        rows += [row | {"task": task, "p_holm": p_holm} for row, p_holm in zip(changed, corrected, strict=True)]
    return pl.DataFrame(rows, schema=_CHANGES).sort(_TRAINED)


def _change(both: pl.DataFrame, seed: int) -> dict[str, Any]:
    found = _difference(both, seed)
    named = {"before": "second_score", "after": "first_score", "change": "difference"}
    kept = {name: found[name] for name in ("items", "lower", "upper", "p")}
    return {"seeds": both["observation"].n_unique(), **{new: found[old] for new, old in named.items()}, **kept}


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
        about = outcomes["about"][0] if by_target else None
        rows.append({"target": about, "learnt": outcomes["learnt"][0], **row})
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


_SECONDS = {"fit_seconds": pl.Float64, "predict_seconds": pl.Float64}
_TRANSLATED = {"from": pl.String, "into": pl.String, "texts": pl.Float64, "cpu_seconds": pl.Float64}
_TRANSFORMED = {"texts": pl.Float64, "cpu_seconds": pl.Float64}
_TRAINING = ("task", "model", "recipe", "source", "size", "seed", "shown", "shown_size")
"""What one way to come by models for all targets is about; with a model for each there are several trainings."""


def measured_costs(findings: Findings) -> pl.DataFrame:
    """What each recipe took, from the details of its observations.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    polars.DataFrame
        One row per task, model, recipe, size and size shown: `labels`, labelled examples of a training;
        `train_seconds`, of the processor for all trainings that serve the grid's targets; `translated_examples`, texts
        translated for these; `serve_seconds`, of the processor for one test item; `translated_per_query`, texts
        translated for one test item in another language than the source's; and `seconds_per_translation`, of the
        processor. Texts that were transformed otherwise count as translated ones do. Means over sources and seeds; null
        where it was not recorded.

    Notes
    -----
    Time is that of the machine that measured. What jobs share, such as features of a frozen encoder, is in no job's
    seconds, so that a linear probe seems to take less than it does.
    """
    rows = _with_details(findings.observations)
    is_trained = pl.col("into").str.split(" ").list.contains(pl.col("target"))
    trainings = rows.group_by(*_TRAINING, "origin", maintain_order=True).agg(
        pl.col("fit_seconds", "predict_seconds").first(), pl.col("items").sum(),
        translated=pl.col("texts").filter(is_trained).first().fill_null(0)
        + pl.col("transformed_train_texts").first().fill_null(0),
    )  # fmt: skip
    made = trainings.group_by(*_TRAINING, maintain_order=True).agg(
        pl.col("fit_seconds", "translated", "predict_seconds", "items").sum(),
        unknown=pl.col("fit_seconds").is_null().any(),
    )  # fmt: skip
    key = ["task", "model", "recipe", "size", "shown_size"]
    means = made.group_by(key, maintain_order=True).agg(
        labels=pl.col("size").first() + pl.col("shown_size").first().fill_null(0),
        train_seconds=pl.when(~pl.col("unknown").any()).then(pl.col("fit_seconds").mean()),
        translated_examples=pl.col("translated").mean(),
        serve_seconds=pl.when(~pl.col("unknown").any()).then(pl.col("predict_seconds").sum() / pl.col("items").sum()),
    )
    away = rows.filter(~target_in_source())
    asked = pl.col("from") == pl.col("target")
    queries = away.group_by(key).agg(
        translated_per_query=(pl.col("texts").filter(asked).sum() + pl.col("transformed_test_texts").sum())
        / pl.col("items").sum(),
        seconds_per_translation=_sum_of("cpu_seconds") / _sum_of("texts"),
    )
    return means.join(queries, on=key, how="left", nulls_equal=True, maintain_order="left").with_columns(
        pl.col("translated_per_query").fill_null(0.0), pl.col("seconds_per_translation").fill_nan(None)
    )


def costs_file(costs: pl.DataFrame, *, hour: float = 0.0, label: float = 0.0) -> str:
    """What recipes took, as a file of costs that `isogloss compare` reads.

    Parameters
    ----------
    costs : polars.DataFrame
        As `measured_costs` gives it, of one task, model and size.
    hour, label : float
        Price of an hour of machine time, and of a labelled example.

    Raises
    ------
    InputError
        If there are several rows of one recipe, or if times were not recorded.
    NotEnoughEvidence
        If there is nothing.
    """
    if costs.is_empty():
        raise NotEnoughEvidence("nothing of this grid has been measured", where="costs")
    if costs["recipe"].is_duplicated().any():
        raise InputError(
            f"recipe '{costs.filter(pl.col('recipe').is_duplicated())['recipe'][0]}' was measured in several ways",
            where="costs", hint="choose one with size=... or a grid of one task and model",
        )  # fmt: skip
    if costs["train_seconds"].has_nulls():
        raise InputError("a job has no record of its seconds", where="costs", hint="run the grid into a new store")
    times = costs["seconds_per_translation"].drop_nulls().to_list()
    lines = [
        f"[labelled]\ndefault = {label:g}\n",
        f"[compute]\nhour = {hour:g}\nseconds_per_translation = {sum(times) / max(1, len(times)):.6g}",
    ]
    for row in costs.iter_rows(named=True):
        lines += [
            f"\n[recipes.{json.dumps(row['recipe'], ensure_ascii=False)}]",
            f"train_hours = {row['train_seconds'] / 3600:.6g}",
            f"translated_examples = {row['translated_examples']:g}",
            f"labels = {row['labels']:g}",
            f"serve_seconds = {row['serve_seconds']:.6g}",
            f"translated_per_query = {row['translated_per_query']:g}",
        ]
    return "\n".join(lines) + "\n"


def _with_details(observations: pl.DataFrame) -> pl.DataFrame:
    details = pl.col("details")
    return observations.with_columns(
        *(details.str.json_path_match(f"$.{name}").cast(kind).alias(name) for name, kind in _SECONDS.items()),
        *(
            details.str.json_path_match(f"$.translated.{name}").cast(kind).alias(name)
            for name, kind in _TRANSLATED.items()
        ),
        *(
            details.str.json_path_match(f"$.{which}.{name}").cast(kind).alias(f"{which}_{name}")
            for which in ("transformed_train", "transformed_test")
            for name, kind in _TRANSFORMED.items()
        ),
    )


def _sum_of(name: str) -> pl.Expr:
    """A figure of all texts that were translated, or transformed in training or in tests."""
    return pl.sum_horizontal(pl.col(name, f"transformed_train_{name}", f"transformed_test_{name}").sum())
