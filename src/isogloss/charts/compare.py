"""Recipes: quality against what they cost to make, and what they cost in all by number of queries."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from isogloss.charts.style import INK, LINES, WIDTH, finished, inline
from isogloss.text import counted

if TYPE_CHECKING:
    import altair as alt

    from isogloss.planning.compare import Comparison

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#777777", "#222222")
HALF, HEIGHT = WIDTH // 2 - 70, 300
STEPS = 80
FEWEST, MOST = 100.0, 1e7


def compare_picture(comparison: Comparison, *, title: str | None = None) -> alt.HConcatChart:
    """Draw the front of quality and cost, and which recipe is cheapest by volume.

    Parameters
    ----------
    comparison : isogloss.planning.compare.Comparison
    title : str, optional

    Returns
    -------
    altair.HConcatChart
    """
    import altair as alt

    names = comparison.recipes["recipe"].to_list()
    colour = alt.Color(
        "recipe:N", title=None, legend=alt.Legend(orient="top", columns=4, symbolOpacity=1, labelLimit=0),
        scale=alt.Scale(domain=names, range=[COLOURS[at % len(COLOURS)] for at in range(len(names))]),
    )  # fmt: skip
    parts: Any = alt.hconcat(_front(comparison, colour), _volumes(comparison, colour), spacing=40)
    lines = [
        f"{comparison.task} · {comparison.metric} over {counted(len(comparison.targets), 'language')}"
        f" · costs in {comparison.currency}",
        "Filled: on the front of quality, both costs and latency; bars hold 90 % of means over languages drawn anew.",
    ]
    return finished(parts, title or "Which recipe is worth it?", lines)


def _front(comparison: Comparison, colour: Any) -> Any:
    import altair as alt

    rows = comparison.recipes.to_dicts()
    values = [row[key] for row in rows for key in ("lower", "upper")]
    room = max((max(values) - min(values)) * 0.2, 0.01)
    scale = alt.Scale(domain=[min(values) - room, max(values) + room], nice=6)
    base = alt.Chart(inline(rows)).encode(
        x=alt.X("development:Q", title=f"cost to make, {comparison.currency}", axis=alt.Axis(tickCount=5)), color=colour
    )
    metric = comparison.metric if comparison.higher_is_better else f"{comparison.metric} (less is better)"
    y = alt.Y("quality:Q", title=metric, scale=scale, axis=alt.Axis(tickCount=6))
    told = [
        "recipe:N", alt.Tooltip("quality:Q", format=".3f"), alt.Tooltip("development:Q", format=",.2f"),
        alt.Tooltip("serving:Q", title="1,000 queries", format=",.4f"),
        alt.Tooltip("latency:Q", title="seconds", format=".3f"),
    ]  # fmt: skip
    bars = base.mark_rule(strokeWidth=2, opacity=0.5).encode(y=alt.Y("lower:Q", scale=scale), y2="upper:Q")
    dots = base.mark_point(size=130, strokeWidth=2.5, opacity=1).encode(
        y=y,
        tooltip=told,
        fill=alt.condition("datum.efficient", colour, alt.value("white")),
    )
    named = alt.TitleParams(text="Quality against the cost to make it", anchor="start", fontSize=13)
    return alt.layer(bars, dots).properties(width=HALF, height=HEIGHT, title=named)


def _volumes(comparison: Comparison, colour: Any) -> Any:
    """Costs in all by number of queries, with the volumes at which two recipes cost the same."""
    import altair as alt

    meets = [volume for volume in comparison.break_even["queries"] if volume >= 1]
    low, high = min([FEWEST, *(volume / 10 for volume in meets)]), max([MOST, *(3 * volume for volume in meets)])
    low = max(low, 1.0)
    volumes = np.geomspace(low, high, STEPS)
    made = {row["recipe"]: (row["development"], row["serving"] / 1000) for row in comparison.recipes.to_dicts()}
    rows = [
        {"recipe": name, "queries": float(volume), "total": costs[0] + volume * costs[1]}
        for name, costs in made.items()
        for volume in volumes
    ]
    positive = [row for row in rows if float(row["total"]) > 0]
    ends = [end([float(row["total"]) for row in positive] or [1.0]) for end in (min, max)]
    x = alt.X(
        "queries:Q", title="queries", scale=alt.Scale(type="log", domain=[low, high], nice=False),
        axis=alt.Axis(format="~s", values=_powers(low, high), gridColor=LINES),
    )  # fmt: skip
    y = alt.Y(
        "total:Q", title=f"cost in all, {comparison.currency}", scale=alt.Scale(type="log"),
        axis=alt.Axis(format="~s", values=_powers(*ends), gridColor=LINES),
    )  # fmt: skip
    lines = alt.Chart(inline(positive)).mark_line(strokeWidth=2.5).encode(x=x, y=y, color=colour)
    meeting = [
        (made[name], queries) for name, _, queries, _ in comparison.break_even.iter_rows() if low <= queries <= high
    ]
    crossings = [{"queries": queries, "total": once + queries * each} for (once, each), queries in meeting]
    dots = alt.Chart(inline(crossings)).mark_point(size=70, color=INK, strokeWidth=2, opacity=1).encode(x=x, y=y)
    said = "Cost in all; circles: break-even"
    if free := [name for name, costs in made.items() if not any(costs)]:
        said += f"; free, not drawn: {', '.join(free)}"
    named = alt.TitleParams(text=said, anchor="start", fontSize=13)
    return alt.layer(lines, dots).properties(width=HALF, height=HEIGHT, title=named)


def _powers(low: float, high: float) -> list[float]:
    """Powers of ten from the one below `low` to the one above `high`."""
    return [10.0**power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]
