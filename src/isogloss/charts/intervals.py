"""Forecasts as dots on intervals, one line per language."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from isogloss.charts.style import (
    INK,
    KIND_COLOURS,
    KIND_SHAPES,
    KINDS,
    WIDTH,
    describe,
    finished,
    forecast_rows,
    inline,
    number_format,
    palette,
    score_range,
)

if TYPE_CHECKING:
    import altair as alt
    import polars as pl

ROW_HEIGHT = 24
NAMES_WIDTH, VALUES_WIDTH = 170, 150


def forecast_plot(forecasts: pl.DataFrame, *, score: str = "score", title: str | None = None) -> alt.LayerChart:
    """Plot forecasts as dots on their intervals, one line per language, best first.

    Parameters
    ----------
    forecasts : polars.DataFrame
        As `Forecaster.predict_interval` gives them, one per language.
    score : str, default "score"
        What the scores are, such as `accuracy`; on the axis.
    title : str, optional
        By default, how many languages the forecasts are of.

    Returns
    -------
    altair.LayerChart

    Raises
    ------
    BadValue
        If there is no forecast, or a language has several.

    Notes
    -----
    An interval without an end goes to the edge of the plot and its label says so.
    """
    rows = forecast_rows(forecasts)
    title = title or f"Forecast {score} in {len(rows)} language{'' if len(rows) == 1 else 's'}"
    return finished(interval_layers(rows, score), title, [describe(rows)])


def interval_layers(rows: list[dict[str, Any]], score: str, width: int = WIDTH) -> alt.LayerChart:
    """The plot without title and look, to be part of a larger picture."""
    import altair as alt

    low, high = score_range([row[bound] for row in rows for bound in ("mean", "lower", "upper")])
    digits = number_format(low, high)
    data = inline([{**row, **_drawn(row, low, high, digits)} for row in rows])
    kinds = [kind for kind in KINDS if any(row["kind"] == kind for row in rows)]
    line = alt.Y(
        "name:N",
        sort=[row["name"] for row in rows],
        axis=alt.Axis(title=None, labels=False, ticks=False, grid=True),
        scale=alt.Scale(paddingOuter=0.3),
    )
    # Names and figures stand inside the frame, so that the plot lines up with whatever is above it.
    scale = alt.Scale(domain=[low, high], nice=False, range=[NAMES_WIDTH, width - VALUES_WIDTH])
    axis = alt.Axis(title=score, tickCount=6, labelFlush=False)
    colour = alt.Color(
        "kind:N",
        title=None,
        scale=palette({kind: KIND_COLOURS[kind] for kind in kinds}),
        legend=alt.Legend(orient="top", direction="horizontal", symbolSize=90, symbolOpacity=1, offset=4, labelLimit=0),
    )
    shape = alt.Shape("kind:N", title=None, scale=palette({kind: KIND_SHAPES[kind] for kind in kinds}))
    tooltip = [
        alt.Tooltip("name:N", title="language"),
        alt.Tooltip("target:N", title="id"),
        alt.Tooltip("mean:Q", title=score, format=digits),
        alt.Tooltip("interval:N", title="interval"),
        alt.Tooltip("basis:N", title="basis"),
    ]
    base = alt.Chart(data).encode(y=line, tooltip=tooltip)
    intervals = base.mark_rule(strokeWidth=5, opacity=0.35).encode(
        x=alt.X("from:Q", scale=scale, axis=axis), x2="to:Q", color=colour
    )
    dots = base.mark_point(filled=True, size=85, opacity=1).encode(
        x=alt.X("mean:Q", scale=scale, axis=axis), color=colour, shape=shape
    )
    text: dict[str, Any] = {"align": "left", "color": INK, "fontSize": 12}
    names = base.mark_text(**text, limit=NAMES_WIDTH - 10).encode(x=alt.value(0), text="name:N")
    figures = base.mark_text(**text).encode(x=alt.value(width - VALUES_WIDTH + 14), text="figures:N")
    layers: Any = alt.layer(intervals, dots, names, figures)
    return layers.properties(width=width, height=alt.Step(ROW_HEIGHT))


def _drawn(row: dict[str, Any], low: float, high: float, digits: str) -> dict[str, Any]:
    """Where the line begins and ends, and the same in figures."""
    ends = [row["lower"], row["upper"]]
    written = " to ".join(_figure(end, digits) for end in ends)
    return {
        "from": max(row["lower"], low),
        "to": min(row["upper"], high),
        "interval": written,
        "figures": f"{_figure(row['mean'], digits)}   ({written})",
    }


def _figure(value: float, digits: str) -> str:
    if not math.isfinite(value):
        return "-∞" if value < 0 else "∞"
    return format(value, digits.replace("~", ""))
