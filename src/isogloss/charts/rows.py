"""Forecasts and measured scores as rows to draw: who, where, how much, how sure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import polars as pl

from isogloss.errors import BadValue
from isogloss.evidence import TrainingMix
from isogloss.languages import Language, resolve

MEASURED, UNMEASURED, FAR = "measured language", "unmeasured language", "far from everything measured"
KINDS = (MEASURED, UNMEASURED, FAR)
"""What a forecast is about; after its basis, see `isogloss.forecasting.basis`."""
SCORE = "measured score"
"""What is drawn beside forecasts."""

COLUMNS = ("task", "model", "target", "train", "mean", "lower", "upper", "level", "basis")
NAMED_SOURCES = 3
"""Sources of a mix that a title has room for."""


def forecast_rows(forecasts: pl.DataFrame) -> list[dict[str, Any]]:
    """One row per forecast, best first.

    Parameters
    ----------
    forecasts : polars.DataFrame
        As `Forecaster.predict_interval` gives them, one per language.

    Returns
    -------
    list of dict
        The columns of the forecasts with `name`, `kind` (of `KINDS`), `longitude` and `latitude` (None where unknown).

    Raises
    ------
    BadValue
        If a column is missing, there is no forecast, or a language has several.
    """
    missing = [name for name in COLUMNS if name not in forecasts.columns]
    if missing:
        raise BadValue(
            f"no column {', '.join(missing)}", where="forecasts", hint="draw what predict_interval() returns"
        )
    if forecasts.is_empty():
        raise BadValue("there is nothing to draw", where="forecasts", hint="forecast at least one language")
    _one_each(forecasts["target"].to_list())
    rows = [
        {**row, "kind": _kind(row["basis"]), **_place(resolve(row["target"]))}
        for row in forecasts.select(COLUMNS).iter_rows(named=True)
    ]
    return sorted(rows, key=lambda row: (-row["mean"], row["name"]))


def measured_rows(measured: pl.DataFrame | None) -> list[dict[str, Any]]:
    """One row per measured language, with its mean score.

    Parameters
    ----------
    measured : polars.DataFrame, optional
        Observations (`target` and `score`) of what the forecasts are of: one task, metric, model and mix.

    Raises
    ------
    BadValue
        If a column is missing, or scores of different things are mixed.
    """
    if measured is None:
        return []
    if missing := [name for name in ("target", "score") if name not in measured.columns]:
        raise BadValue(f"no column {', '.join(missing)}", where="measured", hint="give observations")
    for column in ("task", "metric", "model", "recipe", "shots", "split", "train"):
        if column in measured.columns and (several := measured[column].n_unique()) > 1:
            raise BadValue(
                f"scores of {several} values of '{column}' cannot be drawn as one",
                where="measured",
                hint=f"keep one, with Evidence.filter({column}=...)",
            )
    means = measured.group_by("target").agg(pl.col("score").mean()).sort("target")
    return [{"target": target, "score": score, **_place(resolve(target))} for target, score in means.iter_rows()]


def describe(rows: list[dict[str, Any]]) -> str:
    """What all of the forecasts are of, in a line: task, model, mix and level."""
    parts = []
    for column, write in _WRITERS.items():
        values = {row[column] for row in rows}
        parts.append(write(values.pop()) if len(values) == 1 else f"{len(values)} {column}s")
    return " · ".join(parts)


def _write_mix(text: str) -> str:
    mix = TrainingMix.parse(text, language=str)
    if not mix:
        return "used as it is"
    if len(mix) > NAMED_SOURCES:
        return f"trained on {len(mix)} languages"
    return "trained on " + ", ".join(
        ("" if size is None else f"{size} examples of ") + resolve(source).name for source, size in mix.items()
    )


_WRITERS: Mapping[str, Any] = {
    "task": str,
    "model": str,
    "train": _write_mix,
    "level": lambda level: f"{level:.0%} intervals",
}


def _place(language: Language) -> dict[str, Any]:
    return {"name": language.name, "longitude": language.longitude, "latitude": language.latitude}


def _kind(basis: str) -> str:
    if "FAR" in basis:
        return FAR
    return UNMEASURED if basis.startswith("unmeasured") else MEASURED


def _one_each(targets: list[str]) -> None:
    target, times = Counter(targets).most_common(1)[0]
    if times > 1:
        raise BadValue(
            f"'{target}' has {times} forecasts", where="forecasts", hint="draw those of one task, model and mix"
        )
