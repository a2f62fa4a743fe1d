"""Recipes by quality and cost: the front of those that nothing beats, and what each costs in all by volume."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from isogloss.charts.canvas import LABEL_SIZE, Canvas, decimals, figure, inline, score_range
from isogloss.charts.lines import GAP, HEADER, key_layers, points, text_layer

if TYPE_CHECKING:
    import altair as alt
    import polars as pl

LEFT, BOTTOM = 58.0, 38.0
STEPS = 60
FEWEST, MOST = 100.0, 1e7
"""Queries between which costs are drawn, unless recipes cost the same beyond."""
TURN = 0.6
"""Share of the axis from which on a name stands left of its dot."""
WIDE = 30.0
"""Ratio of costs from which on their axis is logarithmic."""
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left")


def draw_comparison(
    recipes: pl.DataFrame,
    break_even: pl.DataFrame | None = None,
    *,
    currency: str = "",
    higher_is_better: bool = True,
    canvas: Canvas | None = None,
) -> alt.HConcatChart:
    """Draw quality against the cost to make, and cost in all against the number of queries.

    Parameters
    ----------
    recipes : polars.DataFrame
        `recipe`, `quality`, `lower`, `upper`, `development` (cost to make), `serving` (cost of 1,000 queries) and
        `efficient` (whether no other recipe beats it).
    break_even : polars.DataFrame, optional
        `dearer_to_make`, `dearer_to_run` and the `queries` at which the two cost the same.
    currency : str
    higher_is_better : bool, default True
    canvas : Canvas, optional

    Returns
    -------
    altair.HConcatChart
    """
    import altair as alt

    canvas = canvas or Canvas()
    page = canvas.page(
        "Which recipe is best for its cost?",
        ["Filled: no other recipe is better in everything. Circles on the lines: two cost the same in all."],
    )
    rows = recipes.to_dicts()
    looks = {
        row["recipe"]: {"colour": canvas.colours.series[at % 8], "shape": SHAPES[at % 8]} for at, row in enumerate(rows)
    }
    width, height = (page.width - 2 * LEFT - 2 * GAP) / 2, page.height - HEADER - BOTTOM
    meeting = [] if break_even is None else break_even.to_dicts()
    better = "" if higher_is_better else ", less is better"
    parts: Any = alt.hconcat(
        _front(rows, looks, canvas, f"cost to make, {currency}", better).properties(width=width, height=height),
        _volumes(rows, meeting, looks, canvas, f"cost in all, {currency}").properties(width=width, height=height),
        spacing=2 * GAP,
    )
    return page.finish(parts.resolve_scale(color="independent"), _in_words(rows, meeting, currency, canvas))


def _front(rows: Sequence[Mapping[str, Any]], looks: Mapping[str, Any], canvas: Canvas, title: str, better: str) -> Any:
    """Quality against cost, with names beside the dots."""
    import altair as alt

    factor = canvas.factor
    costs = [row["development"] for row in rows]
    log = min(costs) > 0 and max(costs) > WIDE * min(costs)
    data = [
        {
            "recipe": row["recipe"], "cost": row["development"],
            **{end: factor * row[end] for end in ("quality", "lower", "upper")},
            "stroke": looks[row["recipe"]]["colour"], "shape": looks[row["recipe"]]["shape"], "size": 90,
            "fill": looks[row["recipe"]]["colour"] if row["efficient"] else canvas.colours.background,
        }
        for row in rows
    ]  # fmt: skip
    low, high = score_range([row[end] for row in data for end in ("lower", "upper")], percent=canvas.percent)
    ends = [min(costs) / 2, max(costs) * 2] if log else [0.0, 1.08 * max(costs) or 1.0]
    ticks = {"values": _powers(*ends)} if log else {"tickCount": 4}
    x = alt.X("cost:Q", title=title, axis=alt.Axis(format="~s", **ticks),
              scale=alt.Scale(type="log" if log else "linear", domain=ends, nice=False))  # fmt: skip
    y: dict[str, Any] = {
        "scale": alt.Scale(domain=[low, high], nice=False), "axis": alt.Axis(tickCount=6),
        "title": canvas.score_title + better,
    }  # fmt: skip
    colour = alt.Color("stroke:N", scale=None)
    base = alt.Chart(inline(data)).encode(x=x)
    turn = ends[0] * (ends[1] / ends[0]) ** TURN if log else TURN * ends[1]
    sides: dict[bool, dict[str, Any]] = {True: {"align": "right", "dx": -10}, False: {"align": "left", "dx": 10}}
    names = [
        alt.Chart(inline([row for row in data if (row["cost"] > turn) == beyond]))
        .mark_text(baseline="middle", dy=-11, fontSize=LABEL_SIZE, color=canvas.colours.ink, **side)
        .encode(x=x, y=alt.Y("quality:Q", **y), text=alt.Text("recipe:N"))
        for beyond, side in sides.items()
    ]
    dots = base.mark_point(opacity=1, strokeWidth=2).encode(
        y=alt.Y("quality:Q", **y), fill=alt.Fill("fill:N", scale=None),
        stroke=alt.Stroke("stroke:N", scale=None), shape=alt.Shape("shape:N", scale=None),
        size=alt.Size("size:Q", scale=None),
        tooltip=[alt.Tooltip("recipe:N"), alt.Tooltip("quality:Q"), alt.Tooltip("cost:Q")],
    )  # fmt: skip
    bars = base.mark_rule(strokeWidth=2, opacity=0.5).encode(
        y=alt.Y("lower:Q", **y), y2=alt.Y2("upper:Q"), color=colour
    )
    key = {name: {**look, "size": 90} for name, look in looks.items()}
    marks, words = key_layers(key, canvas, 0.0)
    return alt.layer(bars, dots, *names, points(marks), text_layer(words))


def _volumes(
    rows: Sequence[Mapping[str, Any]], meeting: Sequence[Mapping[str, Any]], looks: Mapping[str, Any], canvas: Canvas,
    title: str,
) -> Any:  # fmt: skip
    """Costs in all by number of queries, with the volumes at which two recipes cost the same."""
    import altair as alt

    meets = [row["queries"] for row in meeting if row["queries"] >= 1]
    low = max(min([FEWEST, *(volume / 10 for volume in meets)]), 1.0)
    high = max([MOST, *(3 * volume for volume in meets)])
    costs = {row["recipe"]: (row["development"], row["serving"] / 1000) for row in rows}
    lines = [
        {"recipe": name, "queries": volume, "total": once + volume * each, "stroke": looks[name]["colour"]}
        for name, (once, each) in costs.items()
        for volume in np.geomspace(low, high, STEPS).tolist()
        if once + each > 0
    ]  # fmt: skip
    totals = [row["total"] for row in lines] or [1.0]
    x = alt.X("queries:Q", title="queries", axis=alt.Axis(format="~s", values=_powers(low, high)[::2]),
              scale=alt.Scale(type="log", domain=[low, high], nice=False))  # fmt: skip
    axis = alt.Axis(format="~s", values=_powers(min(totals), max(totals)))
    y = alt.Y("total:Q", title=title, axis=axis, scale=alt.Scale(type="log", nice=True))
    drawn = (
        alt.Chart(inline(lines))
        .mark_line(strokeWidth=2.5)
        .encode(x=x, y=y, color=alt.Color("stroke:N", scale=None), detail=alt.Detail("recipe:N"))
    )
    crossings = [
        {"queries": row["queries"], "total": once + row["queries"] * each}
        for row in meeting
        for once, each in [costs[row["dearer_to_make"]]]
    ]
    circles = alt.Chart(inline(crossings)).mark_point(size=70, strokeWidth=2, opacity=1, color=canvas.colours.ink)
    return alt.layer(drawn, circles.encode(x=x, y=y))


def _powers(low: float, high: float) -> list[float]:
    """Powers of ten from the one below `low` to the one above `high`."""
    return [10.0**power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]


def _in_words(
    rows: Sequence[Mapping[str, Any]], meeting: Sequence[Mapping[str, Any]], currency: str, canvas: Canvas
) -> str:
    digits = decimals([canvas.factor * (row["upper"] - row["lower"]) for row in rows])
    listed = "; ".join(
        f"{row['recipe']} {figure(canvas.factor * row['quality'], digits)}, {row['development']:,.6g} {currency} to "
        f"make, {row['serving']:,.3g} for 1,000 queries"
        for row in rows
    )
    crossings = "".join(
        f" {row['dearer_to_make']} is cheaper in all than {row['dearer_to_run']} from {row['queries']:,.0f} queries on."
        for row in meeting
    )
    free = [row["recipe"] for row in rows if not row["development"] + row["serving"]]
    return f"{canvas.score_title} by recipe: {listed}.{crossings}" + (f" Free: {', '.join(free)}." if free else "")
