"""A curve: score against number of examples or another amount, with its band, the goal and what was measured."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from isogloss.charts.canvas import Canvas, decimals, figure, inline, score_range
from isogloss.charts.forecast_rows import mix_in_words
from isogloss.charts.lines import HEADER
from isogloss.errors import BadValue
from isogloss.forecasting.flags import short
from isogloss.text import amount, counted

if TYPE_CHECKING:
    import altair as alt
    import polars as pl

    from isogloss.forecasting.curves import Curve, Needed

LEFT, MARGIN = 52.0, 8.0
"""Units for the axis of scores, and inside the plot for marks at its edge."""
BOTTOM = 38.0
STEPS = 160
"""Sizes at which the line is drawn."""
BEND, BEND_OF_LAWS = 10.0, 1.0
"""Size around which the axis bends from linear to logarithmic, so that 0 has a place on it."""
MILLION = 1_000_000
MEASURED, BESIDE_ANOTHER = "measured", "measured beside another mix"


class Look(NamedTuple):
    """How a dot is drawn."""

    shape: str
    area: float
    opacity: float


class Wording(NamedTuple):
    """What a picture calls the amount, and where its axis bends."""

    title: str
    axis: str
    noun: str
    bend: float

    @classmethod
    def of(cls, curve: Curve, canvas: Canvas) -> Wording:
        """Of a curve over examples, or of a law."""
        name = canvas.name(curve.target) if curve.target else "the mean language"
        if curve.of_examples:
            title = f"How {canvas.score} in {name} grows with its own examples"
            return cls(title, f"{curve.unit} of {name}", "examples", BEND)
        return cls(f"How {canvas.score} in {name} changes with {curve.unit}", curve.unit, curve.unit, BEND_OF_LAWS)


LOOKS = {MEASURED: Look("circle", 60, 1.0), BESIDE_ANOTHER: Look("diamond", 22, 0.4)}


def draw_curve(
    curve: Curve,
    *,
    start: int = 0,
    end: int | None = None,
    goal: float | None = None,
    level: float = 0.9,
    canvas: Canvas | None = None,
) -> alt.LayerChart:
    """Draw a curve with its band, the scores it rests on and, if there is a goal, the number that reaches it.

    Parameters
    ----------
    curve : isogloss.forecasting.curves.Curve
        It is asked for many sizes, which is why it is no table.
    start, end : int
        First and last size; the last is by default the largest that was measured.
    goal : float, optional
        A score to reach, in the metric's own unit.
    level : float, default 0.9
        Probability that the band holds.
    canvas : Canvas, optional

    Returns
    -------
    altair.LayerChart

    Raises
    ------
    BadValue
        If the first size is not below the last, or the goal is no score of the metric.

    Notes
    -----
    The line is dashed where sizes are far beyond those measured. Where too little was measured for the
    level there is no band, and the subtitle says so.
    """
    import altair as alt

    canvas = canvas or Canvas(score=curve.metric)
    end = max(curve.largest, 1) if end is None else end
    wording = Wording.of(curve, canvas)
    if not 0 <= start < end:
        raise BadValue(f"sizes from {start} to {end} are no range", hint="begin at 0 or more, and end higher")
    rows = _line(curve, start, end, level, canvas, wording.bend)
    measured = curve.measured.filter((curve.measured["size"] >= start) & (curve.measured["size"] <= end))
    measured = measured.with_columns(score=canvas.factor * measured["score"])
    low, high = _extent(rows, measured, None if goal is None else canvas.factor * goal)
    inside = measured.filter((measured["score"] >= low) & (measured["score"] <= high))
    page = canvas.page(wording.title, _subtitle(curve, level, measured.height - inside.height))
    width, height = page.width - LEFT, page.height - HEADER - BOTTOM
    # What lies on the edge of the plot is drawn whole, by leaving a margin inside it.
    place = alt.Scale(
        type="symlog", constant=wording.bend, domain=[start, end], nice=False, range=[MARGIN, width - MARGIN]
    )
    axis = alt.Axis(title=wording.axis, values=_ticks(start, end, wording.bend))
    if end >= MILLION:
        axis.labelExpr = "replace(format(datum.value, '~s'), 'G', 'B')"
    across = alt.X("size:Q", scale=place, axis=axis)
    digits = decimals([(high - low) / 3])
    up = alt.Y("mean:Q", title=canvas.score_title, scale=alt.Scale(domain=[low, high], nice=False))
    layers = [] if curve.too_little_for(level) else [_band(rows, across, up, canvas)]
    layers += [*_means(rows, across, up, digits, canvas, wording.noun), *_dots(inside, across, up, digits, canvas)]
    needed = None if goal is None else curve.needed(goal, level)
    if needed is not None:
        layers += _goal(curve, needed, start, end, across, canvas)
    chart = alt.layer(*layers).properties(width=width, height=height)
    return page.finish(chart, _in_words(curve, rows, needed, digits, canvas, wording.noun))


def _in_words(
    curve: Curve, rows: list[dict[str, Any]], needed: Needed | None, digits: int, canvas: Canvas, noun: str
) -> str:
    """The curve at its ends and in the middle, and the goal."""
    shown = [rows[0], rows[len(rows) // 2], rows[-1]]
    points = "; ".join(
        f"{amount(row['size'], noun)} {figure(row['mean'], digits)} ({figure(row['lower'], digits)} to "
        f"{figure(row['upper'], digits)})"
        for row in shown
    )
    goal = "" if needed is None else f" {_goal_in_words(curve, needed, canvas)}."
    return f"{canvas.score_title} by number of {noun}: {points}.{goal}"


def _line(curve: Curve, start: int, end: int, level: float, canvas: Canvas, bend: float) -> list[dict[str, Any]]:
    """The curve at sizes evenly apart on the axis, on the canvas's scale."""
    bent = np.linspace(math.log1p(start / bend), math.log1p(end / bend), STEPS)
    sizes = np.unique(np.append(np.round(bend * np.expm1(bent)), [start, end]))
    table = curve.predict(sizes, level)
    scaled = {name: canvas.factor * table[name] for name in ("mean", "lower", "upper")}
    rows = short(table).with_columns(**scaled).iter_rows(named=True)
    return [{**row, "far": bool(row["size"] > curve.reach)} for row in rows]


def _extent(rows: list[dict[str, Any]], measured: pl.DataFrame, goal: float | None) -> tuple[float, float]:
    """Round limits around the curve, what was measured beside the same mix, and the goal."""
    values = [row[name] for row in rows for name in ("lower", "mean", "upper")]
    values += measured.filter("alike")["score"].to_list() + ([] if goal is None else [goal])
    finite = [value for value in values if math.isfinite(value)]
    low, high = min(finite), max(finite)
    below, above = score_range([0.0, high - low or abs(high) or 1.0])
    step = (above - below) / 10
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step


def _band(rows: list[dict[str, Any]], across: alt.X, up: alt.Y, canvas: Canvas) -> Any:
    import altair as alt

    band = alt.Chart(inline(rows)).mark_area(color=canvas.colours.forecast, opacity=0.18, clip=True)
    lower = up.copy()
    lower.shorthand = "lower:Q"
    return band.encode(x=across, y=lower, y2=alt.Y2("upper:Q"))


def _means(rows: list[dict[str, Any]], across: alt.X, up: alt.Y, digits: int, canvas: Canvas, noun: str) -> list[Any]:
    import altair as alt

    tooltip = [
        alt.Tooltip("size:Q", title=noun, format=","),
        *(alt.Tooltip(f"{name}:Q", format=f".{digits}f") for name in ("mean", "lower", "upper")),
        alt.Tooltip("trust:N"),
        alt.Tooltip("flags:N"),
    ]
    near = [row for row in rows if not row["far"]]
    far = near[-1:] + [row for row in rows if row["far"]]
    lines = []
    for part, dash in ((near, [1, 0]), (far, [6, 4])):
        if len(part) > 1:
            line = alt.Chart(inline(part)).mark_line(
                color=canvas.colours.forecast, strokeWidth=2.5, strokeDash=dash, clip=True
            )
            lines.append(line.encode(x=across, y=up, tooltip=tooltip))
    return lines


def _dots(measured: pl.DataFrame, across: alt.X, up: alt.Y, digits: int, canvas: Canvas) -> list[Any]:
    import altair as alt

    kinds = [kind for kind in LOOKS if any(measured["alike"] == (kind == MEASURED))]
    if not kinds:
        return []
    rows = [
        {"size": size, "mean": score, "kind": MEASURED if alike else BESIDE_ANOTHER}
        for size, score, alike in measured.sort("alike").iter_rows()
    ]
    rows = [{**row, "area": LOOKS[row["kind"]].area, "opacity": LOOKS[row["kind"]].opacity} for row in rows]
    legend = alt.Legend(orient="top", direction="horizontal", title=None, symbolOpacity=1, labelLimit=0, offset=4)
    shades = {MEASURED: canvas.colours.ink, BESIDE_ANOTHER: canvas.colours.pale_ink}
    colours = alt.Scale(domain=kinds, range=[shades[kind] for kind in kinds])
    shapes = alt.Scale(domain=kinds, range=[LOOKS[kind].shape for kind in kinds])
    dots = alt.Chart(inline(rows)).mark_point(filled=True)
    return [
        dots.encode(
            x=across,
            y=up,
            color=alt.Color("kind:N", scale=colours, legend=legend),
            shape=alt.Shape("kind:N", scale=shapes, legend=legend),
            size=alt.Size("area:Q", scale=None, legend=None),
            opacity=alt.Opacity("opacity:Q", scale=None, legend=None),
            tooltip=[
                alt.Tooltip("kind:N"),
                alt.Tooltip("size:Q", format=","),
                alt.Tooltip("mean:Q", format=f".{digits}f"),
            ],
        )
    ]


def _goal_in_words(curve: Curve, needed: Needed, canvas: Canvas) -> str:
    return curve.goal_in_words(needed, f"{canvas.factor * needed.goal:.4g}")


def _goal(curve: Curve, needed: Needed, start: int, end: int, across: alt.X, canvas: Canvas) -> list[Any]:
    """The goal as a line, and where the curve meets it."""
    import altair as alt

    goal, colour = canvas.factor * needed.goal, canvas.colours.alert
    pinned = alt.Chart(inline([{"size": start, "mean": goal, "said": _goal_in_words(curve, needed, canvas)}]))
    level = pinned.mark_rule(color=colour, strokeWidth=1.5, strokeDash=[4, 3]).encode(y=alt.Y("mean:Q"))
    said = pinned.mark_text(align="left", baseline="bottom", dx=6, dy=-4, color=colour, fontSize=13)
    layers = [level, said.encode(x=across, y=alt.Y("mean:Q"), text=alt.Text("said:N"))]
    if needed.expected is not None and start <= needed.expected <= end:
        met = alt.Chart(inline([{"size": needed.expected, "mean": goal}]))
        layers.append(
            met.mark_point(size=130, color=colour, strokeWidth=2.5, opacity=1).encode(x=across, y=alt.Y("mean:Q"))
        )
    if needed.banded and needed.lower is not None:
        last = end if needed.upper is None else min(needed.upper, end)
        if last > max(needed.lower, start):
            span = alt.Chart(inline([{"size": max(needed.lower, start), "to": last, "mean": goal}]))
            layers.append(
                span.mark_rule(color=colour, strokeWidth=5, opacity=0.45).encode(
                    x=across, x2=alt.X2("to:Q"), y=alt.Y("mean:Q")
                )
            )
    return layers


def _subtitle(curve: Curve, level: float, outside: int) -> list[str]:
    beside = mix_in_words(curve.train).replace("trained on", "beside") or "beside nothing else"
    beside = beside if curve.of_examples else curve.held
    band = f"{100 * level:g} % band"
    if curve.too_little_for(level):
        band = f"too little evidence for a {band}"
    said = [" · ".join(filter(None, [curve.task, curve.model, beside, band]))]
    if outside:
        lie = "lies" if outside == 1 else "lie"
        said.append(f"{counted(outside, 'score')} measured beside other mixes {lie} above or below the picture")
    return said


def _ticks(start: int, end: int, bend: float) -> list[int]:
    """0 and 1, 2 or 5 times powers of ten; where that is too many, powers only."""
    powers = [10**power for power in range(len(str(end)) + 1)]
    fine = [factor * power for power in powers for factor in (1, 2, 5)]
    ticks = [tick for tick in [0, *fine] if start <= tick <= end and (tick == 0 or tick >= bend)]
    if len(ticks) > 12:
        ticks = [tick for tick in ticks if tick == 0 or tick in powers]
    return ticks if len(ticks) > 1 else [start, end]
