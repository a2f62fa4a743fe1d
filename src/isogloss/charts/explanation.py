"""Explanations as pictures: drivers of transfer as a forest plot, one forecast as steps from its baseline."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from isogloss.charts.style import INK, PALE_INK, finished, inline, number_format, palette, panel_title
from isogloss.languages import resolve

if TYPE_CHECKING:
    import altair as alt

    from isogloss.explanation import Drivers, Explanation

EFFECT_ROW, EFFECTS_WIDTH, SHARES_WIDTH = 26, 470, 190
SHOWN, NOT_SHOWN = "shown to go with the scores", "not shown"
COLOURS = {SHOWN: "#0072b2", NOT_SHOWN: "#999999"}
BAR = "#56b4e9"
LINE = 118
"""Characters of a line of the subtitle."""
STEP_ROW, STEPS_WIDTH, NEIGHBOURS_WIDTH = 28, 470, 210
MOST_NEIGHBOURS = 8
RISE, FALL, END = "#0072b2", "#d55e00", "#777777"
START, FORECAST = "where it starts", "forecast"


def explanation_picture(explanation: Drivers | Explanation) -> alt.TopLevelMixin:
    """Draw drivers of transfer, or the contributions to one forecast."""
    from isogloss.explanation import Drivers

    return drivers_plot(explanation) if isinstance(explanation, Drivers) else contributions_plot(explanation)


def drivers_plot(drivers: Drivers, *, title: str | None = None) -> alt.HConcatChart:
    """Plot the effect of every factor on its interval, and how much of the variance it explains.

    Parameters
    ----------
    drivers : isogloss.explanation.Drivers
        Its interactions, if it has any, stand below the factors.
    title : str, optional

    Returns
    -------
    altair.HConcatChart
    """
    import altair as alt

    rows = [_effect(row) for row in [*drivers.table.to_dicts(), *drivers.interactions.to_dicts()]]
    order = [row["factor"] for row in rows]
    y = alt.Y("factor:N", sort=order, axis=alt.Axis(title=None, ticks=False, grid=True, labelLimit=260))
    parts: Any = alt.hconcat(_effects(rows, y, drivers.unit), _shares(rows, order), spacing=18)
    lines = [
        f"{drivers.task} · {drivers.model} · {drivers.metric} · {drivers.pairs:,} pairs of {drivers.sources} "
        f"{'mixes' if drivers.mixed else 'sources'} and {drivers.targets} targets",
        "Dots: crossed random effects; lines: 95 % intervals, errors clustered by source and target; "
        "ticks: least squares.",
        *textwrap.wrap(_fit(drivers), LINE),
    ]
    return finished(parts, title or f"What drives transfer in {drivers.task}?", lines)


def _fit(drivers: Drivers) -> str:
    sentence = f"All factors together: {100 * drivers.r2:.0f} % of the variance in sample"
    if drivers.held_out_r2 != drivers.held_out_r2:
        return f"{sentence}, unknown for held-out languages."
    if drivers.held_out_r2 <= 0:
        return f"{sentence}; for held-out languages they predict less than the mean."
    return f"{sentence}, {100 * drivers.held_out_r2:.0f} % for held-out languages."


def _effect(row: dict[str, Any]) -> dict[str, Any]:
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
        "kind:N", title=None, scale=palette({kind: COLOURS[kind] for kind in kinds}),
        legend=alt.Legend(orient="top", direction="horizontal", symbolOpacity=1, labelLimit=0),
    )  # fmt: skip
    shape = alt.Shape("kind:N", title=None, scale=palette(dict(zip(kinds, ("circle", "diamond"), strict=False))))
    tooltip = [
        alt.Tooltip("factor:N"), alt.Tooltip("group:N"), alt.Tooltip("effect:Q", format=".3~g"),
        alt.Tooltip("lower:Q", format=".3~g"), alt.Tooltip("upper:Q", format=".3~g"),
        alt.Tooltip("q:Q", format=".2~g", title="q (permutation)"), alt.Tooltip("vif:Q", format=".2f", title="VIF"),
    ]  # fmt: skip
    base = alt.Chart(inline(rows)).encode(y=y, tooltip=tooltip)
    x = alt.X("effect:Q", axis=axis)
    layers: Any = alt.layer(
        alt.Chart(inline([{"x": 0.0}])).mark_rule(color=INK, strokeDash=[4, 3]).encode(x="x:Q"),
        base.mark_rule(strokeWidth=5, opacity=0.35).encode(x=alt.X("lower:Q", axis=axis), x2="upper:Q", color=colour),
        base.mark_tick(color=INK, thickness=1.5, size=12).encode(x=alt.X("least_squares:Q", axis=axis)),
        base.mark_point(filled=True, size=85, opacity=1).encode(x=x, color=colour, shape=shape),
    )
    return layers.properties(width=EFFECTS_WIDTH, height=alt.Step(EFFECT_ROW))


def _shares(rows: list[dict[str, Any]], order: list[str]) -> Any:
    import altair as alt

    y = alt.Y("factor:N", sort=order, axis=alt.Axis(title=None, ticks=False, labels=False))
    axis = alt.Axis(title="share of the variance", format=".0%", tickCount=4, grid=False)
    base = alt.Chart(inline(rows)).encode(y=y)
    most = max([row["share"] or 0.0 for row in rows], default=0.0)
    scale = alt.Scale(domain=[0, max(1.3 * most, 0.01)], nice=False)
    layers: Any = alt.layer(
        base.mark_bar(height=12, color=BAR).encode(x=alt.X("share:Q", axis=axis, scale=scale)),
        base.mark_text(align="left", dx=5, color=INK, fontSize=12).encode(
            x=alt.X("share:Q", axis=axis, scale=scale), text="figures:N"
        ),
    )
    return layers.properties(width=SHARES_WIDTH, height=alt.Step(EFFECT_ROW))


def contributions_plot(explanation: Explanation, *, title: str | None = None) -> alt.HConcatChart:
    """Plot how the contributions of the groups of factors lead from the baseline to the forecast.

    Parameters
    ----------
    explanation : isogloss.explanation.Explanation
    title : str, optional

    Returns
    -------
    altair.HConcatChart
        Steps from the baseline to the forecast, with its interval; beside them the weights of the measured
        languages it leans on most, if it leans on any.
    """
    import altair as alt

    from isogloss.forecasting.grid_model import MEASURED_ITSELF

    panels = [_steps(explanation)]
    if explanation.neighbours.height:
        panels.append(_neighbours(explanation))
    parts: Any = alt.hconcat(*panels, spacing=26)
    name = resolve(explanation.target).name
    lines = [
        f"{explanation.task} · {explanation.model} · {explanation.metric} · {_trained(explanation.train)}",
        "It was measured itself: there is nothing to explain."
        if explanation.baseline_name == MEASURED_ITSELF
        else f"It starts from the {explanation.baseline_name}.",
    ]
    forecast = format(explanation.mean, _digits(explanation))
    return finished(parts, title or f"Why is {name} forecast at {forecast}?", lines)


def _trained(train: str) -> str:
    if not train:
        return "used as it is"
    return f"trained on {train}" if len(train) < 60 else f"trained on {train.count(',') + 1} languages"


def _digits(explanation: Explanation) -> str:
    return number_format(
        min(explanation.mean, explanation.baseline), max(explanation.mean, explanation.baseline)
    ).replace("~", "")


def _steps(explanation: Explanation) -> Any:
    import altair as alt

    digits = "z.3f" if explanation.bounded else "z.4g"
    rows = [_step(START, explanation.baseline, explanation.baseline, END, format(explanation.baseline, digits))]
    at = explanation.baseline
    for group, value in explanation.groups.rows():
        colour = RISE if value >= 0 else FALL
        rows.append(_step(group, at, at + value, colour, format(value, "+" + digits)))
        at += value
    rows.append(_step(FORECAST, explanation.mean, explanation.mean, END, format(explanation.mean, digits)))
    order = [row["name"] for row in rows]
    y = alt.Y("name:N", sort=order, axis=alt.Axis(title=None, ticks=False, labelLimit=240))
    ends = [row[end] for row in rows for end in ("from", "to")]
    room = 0.14 * ((max(ends) - min(ends)) or abs(max(ends)) or 1.0)
    scale = alt.Scale(domain=[min(ends) - room, max(ends) + 1.6 * room], nice=False, zero=False)
    axis = alt.Axis(title=explanation.metric, tickCount=6)
    base = alt.Chart(inline(rows)).encode(y=y, tooltip=[alt.Tooltip("name:N"), alt.Tooltip("figures:N")])
    x, coloured = alt.X("from:Q", scale=scale, axis=axis), alt.Color("colour:N", scale=None)
    layers: Any = alt.layer(
        base.mark_rule(strokeWidth=13).encode(x=x, x2="to:Q", color=coloured),
        base.transform_filter("datum.from == datum.to")
        .mark_point(filled=True, size=85, opacity=1, shape="diamond")
        .encode(x=x, color=coloured),
        base.mark_text(align="left", dx=8, color=INK, fontSize=12).encode(
            x=alt.X("right:Q", scale=scale, axis=axis), text="figures:N"
        ),
    )
    return layers.properties(width=STEPS_WIDTH, height=alt.Step(STEP_ROW))


def _step(name: str, start: float, end: float, colour: str, figures: str) -> dict[str, Any]:
    return {"name": name, "from": start, "to": end, "right": max(start, end), "colour": colour, "figures": figures}


def _neighbours(explanation: Explanation) -> Any:
    import altair as alt

    rows = explanation.neighbours.head(MOST_NEIGHBOURS).to_dicts()
    # Numbers stand to the right of their bars, those below zero to the right of it.
    shown = [{**row, "figures": f"{row['weight']:.2f}", "end": max(row["weight"], 0.0)} for row in rows]
    y = alt.Y("name:N", sort=[row["name"] for row in rows], axis=alt.Axis(title=None, ticks=False, labelLimit=140))
    axis = alt.Axis(title="weight of its scores", tickCount=4, grid=False)
    tooltip = [
        alt.Tooltip("name:N"), alt.Tooltip("distance:Q", format=".2f"), alt.Tooltip("score:Q", format=".3~g"),
        alt.Tooltip("weight:Q", format=".3f"), alt.Tooltip("contribution:Q", format="+.4f"),
    ]  # fmt: skip
    base = alt.Chart(inline(shown)).encode(y=y, tooltip=tooltip)
    most = max(0.0, *(row["weight"] for row in rows))
    least = min(0.0, *(row["weight"] for row in rows))
    scale = alt.Scale(domain=[1.25 * least, 1.25 * (most or 1.0)], nice=False)
    layers: Any = alt.layer(
        base.mark_bar(height=12, color=BAR).encode(x=alt.X("weight:Q", axis=axis, scale=scale)),
        base.mark_text(align="left", dx=5, color=PALE_INK, fontSize=12).encode(
            x=alt.X("end:Q", axis=axis, scale=scale), text="figures:N"
        ),
    )
    title = panel_title("Measured languages it leans on")
    return layers.properties(width=NEIGHBOURS_WIDTH, height=alt.Step(STEP_ROW), title=title)
