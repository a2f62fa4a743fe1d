"""Forecasts on a map cropped to the languages asked about, among the scores that were measured there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from isogloss.charts.canvas import LABEL_SIZE, Canvas, inline, score_range, text_width
from isogloss.charts.forecast_rows import FORECAST, GUESS, KINDS, MEASURED, Row
from isogloss.charts.placement import Box, place_labels
from isogloss.charts.projection import EqualEarth, is_wide, world_map

if TYPE_CHECKING:
    import altair as alt

DOT, SMALL_DOT, FEW = 90.0, 40.0, 40
"""Area of a forecast language: of few, and of many."""
SPECK = 0.1, 9.0, 28.0
"""Area of a measured language: per unit of the map's scale, at least and at most."""
SHAPES = {MEASURED: "square", FORECAST: "circle", GUESS: "circle"}
STRENGTHS = {"solid": 1.0, "fair": 1.0, "shaky": 0.55, GUESS: 0.0}
"""How much of its colour a forecast shows; a guess is a ring."""
LEGEND = 40.0
"""Units below the map for the scale of colours."""
LINE_FROM = 14.0
"""Units from dot to label at which a line joins them."""
FARTHEST, NEAR = 40.0, 15.0
"""Units at which a label may stand from its dot, of few dots and of many; the bars name them too."""
MOST_LABELS = 40
"""Of more forecasts, only the best and the worst are labelled: there is no room for all."""
NAMED_ABSENT = 5
WIDE = 1.6


@dataclass(frozen=True)
class MapLayout:
    """What is on a map, and where.

    Attributes
    ----------
    world : EqualEarth
        The part of the world with the forecast languages.
    dots, specks : list of rows
        Forecast languages with a known place, best first, and measured ones on the map, each with `strength`: how much
        of its colour it shows.
    labels : list of rows
        Names of forecast languages with their places, `x` and `y`, where these are free.
    low, high : float
        Ends of the scale of colours.
    """

    world: EqualEarth
    dots: list[Row]
    specks: list[Row]
    labels: list[Row]
    low: float
    high: float


def lay_out(
    forecasts: Sequence[Row], measured: Sequence[Row], width: float, height: float, *, percent: bool
) -> MapLayout:
    """Crop the world to the forecast languages of which one at least has a known place, and label them.

    A label that finds no free place is left out. Forecasts fade with trust, and a guess is a ring without colour.
    """
    dots = [_with_strength(row) for row in forecasts if placed(row)]
    world = EqualEarth.cropped([_place(row) for row in dots], width, height)
    asked = {row["target"] for row in forecasts}
    specks = [
        _with_strength(row) for row in measured
        if placed(row) and row["target"] not in asked and world.shows(*_place(row))
    ]  # fmt: skip
    scores = [row["mean"] for row in [*specks, *dots] if row["kind"] != GUESS]
    return MapLayout(world, dots, specks, _labels(dots, specks, world), *score_range(scores, percent=percent))


def _with_strength(row: Row) -> Row:
    return {**row, "strength": STRENGTHS.get(row["trust"] or "", 1.0)}


def draw_map(forecasts: Sequence[Row], measured: Sequence[Row], canvas: Canvas, width: float, height: float) -> Any:
    """The part of the world with the forecast languages, and the measured ones in it; see `lay_out`."""
    layout = lay_out(forecasts, measured, width, height - LEGEND, percent=canvas.percent)
    return world_map(layout.world, canvas.colours, *_layers(layout.labels, _points(layout, canvas), canvas))


def placed(row: Row) -> bool:
    """Whether it is known where a language is spoken."""
    return row["longitude"] is not None and row["latitude"] is not None


def spread(rows: Sequence[Row]) -> bool:
    """Whether the languages lie much further apart from west to east than from north to south."""
    return is_wide([_place(row) for row in rows if placed(row)], WIDE)


def absent(rows: Sequence[Row]) -> list[str]:
    """A line about forecast languages without a known place, if there are any."""
    names = list(dict.fromkeys(row["name"] for row in rows if not placed(row)))
    if not names:
        return []
    rest = f" and {len(names) - NAMED_ABSENT} more" if len(names) > NAMED_ABSENT else ""
    return [f"Not on the map, place unknown: {', '.join(names[:NAMED_ABSENT])}{rest}"]


def _place(row: Row) -> tuple[float, float]:
    return row["longitude"], row["latitude"]


def _layers(labels: list[Row], points: alt.Chart, canvas: Canvas) -> list[Any]:
    """From the bottom: lines to the labels that stand off, the dots, and the labels on a ground of their own."""
    import altair as alt

    def at(channel: type, field: str) -> Any:
        return channel(f"{field}:Q", scale=None, axis=None)

    colours = canvas.colours
    lines = alt.Chart(inline([label for label in labels if label["joined"]]))
    text = alt.Chart(inline(labels)).encode(x=at(alt.X, "x"), y=at(alt.Y, "y"), text=alt.Text("name:N"))
    font: dict[str, Any] = {"align": "left", "baseline": "middle", "fontSize": LABEL_SIZE}
    return [
        lines.mark_rule(color=colours.pale_ink, strokeWidth=0.8).encode(
            x=at(alt.X, "dot_x"), y=at(alt.Y, "dot_y"), x2=alt.X2("end_x:Q"), y2=alt.Y2("end_y:Q")
        ),
        points,
        text.mark_text(**font, stroke=colours.background, strokeWidth=3.5, strokeJoin="round", opacity=0.8),
        text.mark_text(**font, color=colours.ink),
    ]


def _points(layout: MapLayout, canvas: Canvas) -> alt.Chart:
    """Measured and forecast languages; the last are drawn on top, the best uppermost."""
    import altair as alt

    colours, world = canvas.colours, layout.world
    drawn = [*layout.specks, *reversed(layout.dots)]
    dot = DOT if len(layout.dots) <= FEW else SMALL_DOT
    speck = min(max(SPECK[0] * world.scale, SPECK[1]), SPECK[2])
    room = world.width - text_width(canvas.score_title) - 20
    legend = alt.Legend(
        orient="none", legendX=0, legendY=world.height + 8, direction="horizontal", title=canvas.score_title,
        titleOrient="right", gradientLength=min(150.0, room), gradientThickness=10, tickCount=3,
    )  # fmt: skip

    def by_kind(channel: type, looks: dict[str, Any]) -> Any:
        scale = alt.Scale(type="ordinal", domain=list(KINDS), range=[looks[kind] for kind in KINDS])
        return channel("kind:N", scale=scale, legend=None)

    return (
        alt.Chart(inline(drawn))
        .mark_point(strokeWidth=1.3, opacity=1)
        .encode(
            longitude=alt.Longitude("longitude:Q"),
            latitude=alt.Latitude("latitude:Q"),
            fill=alt.Fill(
                "mean:Q", scale=alt.Scale(scheme=colours.scheme, domain=[layout.low, layout.high]), legend=legend
            ),
            fillOpacity=alt.FillOpacity("strength:Q", scale=None),
            shape=by_kind(alt.Shape, SHAPES),
            size=by_kind(alt.Size, {MEASURED: speck, FORECAST: dot, GUESS: dot}),
            stroke=by_kind(alt.Stroke, {MEASURED: "transparent", FORECAST: colours.ink, GUESS: colours.ink}),
            strokeDash=by_kind(alt.StrokeDash, {MEASURED: [1, 0], FORECAST: [1, 0], GUESS: [2, 2]}),
            tooltip=[
                alt.Tooltip("name:N", title="language"),
                alt.Tooltip("target:N", title="id"),
                alt.Tooltip("kind:N"),
                alt.Tooltip("mean:Q", title=canvas.score, format=".3~g"),
                alt.Tooltip("trust:N"),
            ],
        )
    )


def _labels(dots: Sequence[Row], specks: Sequence[Row], world: EqualEarth) -> list[Row]:
    middle = dots[MOST_LABELS // 2 : -MOST_LABELS // 2] if len(dots) > MOST_LABELS else []
    named = [row for row in dots if row not in middle]
    points = [world.project(*_place(row)) for row in named]
    others = [world.project(*_place(row)) for row in [*specks, *middle]]
    widths = [text_width(row["name"]) + 3 for row in named]
    places = place_labels(points, widths, LABEL_SIZE + 2.0, Box(0, 0, world.width, world.height), others,
                          farthest=FARTHEST if len(dots) <= FEW else NEAR)  # fmt: skip
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
        for row, (x, y), place in zip(named, points, places, strict=True)
        if place is not None
    ]
