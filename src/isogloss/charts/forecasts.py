"""Forecasts with their intervals, on a map of the world among the measured scores, or both."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from isogloss.charts.language_map import EqualEarth, world_map
from isogloss.charts.placement import Box, place_labels
from isogloss.charts.style import (
    INK,
    KIND_COLOURS,
    KIND_SHAPES,
    KINDS,
    PALE_INK,
    SCORE,
    SCORE_COLOURS,
    WIDTH,
    describe,
    finished,
    forecast_rows,
    inline,
    measured_rows,
    number_format,
    palette,
    score_range,
)
from isogloss.text import counted

if TYPE_CHECKING:
    import altair as alt
    import polars as pl

ROW_HEIGHT = 24
NAMES_WIDTH, VALUES_WIDTH = 170, 150
FONT_SIZE = 12
LETTER_WIDTH = 0.56
"""Of the font size, on average."""
DOT_SIZE, SPECK_SIZE = 130, 22
LEGEND_TOP = 300
LINE_FROM = 14.0
"""Pixels from dot to label at which a line joins them."""
NAMED_ABSENT = 5
MOST_LABELS = 60
"""Of more forecasts, only the best and the worst are labelled: there is no room for all."""


def forecast_map(
    forecasts: pl.DataFrame, measured: pl.DataFrame | None = None, *, score: str = "score", title: str | None = None
) -> alt.LayerChart:
    """Draw forecasts on a map of the world, labelled, among the measured scores.

    Parameters
    ----------
    forecasts : polars.DataFrame
        As `Forecaster.predict_interval` gives them, one per language.
    measured : polars.DataFrame, optional
        Observations (`target` and `score`) of what the forecasts are of: one task, metric, model and mix.
    score : str, default "score"
        What the scores are, such as `accuracy`; on the legend.
    title : str, optional
        By default, how many languages the forecasts are of.

    Returns
    -------
    altair.LayerChart

    Raises
    ------
    BadValue
        If there is no forecast, a language has several, or the measured scores are of different things.

    Notes
    -----
    A language is a point, in the middle of where it is spoken. Languages without a known place are named under the
    title. Measured languages that are forecast too are drawn as forecasts. A label that finds no free place is
    left out, and of more than 60 forecasts only the best and the worst are labelled.
    """
    rows, others = forecast_rows(forecasts), measured_rows(measured)
    title = title or f"Forecast {score} in {counted(len(rows), 'language')}"
    return finished(_map(rows, others, score), title, [describe(rows), *_absent(rows, others)])


def forecast_picture(
    forecasts: pl.DataFrame, measured: pl.DataFrame | None = None, *, score: str = "score", title: str | None = None
) -> alt.VConcatChart:
    """Draw forecasts on a map and, below it, as dots on their intervals.

    Parameters and errors are those of `isogloss.charts.forecast_map`.
    """
    import altair as alt

    rows, others = forecast_rows(forecasts), measured_rows(measured)
    title = title or f"Forecast {score} in {counted(len(rows), 'language')}"
    parts: Any = alt.vconcat(_map(rows, others, score), interval_layers(rows, score), spacing=24)
    apart: Any = dict.fromkeys(("color", "fill", "shape", "size", "stroke"), "independent")
    return finished(parts.resolve_scale(**apart), title, [describe(rows), *_absent(rows, others)])


def _absent(rows: list[dict[str, Any]], others: list[dict[str, Any]]) -> list[str]:
    """A line about languages without a known place, if there are any."""
    names = [row["name"] for row in [*rows, *others] if not _placed(row)]
    if not names:
        return []
    rest = f" and {len(names) - NAMED_ABSENT} more" if len(names) > NAMED_ABSENT else ""
    return [f"Not on the map, place unknown: {', '.join(names[:NAMED_ABSENT])}{rest}"]


def _map(rows: list[dict[str, Any]], others: list[dict[str, Any]], score: str) -> Any:
    forecast = {row["target"] for row in rows}
    specks = [row for row in others if _placed(row) and row["target"] not in forecast]
    dots = [row for row in rows if _placed(row)]
    world = EqualEarth(WIDTH)
    return world_map(world, *_label_layers(_labels(dots, specks, world), _points(specks, dots, score)))


def _label_layers(labels: list[dict[str, Any]], points: alt.Chart) -> list[alt.Chart]:
    """From the bottom: lines to the labels that stand off, the dots, and the labels on a pale ground."""
    import altair as alt

    def pixel(channel: type, field: str) -> Any:
        return channel(f"{field}:Q", scale=None, axis=None)

    lines = alt.Chart(inline([label for label in labels if label["joined"]]))
    text = alt.Chart(inline(labels)).encode(x=pixel(alt.X, "x"), y=pixel(alt.Y, "y"), text="name:N")
    font: dict[str, Any] = {"align": "left", "baseline": "middle", "fontSize": FONT_SIZE}
    return [
        lines.mark_rule(color=PALE_INK, strokeWidth=0.8).encode(
            x=pixel(alt.X, "dot_x"), y=pixel(alt.Y, "dot_y"), x2="end_x:Q", y2="end_y:Q"
        ),
        points,
        text.mark_text(**font, stroke="white", strokeWidth=3.5, strokeJoin="round", opacity=0.85),
        text.mark_text(**font, color=INK),
    ]


def _points(specks: list[dict[str, Any]], dots: list[dict[str, Any]], score: str) -> alt.Chart:
    """Measured and forecast languages; the last are drawn on top."""
    import altair as alt

    drawn = [
        *({**row, "kind": SCORE, "shown": row["score"], "said": f"{row['score']:.3g}, measured"} for row in specks),
        *({**row, "shown": row["mean"], "said": _say(row)} for row in reversed(dots)),
    ]
    kinds = [kind for kind in (SCORE, *KINDS) if any(row["kind"] == kind for row in drawn)]
    low, high = score_range([row["shown"] for row in drawn])
    legend = alt.Legend(
        orient="none", legendX=0, legendY=LEGEND_TOP, title=None, labelLimit=0,
        symbolFillColor="#bbbbbb", symbolStrokeColor=INK, symbolStrokeWidth=1, symbolOpacity=1,
    )  # fmt: skip
    bar = alt.Legend(
        orient="none", legendX=0, legendY=LEGEND_TOP + 20 * len(kinds) + 8, direction="horizontal", title=score,
        gradientLength=170, format=number_format(low, high), tickCount=4,
    )  # fmt: skip

    def by_kind(channel: type, look: list[Any], legend: alt.Legend | None) -> Any:
        return channel("kind:N", sort=kinds, scale=alt.Scale(type="ordinal", domain=kinds, range=look), legend=legend)

    return (
        alt.Chart(inline(drawn))
        .mark_point(filled=True, opacity=1, strokeWidth=1.4)
        .encode(
            longitude="longitude:Q",
            latitude="latitude:Q",
            fill=alt.Fill("shown:Q", scale=alt.Scale(scheme=SCORE_COLOURS, domain=[low, high]), legend=bar),
            shape=by_kind(alt.Shape, [KIND_SHAPES.get(kind, "circle") for kind in kinds], legend),
            size=by_kind(alt.Size, [SPECK_SIZE if kind == SCORE else DOT_SIZE for kind in kinds], legend),
            stroke=by_kind(alt.Stroke, ["transparent" if kind == SCORE else INK for kind in kinds], None),
            tooltip=[
                alt.Tooltip("name:N", title="language"),
                alt.Tooltip("target:N", title="id"),
                alt.Tooltip("said:N", title=score),
            ],
        )
    )


def _labels(dots: list[dict[str, Any]], specks: list[dict[str, Any]], world: EqualEarth) -> list[dict[str, Any]]:
    middle = dots[MOST_LABELS // 2 : -MOST_LABELS // 2] if len(dots) > MOST_LABELS else []
    dots, specks = [row for row in dots if row not in middle], [*specks, *middle]
    points = [world.project(row["longitude"], row["latitude"]) for row in dots]
    others = [world.project(row["longitude"], row["latitude"]) for row in specks]
    widths = [len(row["name"]) * FONT_SIZE * LETTER_WIDTH + 4 for row in dots]
    places = place_labels(points, widths, FONT_SIZE + 3.0, Box(0, 0, world.width, world.height), others)
    return [
        {
            "name": row["name"],
            "x": place.x,
            "y": place.y,
            "dot_x": x,
            "dot_y": y,
            "end_x": place.anchor[0],
            "end_y": place.anchor[1],
            "joined": place.distance >= LINE_FROM,
        }
        for row, (x, y), place in zip(dots, points, places, strict=True)
        if place is not None
    ]


def _say(row: dict[str, Any]) -> str:
    return f"{row['mean']:.3g}, forecast, {row['lower']:.3g} to {row['upper']:.3g}"


def _placed(row: dict[str, Any]) -> bool:
    return row["longitude"] is not None and row["latitude"] is not None


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
