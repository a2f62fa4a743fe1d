"""What all pictures share: rows of forecasts and scores to draw, fonts, colours, and scales of numbers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from isogloss.errors import BadValue
from isogloss.evidence import TrainingMix
from isogloss.languages import Language, resolve

if TYPE_CHECKING:
    import altair as alt

MEASURED, UNMEASURED, FAR = "measured language", "unmeasured language", "far from everything measured"
KINDS = (MEASURED, UNMEASURED, FAR)
"""What a forecast is about; after its basis, see `isogloss.forecasting.basis`."""
SCORE = "measured score"
"""What is drawn beside forecasts."""
COLUMNS = ("task", "model", "target", "train", "mean", "lower", "upper", "level", "basis")
NAMED_SOURCES = 3
"""Sources of a mix that a title has room for."""
WIDTH = 900
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
"""The first comes with vl-convert, so that pictures are the same on machines without fonts."""
INK, PALE_INK, LINES, LAND = "#222222", "#666666", "#e4e4e4", "#ececec"
KIND_COLOURS = {MEASURED: "#777777", UNMEASURED: "#0072b2", FAR: "#d55e00"}
"""From the palette of Okabe and Ito, which people with any colour vision tell apart."""
KIND_SHAPES = {MEASURED: "circle", UNMEASURED: "circle", FAR: "diamond"}
SCORE_COLOURS: Literal["viridis"] = "viridis"


def inline(rows: Sequence[dict[str, Any]]) -> alt.InlineData:
    """Rows as data inside the chart: no limit on their number, no file beside it."""
    import altair as alt

    finite = [{name: None if _endless(value) else value for name, value in row.items()} for row in rows]
    return alt.InlineData(values=finite)


def score_range(values: Sequence[float]) -> tuple[float, float]:
    """Round limits around scores; fractions start from 0, so that lengths can be compared."""
    finite = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(finite), max(finite)
    if low >= 0 and high <= 1:
        low = 0.0
    step = _round_step((high - low) or abs(high) or 1.0)
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step


def number_format(low: float, high: float) -> str:
    """Two digits where scores are fractions, three figures elsewhere."""
    return ".2f" if low >= 0 and high <= 1 else ".3~g"


def palette(looks: Mapping[str, str]) -> alt.Scale:
    """The scale that gives each category its colour or shape."""
    import altair as alt

    return alt.Scale(domain=list(looks), range=list(looks.values()))


def panel_title(text: str) -> alt.TitleParams:
    """The title of one panel of a picture."""
    import altair as alt

    return alt.TitleParams(text=text, anchor="start", fontSize=13, offset=6)


def finished(chart: Any, title: str, lines: Sequence[str]) -> Any:
    """The whole picture, with its title, lines below it, and the look of all pictures."""
    import altair as alt

    heading = alt.TitleParams(text=title, subtitle=list(lines), anchor="start", frame="group")
    return (
        chart.properties(title=heading)
        .configure(font=FONT, background="white", padding=14)
        .configure_view(stroke=None)
        .configure_title(
            fontSize=18, subtitleFontSize=13, color=INK, subtitleColor=PALE_INK, offset=14, subtitlePadding=6
        )
        .configure_axis(
            labelFontSize=12, titleFontSize=12, labelColor=INK, titleColor=PALE_INK, titleFontWeight="normal",
            gridColor=LINES, domain=False, tickColor=LINES, labelFlush=False,
        )
        .configure_legend(
            labelFontSize=12, titleFontSize=12, labelColor=INK, titleColor=PALE_INK, titleFontWeight="normal"
        )
    )  # fmt: skip


def _round_step(span: float) -> float:
    """1, 2 or 5 times a power of ten: about a tenth of `span`."""
    power = 10.0 ** math.floor(math.log10(span / 10))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= span / 10 * 0.999)


def _endless(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


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
