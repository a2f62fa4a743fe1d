"""Lines with a name, a mark on its interval and figures, one below the other: what most pictures are made of.

Places are computed here, in units, so that names and figures stand inside the frame and panels line up.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from isogloss.charts.canvas import LABEL_SIZE, Canvas, inline, text_width

HEADER, AXIS = 20.0, 36.0
"""Units for the key above the lines, and for the axis below."""
KEY = -11.0
"""Where the key stands, above the plot."""
LEAST_ROW, MOST_ROW = 14.5, 60.0
GAP = 12.0
"""Units between columns."""
MOST_NAME, MOST_NOTE = 215.0, 230.0
NOTE_SIZE = 10.0
TICK = 55.0
"""Units between two ticks of an axis, about."""


@dataclass(frozen=True)
class Line:
    """One line of a panel.

    Attributes
    ----------
    name, figures, note : str
        Left, right, and small below the name.
    value, lower, upper : float or None
        Where the mark stands and its interval reaches; without a value there is no mark.
    reference : float or None
        Where a short stroke across the line stands, such as a promise or a goal.
    start : float or None
        Where a bar, which otherwise begins at 0, or a step to the mark begins.
    colour, shape : str
    bar, hollow, pale : bool
        Whether the mark is a bar, whether it is a ring, and whether the text is pale.
    """

    name: str
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    figures: str = ""
    note: str = ""
    start: float | None = None
    reference: float | None = None
    colour: str = ""
    shape: str = "circle"
    bar: bool = False
    hollow: bool = False
    pale: bool = False


@dataclass(frozen=True)
class Scale:
    """The axis of a panel: its ends, its title, a dashed line across, and how ticks are written."""

    low: float
    high: float
    title: str = ""
    rule: float | None = None
    format: str | None = None


def _ticks(scale: Scale, most: int) -> dict[str, Any]:
    """How many ticks an axis has; those of whole numbers are named, as nothing lies between two of them."""
    if scale.format != "d":
        return {"tickCount": most}
    low, high = math.ceil(scale.low), math.floor(scale.high)
    return {"values": list(range(low, high + 1, math.ceil((high - low + 1) / most)))}


def most_lines(height: float) -> int:
    """How many lines a panel of this height has room for."""
    return int((height - HEADER - AXIS) / LEAST_ROW)


def heights(count: int, height: float) -> list[float]:
    """The middle of each of `count` lines in a panel of this height."""
    step = min((height - HEADER - AXIS) / max(count, 1), MOST_ROW)
    return [(at + 0.5) * step for at in range(count)]


def lines_panel(
    lines: Sequence[Line],
    scale: Scale,
    canvas: Canvas,
    width: float,
    height: float,
    *,
    named: bool = True,
    title: str = "",
    key: Mapping[str, Mapping[str, Any]] | None = None,
) -> Any:
    """A panel of lines, each with its name, mark, interval and figures.

    Parameters
    ----------
    lines : sequence of Line
        From the top.
    scale : Scale
    canvas : Canvas
    width, height : float
        Of the panel with its key and axis, in units.
    named : bool, default True
        Whether names are written; not in the second panel of the same lines.
    title : str, optional
        Above the panel, instead of a key.
    key : mapping, optional
        What marks mean: word to `colour`, `shape` and `hollow`.
    """
    import altair as alt

    left = _name_width(lines) + GAP if named else 0.0
    figures = max(text_width(line.figures) for line in lines)
    right = width - (figures + GAP if figures else 4.0)
    ys = heights(len(lines), height)
    step = 2 * ys[0]
    axis = alt.Axis(
        title=scale.title or None, labelOverlap=True, format=scale.format or alt.Undefined,
        **_ticks(scale, max(2, int((right - left) / TICK))),
    )  # fmt: skip
    domain = alt.Scale(domain=[scale.low, scale.high], range=[left, right], nice=False)
    x: dict[str, Any] = {"scale": domain, "axis": axis}
    data = [_row(line, y, canvas, scale) for line, y in zip(lines, ys, strict=True)]
    marks, words = key_layers(key, canvas, left) if key else ([], [])
    words += [word(title, left if named else 0.0, KEY, canvas.colours.ink)] if title else []
    names = []
    for line, y in zip(lines, ys, strict=True):
        colour = canvas.colours.pale_ink if line.pale else canvas.colours.ink
        words += [word(line.figures, right + GAP, y, colour)]
        names += [word(line.name, 0.0, y - 5 * bool(line.note), colour)] if named else []
    notes = [word(line.note, 0.0, y + 7, canvas.colours.pale_ink) for line, y in zip(lines, ys, strict=True)]
    layers = [grid(ys, left, right, canvas), *_marks(data, x, step, canvas)]
    if scale.rule is not None:
        rule = alt.Chart(inline([{"rule": scale.rule}])).mark_rule(color=canvas.colours.ink, strokeDash=[4, 3])
        layers.insert(1, rule.encode(x=alt.X("rule:Q", **x)))
    layers += [points(marks)] if marks else []
    layers.append(text_layer(words))
    if names:
        layers.append(text_layer(names, limit=left - GAP / 2))
    if named and any(line.note for line in lines):
        layers.append(text_layer(notes, NOTE_SIZE, limit=left - GAP / 2))
    chart: Any = alt.layer(*layers)
    return chart.properties(width=width, height=ys[-1] + step / 2)


def _name_width(lines: Sequence[Line]) -> float:
    names = min(max(text_width(line.name) for line in lines), MOST_NAME)
    return max(names, min(max(text_width(line.note, NOTE_SIZE) for line in lines), MOST_NOTE))


def _row(line: Line, y: float, canvas: Canvas, scale: Scale) -> dict[str, Any]:
    colour = line.colour or canvas.colours.forecast
    zero = min(max(0.0, scale.low), scale.high)
    ends = [end if end is None else min(max(end, scale.low), scale.high) for end in (line.lower, line.upper)]
    return {
        "name": line.name, "value": line.value, "from": ends[0], "to": ends[1], "y": y,
        "begin": zero if line.start is None else line.start, "step": line.start, "bar": line.bar,
        "figures": line.figures, "reference": line.reference,
        "stroke": colour, "fill": canvas.colours.background if line.hollow else colour, "shape": line.shape, "size": 54,
    }  # fmt: skip


def _marks(rows: Sequence[dict[str, Any]], x: Mapping[str, Any], step: float, canvas: Canvas) -> list[Any]:
    """Bars, or intervals with dots on them."""
    import altair as alt

    tooltip = [alt.Tooltip("name:N"), alt.Tooltip("figures:N")]
    y = alt.Y("y:Q", scale=None, axis=None)
    valued = [row for row in rows if row["value"] is not None]
    colour: Any = alt.Color("stroke:N", scale=None)
    tall = min(0.62 * step, 16.0)
    layers = []
    barred, dotted = ([row for row in valued if row["bar"] == bar] for bar in (True, False))
    steps = [row for row in dotted if row["step"] is not None]
    if barred:
        bar = alt.Chart(inline(barred)).mark_bar(height=tall)
        layers.append(bar.encode(x=alt.X("begin:Q", **x), x2=alt.X2("value:Q"), y=y, color=colour, tooltip=tooltip))
    ranged = [row for row in valued if row["from"] is not None]
    if ranged:
        interval = alt.Chart(inline(ranged)).mark_bar(height=min(tall, 8.0), opacity=0.3)
        layers.append(interval.encode(x=alt.X("from:Q", **x), x2=alt.X2("to:Q"), y=y, color=colour, tooltip=tooltip))
    if steps:
        path = alt.Chart(inline(steps)).mark_rule(color=canvas.colours.pale_ink, strokeWidth=1.5)
        layers.append(path.encode(x=alt.X("step:Q", **x), x2=alt.X2("value:Q"), y=y))
    referred = [row for row in rows if row["reference"] is not None]
    if referred:
        stroke = alt.Chart(inline(referred)).mark_tick(
            color=canvas.colours.ink, thickness=2, height=min(tall + 4, 14.0)
        )
        layers.append(stroke.encode(x=alt.X("reference:Q", **x), y=y))
    if dotted or not layers:
        layers.append(points(dotted, alt.X("value:Q", **x)).encode(tooltip=tooltip))
    return layers


def points(rows: Sequence[Mapping[str, Any]], x: Any = None) -> Any:
    """Marks whose rows say how they look: `shape`, `fill`, `stroke`, `size`, maybe `dash`; without `x` at `x` units."""
    import altair as alt

    dashed = {"strokeDash": alt.StrokeDash("dash:N", scale=None)} if rows and "dash" in rows[0] else {}
    return alt.Chart(inline(rows)).mark_point(opacity=1, strokeWidth=1.8).encode(
        x=x or alt.X("x:Q", scale=None, axis=None), y=alt.Y("y:Q", scale=None, axis=None),
        fill=alt.Fill("fill:N", scale=None), stroke=alt.Stroke("stroke:N", scale=None),
        shape=alt.Shape("shape:N", scale=None), size=alt.Size("size:Q", scale=None), **dashed,
    )  # fmt: skip


def grid(ys: Sequence[float], start: float, end: float, canvas: Canvas) -> Any:
    """A thin line under the marks of each line."""
    import altair as alt

    return (
        alt.Chart(inline([{"y": y, "x": start, "x2": end} for y in ys]))
        .mark_rule(color=canvas.colours.lines, strokeWidth=1)
        .encode(x=alt.X("x:Q", scale=None, axis=None), x2=alt.X2("x2:Q"), y=alt.Y("y:Q", scale=None, axis=None))
    )


def word(text: str, x: float, y: float, colour: str) -> dict[str, Any]:
    """A piece of text with its place in units."""
    return {"text": text, "x": x, "y": y, "colour": colour}


def text_layer(words: Sequence[Mapping[str, Any]], size: float = LABEL_SIZE, limit: float = 400.0) -> Any:
    """Pieces of text, each beginning at its place."""
    import altair as alt

    return (
        alt.Chart(inline([one for one in words if one["text"]]))
        .mark_text(align="left", baseline="middle", fontSize=size, limit=limit)
        .encode(
            x=alt.X("x:Q", scale=None, axis=None), y=alt.Y("y:Q", scale=None, axis=None), text=alt.Text("text:N"),
            color=alt.Color("colour:N", scale=None),
        )
    )  # fmt: skip


def key_layers(
    key: Mapping[str, Mapping[str, Any]], canvas: Canvas, start: float, y: float = KEY
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What marks mean, in a line above the plot: marks and words."""
    marks, words, x = [], [], start + 5
    for text, look in key.items():
        wide = look.get("wide", 4.0)
        colour = look["colour"]
        fill = look.get("fill", canvas.colours.background if look.get("hollow") else colour)
        mark = {"shape": look.get("shape", "circle"), "fill": fill, "stroke": colour, "size": look.get("size", 54)}
        marks.append({**mark, "x": x + wide - 4, "y": y, "dash": look.get("dash", [1, 0])})
        x += 2 * wide + 1
        words.append(word(text, x, y, canvas.colours.pale_ink))
        x += text_width(text) + 16
    return marks, words
