"""Comparisons: recipes by quality and cost, and how evenly candidates serve languages."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from isogloss.charts.style import (
    FAR,
    INK,
    KIND_COLOURS,
    LINES,
    PALE_INK,
    UNMEASURED,
    WIDTH,
    finished,
    inline,
    score_range,
)
from isogloss.languages import resolve
from isogloss.text import counted

if TYPE_CHECKING:
    import altair as alt

    from isogloss.planning.compare import Comparison
    from isogloss.planning.fairness import Fairness

ROW = 40
STRIP, CELL = 430, 62
MOST_CANDIDATES = 20
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
    tooltip = [
        "recipe:N", alt.Tooltip("quality:Q", format=".3f"), alt.Tooltip("development:Q", format=",.2f"),
        alt.Tooltip("serving:Q", title="1,000 queries", format=",.4f"),
        alt.Tooltip("latency:Q", title="seconds", format=".3f"),
    ]  # fmt: skip
    bars = base.mark_rule(strokeWidth=2, opacity=0.5).encode(y=alt.Y("lower:Q", scale=scale), y2="upper:Q")
    dots = base.mark_point(size=130, strokeWidth=2.5, opacity=1).encode(
        y=y, tooltip=tooltip, fill=alt.condition("datum.efficient", colour, alt.value("white"))
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
    text = "Cost in all; circles: break-even"
    if free := [name for name, costs in made.items() if not any(costs)]:
        text += f"; free, not drawn: {', '.join(free)}"
    named = alt.TitleParams(text=text, anchor="start", fontSize=13)
    return alt.layer(lines, dots).properties(width=HALF, height=HEIGHT, title=named)


def _powers(low: float, high: float) -> list[float]:
    """Powers of ten from the one below `low` to the one above `high`."""
    return [10.0**power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]


def fair_picture(fairness: Fairness, *, title: str | None = None) -> alt.HConcatChart:
    """Draw every language of every candidate, and beside it the rules that pick it.

    Parameters
    ----------
    fairness : isogloss.planning.fairness.Fairness
    title : str, optional

    Returns
    -------
    altair.HConcatChart

    Notes
    -----
    Of more than twenty candidates, the best twenty by mean and those that a rule picks are drawn.
    """
    import altair as alt

    order = fairness.measures["candidate"].to_list()
    if len(order) > MOST_CANDIDATES:
        picked = {name for rule in fairness.rules for name in rule.winners}
        order = [name for at, name in enumerate(order) if at < MOST_CANDIDATES or name in picked]
    parts: Any = alt.hconcat(_strips(fairness, order), _verdicts(fairness, order), spacing=16)
    lines = [
        f"{fairness.task} · {fairness.metric} in {len(fairness.targets)} languages · demand at tau {fairness.tau:g}"
        + ("" if fairness.weighted else ", every language the same"),
        "Dots: languages; bar: mean; orange: the worst-off language. Filled: what a rule picks.",
    ]
    if len(order) < len(fairness.candidates):
        lines.append(f"{len(order)} of {len(fairness.candidates)} drawn")
    return finished(parts, title or "Which is the fairest?", lines)


def _strips(fairness: Fairness, order: list[str]) -> Any:
    import altair as alt

    place = {name: at for at, name in enumerate(fairness.candidates)}
    rows, means, worst = [], [], []
    for name in order:
        scores = fairness.scores[place[name]]
        at = int(scores.argmin())
        rows += [
            {"candidate": name, "language": resolve(target).name, "score": float(score)}
            for target, score in zip(fairness.targets, scores, strict=True)
        ]
        means.append({"candidate": name, "score": float(scores.mean())})
        worst.append({"candidate": name, "score": float(scores[at]), "language": resolve(fairness.targets[at]).name})
    low, high = score_range([float(value) for value in np.ravel(fairness.scores)])
    x = alt.X(
        "score:Q", scale=alt.Scale(domain=[low, high], nice=False), axis=alt.Axis(title=fairness.metric, tickCount=6)
    )
    y = alt.Y("candidate:N", sort=order, title=None, axis=alt.Axis(labelLimit=230))
    tooltip = ["language:N", alt.Tooltip("score:Q", format=".3f")]
    layers = [
        alt.Chart(inline(rows)).mark_point(filled=True, size=34, opacity=0.35, color=KIND_COLOURS[UNMEASURED]),
        alt.Chart(inline(means)).mark_tick(thickness=3, height=ROW - 20, color=INK),
        alt.Chart(inline(worst)).mark_point(filled=True, size=70, opacity=1, color=KIND_COLOURS[FAR]),
    ]
    drawn = [layer.encode(x=x, y=y) for layer in layers]
    drawn[0] = drawn[0].encode(tooltip=tooltip)
    names = (
        alt.Chart(inline(worst)).mark_text(align="left", dx=-4, dy=-16, fontSize=11, color=PALE_INK).encode(
            x=x, y=y, text="language:N"
        )
    )  # fmt: skip
    return alt.layer(*drawn, names).properties(width=STRIP, height=ROW * len(order))


def _verdicts(fairness: Fairness, order: list[str]) -> Any:
    import altair as alt

    cells = [
        {"rule": rule.name, "candidate": name, "picked": name in rule.winners}
        for rule in fairness.rules
        for name in order
    ]
    rules = [rule.name for rule in fairness.rules]
    base = alt.Chart(inline(cells)).encode(
        x=alt.X("rule:N", sort=rules, title=None, axis=alt.Axis(orient="top", labelAngle=-35, ticks=False)),
        y=alt.Y("candidate:N", sort=order, title=None, axis=alt.Axis(labels=False, ticks=False)),
    )
    dots = base.mark_point(size=150, strokeWidth=1.5, opacity=1, color=KIND_COLOURS[UNMEASURED]).encode(
        fill=alt.condition("datum.picked", alt.value(KIND_COLOURS[UNMEASURED]), alt.value("white"))
    )
    return dots.properties(width=CELL * len(rules), height=ROW * len(order))
