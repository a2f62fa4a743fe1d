"""Forecasts and measured scores as rows to draw: which languages, in which order, and what they are of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from isogloss.charts.canvas import Canvas
from isogloss.errors import BadValue
from isogloss.evidence import TrainingMix
from isogloss.forecasting.flags import Flag
from isogloss.languages import resolve

Row = dict[str, Any]
"""`target`, `model`, `name`, `kind` (of `KINDS`), `mean`, `longitude` and `latitude`; of a forecast and a guess also
`lower`, `upper`, `level` and `trust`."""

MEASURED, FORECAST, GUESS = "measured", "forecast", "guess"
KINDS = (MEASURED, FORECAST, GUESS)
"""How a row is drawn. A guess is a forecast that is worth a band and no dot."""
NEEDED = ("task", "model", "target", "train", "mean", "lower", "upper", "level")
ONE_OF_EACH = ("task", "metric", "recipe", "shots", "split", "train")
"""Columns in which measured scores that are drawn together may not differ."""
NAMED_SOURCES = 3
"""Sources of a mix that a line has room for."""
NEIGHBOURS = 8
"""Measured languages drawn between forecasts, at most."""
RESERVED = 3
"""Of the lines, for measured languages where there are too many forecasts."""


@dataclass(frozen=True)
class Selection:
    """The languages that are drawn, best first.

    Attributes
    ----------
    targets : list of str
    left_out : int
        Forecast languages in the middle for which there is no room.
    gap : int
        How many of `targets` stand above those.
    """

    targets: list[str]
    left_out: int = 0
    gap: int = 0


def forecast_rows(forecasts: pl.DataFrame, canvas: Canvas) -> list[Row]:
    """One row per forecast, best first, on the canvas's scale.

    Raises
    ------
    BadValue
        If a column is missing, there is no forecast, or a language has several of one model.
    """
    missing = [name for name in NEEDED if name not in forecasts.columns]
    if missing:
        raise BadValue(
            f"no column {', '.join(missing)}", where="forecasts", hint="draw what predict_interval() returns"
        )
    if forecasts.is_empty():
        raise BadValue("there is nothing to draw", where="forecasts", hint="forecast at least one language")
    _one_each(forecasts.select("model", "target").rows())
    rows = []
    for row in forecasts.iter_rows(named=True):
        trust = MEASURED if Flag.MEASURED in (row.get("flags") or ()) else row.get("trust")
        scores = ("mean",) if trust == MEASURED else ("mean", "lower", "upper")
        scaled = {name: canvas.factor * row[name] for name in scores}
        kept = {name: row.get(name) for name in ("task", "model", "target", "train", "level", "nearest")}
        kind = trust if trust in (GUESS, MEASURED) else FORECAST
        place = _place(canvas, row["target"], row.get("target_as_reported"))
        rows.append({**kept, **scaled, "trust": trust, "kind": kind, **place})
    return sorted(rows, key=lambda row: (-row["mean"], row["name"]))


def measured_rows(measured: pl.DataFrame | None, canvas: Canvas) -> list[Row]:
    """One row per measured language and model with its mean score, on the canvas's scale.

    Raises
    ------
    BadValue
        If a column is missing, or scores of different things are mixed.
    """
    if measured is None or measured.is_empty():
        return []
    if missing := [name for name in ("target", "score") if name not in measured.columns]:
        raise BadValue(f"no column {', '.join(missing)}", where="measured", hint="give observations")
    for column in ONE_OF_EACH:
        if column in measured.columns and (several := measured[column].n_unique()) > 1:
            raise BadValue(
                f"scores of {several} values of '{column}' cannot be drawn as one",
                where="measured",
                hint=f"keep one, with Evidence.filter({column}=...)",
            )
    keys = [name for name in ("model", "target") if name in measured.columns]
    reported = [name for name in ("target_as_reported",) if name in measured.columns]
    means = measured.group_by(keys).agg(pl.col("score").mean(), *(pl.col(name).first() for name in reported))
    rows = [
        {
            "target": row["target"], "model": row.get("model"), "kind": MEASURED, "trust": MEASURED,
            "mean": canvas.factor * row["score"], **_place(canvas, row["target"], row.get("target_as_reported")),
        }
        for row in means.iter_rows(named=True)
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (-row["mean"], row["name"]))


def unasked(measured: Sequence[Row], forecasts: Sequence[Row]) -> list[Row]:
    """Measured rows without those of which there is a row already, as somebody asked about them."""
    there = {(row["model"], row["target"]) for row in forecasts if row["kind"] == MEASURED}
    targets = {target for _, target in there}
    return [
        row for row in measured
        if (row["model"], row["target"]) not in there and not (row["model"] is None and row["target"] in targets)
    ]  # fmt: skip


def select(forecasts: Sequence[Row], measured: Sequence[Row], most: int) -> Selection:
    """Choose languages for `most` lines: the forecasts, and between them measured languages.

    The measured languages nearest to those forecast come first, then the best, the worst and others between, so that
    a reader sees whether a forecast goes with what was measured. Of too many forecasts, the best and the worst stay.
    """
    level = _levels([*forecasts, *measured])
    asked = sorted({row["target"] for row in forecasts}, key=lambda target: (-level[target], target))
    room = min(NEIGHBOURS, most - len(asked))
    if room >= 0:
        beside = _beside(forecasts, [row["target"] for row in measured if row["target"] not in asked], room)
        return Selection(sorted([*asked, *beside], key=lambda target: (-level[target], target)))
    top = (most - RESERVED) // 2
    bottom = most - RESERVED - 1 - top
    ends = [*asked[:top], *asked[len(asked) - bottom :]]
    between = level[asked[top - 1]], level[asked[len(asked) - bottom]]
    outside = [
        row["target"] for row in measured
        if row["target"] not in asked and not between[1] < level[row["target"]] < between[0]
    ]  # fmt: skip
    near = [row for row in forecasts if row["target"] in ends]
    shown = sorted([*ends, *_beside(near, outside, RESERVED)], key=lambda target: (-level[target], target))
    above = sum(level[target] >= between[0] for target in shown)
    return Selection(shown, len(asked) - len(ends), above)


def _beside(forecasts: Sequence[Row], measured: Sequence[str], room: int) -> list[str]:
    """Of the measured languages, best first, those nearest to the forecasts, then both ends, then evenly between."""
    left = list(dict.fromkeys(measured))
    nearest = Counter(row["nearest"] for row in forecasts if row["nearest"] in left)
    order = [target for target, _ in nearest.most_common()]
    order += [target for target in (left[:1] + left[-1:]) if target not in order]
    rest = [target for target in left if target not in order]
    places = max(room - len(order), 0)
    if places and rest:
        step = max(len(rest) / places, 1.0)
        order += [rest[int((at + 0.5) * step)] for at in range(min(places, len(rest)))]
    return order[:room]


def _levels(rows: Sequence[Row]) -> dict[str, float]:
    """Each language's mean over models."""
    scores: dict[str, list[float]] = {}
    for row in rows:
        scores.setdefault(row["target"], []).append(row["mean"])
    return {target: sum(values) / len(values) for target, values in scores.items()}


def subject(rows: Sequence[Row]) -> str:
    """What all of the forecasts are of, in a line: task, model, mix and level; several models head their panels."""
    parts = []
    for column, write in _WRITERS.items():
        values = {row[column] for row in rows}
        many = "" if column == "model" else f"{len(values)} {column}s"
        text = write(values.pop()) if len(values) == 1 else many
        parts += [text] if text else []
    return " · ".join(parts)


def mix_in_words(text: str) -> str:
    """A training mix for a line of text: `trained on 700 examples of Russian`."""
    mix = TrainingMix.parse(text, language=str)
    if not mix:
        return ""
    if len(mix) > NAMED_SOURCES:
        return f"trained on {len(mix)} languages"
    return "trained on " + ", ".join(
        ("" if size is None else f"{size:,} examples of ") + resolve(source).name for source, size in mix.items()
    )


_WRITERS: Mapping[str, Any] = {
    "task": str,
    "model": str,
    "train": mix_in_words,
    "level": lambda level: f"{100 * level:g} % intervals",
}


def _place(canvas: Canvas, target: str, reported: str | None) -> Row:
    language = resolve(target)
    return {
        "name": canvas.name(target, reported), "longitude": language.longitude, "latitude": language.latitude,
    }  # fmt: skip


def _one_each(pairs: Sequence[tuple[str, str]]) -> None:
    (_, target), times = Counter(pairs).most_common(1)[0]
    if times > 1:
        raise BadValue(
            f"'{target}' has {times} forecasts of one model", where="forecasts",
            hint="draw those of one task and mix",
        )  # fmt: skip
