"""A learning curve: score against number of the target's examples, with its band, the goal and what was measured."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from isogloss.charts.style import (
    FAR,
    INK,
    KIND_COLOURS,
    MEASURED,
    UNMEASURED,
    WIDTH,
    finished,
    inline,
    number_format,
    palette,
    score_range,
)
from isogloss.errors import BadValue
from isogloss.evidence import TrainingMix
from isogloss.languages import resolve
from isogloss.text import counted

if TYPE_CHECKING:
    import altair as alt
    import polars as pl

    from isogloss.forecasting.curves import Curve, Needed

PLOT, HEIGHT, MARGIN = WIDTH - 100, 380, 8
STEPS = 160
"""Sizes at which the line is drawn."""
BEND = 10.0
"""Size around which the axis bends from linear to logarithmic, so that 0 has a place on it."""
FORECAST, OTHER_MIX, GOAL = KIND_COLOURS[UNMEASURED], KIND_COLOURS[MEASURED], KIND_COLOURS[FAR]
MEASURED, BESIDE_ANOTHER = "measured", "measured beside another mix"
NAMED_SOURCES = 3


class Look(NamedTuple):
    """How a dot is drawn."""

    colour: str
    shape: str
    area: float
    opacity: float


LOOKS = {MEASURED: Look(INK, "circle", 60, 1.0), BESIDE_ANOTHER: Look(OTHER_MIX, "diamond", 22, 0.35)}


def curve_plot(
    curve: Curve,
    *,
    start: int = 0,
    end: int | None = None,
    goal: float | None = None,
    level: float = 0.9,
    title: str | None = None,
) -> alt.LayerChart:
    """Plot a curve with its band, the scores it rests on and, if there is a goal, the number that reaches it.

    Parameters
    ----------
    curve : isogloss.forecasting.curves.Curve
    start, end : int
        First and last size; the last is by default the largest that was measured.
    goal : float, optional
        A score to reach, in the metric's own unit.
    level : float, default 0.9
        Probability that the band holds.
    title : str, optional

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

    end = max(curve.largest, 1) if end is None else end
    if not 0 <= start < end:
        raise BadValue(f"sizes from {start} to {end} are no range", hint="begin at 0 or more, and end higher")
    rows = _line(curve, start, end, level)
    axis = alt.Axis(title=f"{curve.kind} examples of {resolve(curve.target).name}", values=_ticks(start, end))
    # What lies on the edge of the plot is drawn whole, by leaving a margin inside it.
    place = alt.Scale(type="symlog", constant=BEND, domain=[start, end], nice=False, range=[MARGIN, PLOT - MARGIN])
    across = alt.X("size:Q", scale=place, axis=axis)
    measured = curve.measured.filter((curve.measured["size"] >= start) & (curve.measured["size"] <= end))
    low, high = _extent(rows, measured, goal)
    inside = measured.filter((measured["score"] >= low) & (measured["score"] <= high))
    digits = number_format(low, high)
    up = alt.Y("mean:Q", title=curve.metric, scale=alt.Scale(domain=[low, high], nice=False))
    layers = [] if curve.too_little_for(level) else [_band(rows, across, up)]
    layers += [*_means(rows, across, up, digits), *_dots(inside, across, up, digits)]
    if goal is not None:
        layers += _goal(curve.needed(goal, level), start, end, across, digits)
    name = title or f"How {curve.metric} in {resolve(curve.target).name} grows with its own examples"
    chart = alt.layer(*layers).properties(width=PLOT, height=HEIGHT)
    return finished(chart, name, _subtitle(curve, level, measured.height - inside.height))


def _line(curve: Curve, start: int, end: int, level: float) -> list[dict[str, Any]]:
    """The curve at sizes evenly apart on the axis."""
    bent = np.linspace(math.log1p(start / BEND), math.log1p(end / BEND), STEPS)
    sizes = np.unique(np.append(np.round(BEND * np.expm1(bent)), [start, end]))
    table = curve.predict(sizes, level)
    return [{**row, "far": row["basis"].startswith("FAR")} for row in table.iter_rows(named=True)]


def _extent(rows: list[dict[str, Any]], measured: pl.DataFrame, goal: float | None) -> tuple[float, float]:
    """Round limits around the curve, what was measured beside the same mix, and the goal."""
    values = [row[name] for row in rows for name in ("lower", "mean", "upper")]
    values += measured.filter("alike")["score"].to_list() + ([] if goal is None else [goal])
    finite = [value for value in values if math.isfinite(value)]
    low, high = min(finite), max(finite)
    below, above = score_range([0.0, high - low or abs(high) or 1.0])
    step = (above - below) / 10
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step


def _band(rows: list[dict[str, Any]], across: alt.X, up: alt.Y) -> Any:
    import altair as alt

    band = alt.Chart(inline(rows)).mark_area(color=FORECAST, opacity=0.18, clip=True)
    lower = up.copy()
    lower.shorthand = "lower:Q"
    return band.encode(x=across, y=lower, y2="upper:Q")


def _means(rows: list[dict[str, Any]], across: alt.X, up: alt.Y, digits: str) -> list[Any]:
    import altair as alt

    tooltip = [
        alt.Tooltip("size:Q", title="examples", format=","),
        *(alt.Tooltip(f"{name}:Q", format=digits) for name in ("mean", "lower", "upper")),
        alt.Tooltip("basis:N", title="basis"),
    ]
    near = [row for row in rows if not row["far"]]
    far = near[-1:] + [row for row in rows if row["far"]]
    lines = []
    for part, dash in ((near, [1, 0]), (far, [6, 4])):
        if len(part) > 1:
            line = alt.Chart(inline(part)).mark_line(color=FORECAST, strokeWidth=2.5, strokeDash=dash, clip=True)
            lines.append(line.encode(x=across, y=up, tooltip=tooltip))
    return lines


def _dots(measured: pl.DataFrame, across: alt.X, up: alt.Y, digits: str) -> list[Any]:
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
    colours = palette({kind: LOOKS[kind].colour for kind in kinds})
    shapes = palette({kind: LOOKS[kind].shape for kind in kinds})
    dots = alt.Chart(inline(rows)).mark_point(filled=True)
    return [
        dots.encode(
            x=across,
            y=up,
            color=alt.Color("kind:N", scale=colours, legend=legend),
            shape=alt.Shape("kind:N", scale=shapes, legend=legend),
            size=alt.Size("area:Q", scale=None, legend=None),
            opacity=alt.Opacity("opacity:Q", scale=None, legend=None),
            tooltip=["kind:N", alt.Tooltip("size:Q", format=","), alt.Tooltip("mean:Q", format=digits)],
        )
    ]


def _goal(needed: Needed, start: int, end: int, across: alt.X, digits: str) -> list[Any]:
    """The goal as a line, and where the curve meets it."""
    import altair as alt

    pinned = alt.Chart(inline([{"size": start, "mean": needed.goal, "said": _said(needed, digits)}]))
    level = pinned.mark_rule(color=GOAL, strokeWidth=1.5, strokeDash=[4, 3]).encode(y="mean:Q")
    said = pinned.mark_text(align="left", baseline="bottom", dx=6, dy=-4, color=GOAL, fontSize=13)
    layers = [level, said.encode(x=across, y="mean:Q", text="said:N")]
    if needed.expected is not None and start <= needed.expected <= end:
        met = alt.Chart(inline([{"size": needed.expected, "mean": needed.goal}]))
        layers.append(met.mark_point(size=130, color=GOAL, strokeWidth=2.5, opacity=1).encode(x=across, y="mean:Q"))
    if needed.banded and needed.lower is not None:
        last = end if needed.upper is None else min(needed.upper, end)
        if last > max(needed.lower, start):
            span = alt.Chart(inline([{"size": max(needed.lower, start), "to": last, "mean": needed.goal}]))
            layers.append(
                span.mark_rule(color=GOAL, strokeWidth=5, opacity=0.45).encode(x=across, x2="to:Q", y="mean:Q")
            )
    return layers


def _said(needed: Needed, digits: str) -> str:
    goal = format(needed.goal, digits.replace("~", ""))
    if needed.banded and needed.lower is None:
        return f"goal {goal}: not reachable up to {needed.reach:,}"
    said = f"not expected up to {needed.reach:,}" if needed.expected is None else f"{needed.expected:,} examples"
    if needed.banded:
        worst = f"more than {needed.reach:,}" if needed.upper is None else f"{needed.upper:,}"
        said += f" ({needed.lower:,} to {worst})"
    return f"goal {goal}: {said}"


def _subtitle(curve: Curve, level: float, outside: int) -> list[str]:
    mix = TrainingMix.parse(curve.train, language=str)
    beside = curve.train or "nothing else"
    if len(mix) > NAMED_SOURCES:
        beside = f"examples of {len(mix)} other languages"
    band = f"{100 * level:g}% band"
    if curve.too_little_for(level):
        band = f"too little evidence for a {band}"
    said = [" · ".join([curve.task, curve.model, f"beside {beside}", band, curve.law])]
    if outside:
        lie = "lies" if outside == 1 else "lie"
        said.append(f"{counted(outside, 'score')} measured beside other mixes {lie} above or below the picture")
    return said


def _ticks(start: int, end: int) -> list[int]:
    """0 and 1, 2 or 5 times powers of ten; where that is too many, powers only."""
    powers = [10**power for power in range(len(str(end)) + 1)]
    fine = [factor * power for power in powers for factor in (1, 2, 5)]
    ticks = [tick for tick in [0, *fine] if start <= tick <= end and (tick == 0 or tick >= BEND)]
    if len(ticks) > 12:
        ticks = [tick for tick in ticks if tick == 0 or tick in powers]
    return ticks if len(ticks) > 1 else [start, end]
