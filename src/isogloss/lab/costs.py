"""What recipes of a grid took: time to train, texts translated, time to answer, as `isogloss compare` weighs it."""

from __future__ import annotations

import json

import polars as pl

from isogloss.errors import InputError, NotEnoughEvidence
from isogloss.lab.transfer import Findings

_SECONDS = {"fit_seconds": pl.Float64, "predict_seconds": pl.Float64}
_TRANSLATED = {"from": pl.String, "texts": pl.Float64, "cpu_seconds": pl.Float64}
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
        processor. Means over sources and seeds; null where it was not recorded.

    Notes
    -----
    Time is that of the machine that measured. What jobs share, such as features of a frozen encoder, is in no job's
    seconds, so that a linear probe seems to take less than it does.
    """
    rows = _with_details(findings.observations)
    trainings = rows.group_by(*_TRAINING, "origin", maintain_order=True).agg(
        pl.col("fit_seconds", "predict_seconds").first(), pl.col("items").sum(),
        translated=pl.col("texts").filter(pl.col("from") == pl.col("source")).first().fill_null(0),
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
    away = rows.filter(pl.col("target") != pl.col("source"))
    asked = pl.col("from") == pl.col("target")
    queries = away.group_by(key).agg(
        translated_per_query=pl.col("texts").filter(asked).sum() / pl.col("items").sum(),
        seconds_per_translation=pl.col("cpu_seconds").sum() / pl.col("texts").sum(),
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
    )
