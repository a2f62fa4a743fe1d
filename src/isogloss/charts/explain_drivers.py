"""Which factors drive transfer: a forest plot of effects, with the share of the variance beside them."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from isogloss.charts.style import INK, heading, inline, styled

if TYPE_CHECKING:
    import altair as alt

    from isogloss.explanation.drivers import Drivers

ROW_HEIGHT, EFFECTS_WIDTH, SHARES_WIDTH = 26, 470, 190
SHOWN, NOT_SHOWN = "shown to go with the scores", "not shown"
COLOURS = {SHOWN: "#0072b2", NOT_SHOWN: "#999999"}
LINE = 118
"""Characters of a line of the subtitle."""


def drivers_plot(found: Drivers, *, title: str | None = None) -> alt.HConcatChart:
    """Plot the effect of every factor on its interval, and how much of the variance it explains.

    Parameters
    ----------
    found : isogloss.explanation.Drivers
        Its interactions, if it has any, stand below the factors.
    title : str, optional

    Returns
    -------
    altair.HConcatChart
    """
    import altair as alt

    rows = [_row(row) for row in [*found.table.to_dicts(), *found.interactions.to_dicts()]]
    order = [row["factor"] for row in rows]
    y = alt.Y("factor:N", sort=order, axis=alt.Axis(title=None, ticks=False, grid=True, labelLimit=260))
    parts: Any = alt.hconcat(_effects(rows, y, found.unit), _shares(rows, order), spacing=18)
    lines = [
        f"{found.task} · {found.model} · {found.metric} · {found.pairs:,} pairs of {found.sources} "
        f"{'mixes' if found.mixed else 'sources'} and {found.targets} targets",
        "Dots: crossed random effects; lines: 95 % intervals, errors clustered by source and target; "
        "ticks: least squares.",
        *textwrap.wrap(_fit(found), LINE),
    ]
    named = heading(title or f"What drives transfer in {found.task}?", lines)
    chart: alt.HConcatChart = styled(parts.properties(title=named))
    return chart


def _fit(found: Drivers) -> str:
    said = f"All factors together: {100 * found.r2:.0f} % of the variance in sample"
    if found.left_out_r2 != found.left_out_r2:
        return f"{said}, unknown for languages left out."
    if found.left_out_r2 <= 0:
        return f"{said}; for languages left out they tell less than the mean."
    return f"{said}, {100 * found.left_out_r2:.0f} % for languages left out."


def _row(row: dict[str, Any]) -> dict[str, Any]:
    share = row["share"] if row["group"] != "interaction" else None
    return {
        **row,
        "share": share,
        "kind": SHOWN if row["driver"] else NOT_SHOWN,
        "figures": "" if share is None else f"{100 * share:.1f} %",
    }


def _effects(rows: list[dict[str, Any]], y: Any, unit: str) -> Any:
    import altair as alt

    axis = alt.Axis(title=f"{unit} for one standard deviation more", tickCount=6)
    kinds = [kind for kind in COLOURS if any(row["kind"] == kind for row in rows)]
    colour = alt.Color(
        "kind:N", title=None, scale=alt.Scale(domain=kinds, range=[COLOURS[kind] for kind in kinds]),
        legend=alt.Legend(orient="top", direction="horizontal", symbolOpacity=1, labelLimit=0),
    )  # fmt: skip
    shape = alt.Shape("kind:N", title=None, scale=alt.Scale(domain=kinds, range=["circle", "diamond"][: len(kinds)]))
    told = [
        alt.Tooltip("factor:N"), alt.Tooltip("group:N"), alt.Tooltip("effect:Q", format=".3~g"),
        alt.Tooltip("lower:Q", format=".3~g"), alt.Tooltip("upper:Q", format=".3~g"),
        alt.Tooltip("q:Q", format=".2~g", title="q (permutation)"), alt.Tooltip("vif:Q", format=".2f", title="VIF"),
    ]  # fmt: skip
    base = alt.Chart(inline(rows)).encode(y=y, tooltip=told)
    x = alt.X("effect:Q", axis=axis)
    layers: Any = alt.layer(
        alt.Chart(inline([{"x": 0.0}])).mark_rule(color=INK, strokeDash=[4, 3]).encode(x="x:Q"),
        base.mark_rule(strokeWidth=5, opacity=0.35).encode(x=alt.X("lower:Q", axis=axis), x2="upper:Q", color=colour),
        base.mark_tick(color=INK, thickness=1.5, size=12).encode(x=alt.X("least_squares:Q", axis=axis)),
        base.mark_point(filled=True, size=85, opacity=1).encode(x=x, color=colour, shape=shape),
    )
    return layers.properties(width=EFFECTS_WIDTH, height=alt.Step(ROW_HEIGHT))


def _shares(rows: list[dict[str, Any]], order: list[str]) -> Any:
    import altair as alt

    y = alt.Y("factor:N", sort=order, axis=alt.Axis(title=None, ticks=False, labels=False))
    axis = alt.Axis(title="share of the variance", format=".0%", tickCount=4, grid=False)
    base = alt.Chart(inline(rows)).encode(y=y)
    most = max([row["share"] or 0.0 for row in rows], default=0.0)
    scale = alt.Scale(domain=[0, max(1.3 * most, 0.01)], nice=False)
    layers: Any = alt.layer(
        base.mark_bar(height=12, color="#56b4e9").encode(x=alt.X("share:Q", axis=axis, scale=scale)),
        base.mark_text(align="left", dx=5, color=INK, fontSize=12).encode(
            x=alt.X("share:Q", axis=axis, scale=scale), text="figures:N"
        ),
    )
    return layers.properties(width=SHARES_WIDTH, height=alt.Step(ROW_HEIGHT))
