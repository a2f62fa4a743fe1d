"""Why a forecast is what it is: contributions from the baseline to the forecast, and the languages it leans on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isogloss.charts.style import INK, PALE_INK, heading, inline, number_format, styled
from isogloss.languages import resolve

if TYPE_CHECKING:
    import altair as alt

    from isogloss.explanation.forecast import Explanation

ROW_HEIGHT, STEPS_WIDTH, NEIGHBOURS_WIDTH = 28, 470, 210
MOST_NEIGHBOURS = 8
RISE, FALL, END = "#0072b2", "#d55e00", "#777777"
START, FORECAST = "where it starts", "forecast"


def contributions_plot(found: Explanation, *, title: str | None = None) -> alt.HConcatChart:
    """Plot how the contributions of the groups of factors lead from the baseline to the forecast.

    Parameters
    ----------
    found : isogloss.explanation.Explanation
    title : str, optional

    Returns
    -------
    altair.HConcatChart
        Steps from the baseline to the forecast, with its interval; beside them the weights of the measured
        languages it leans on most, if it leans on any.
    """
    import altair as alt

    from isogloss.forecasting.contributions import MEASURED_ITSELF

    panels = [_steps(found)]
    if found.neighbours.height:
        panels.append(_neighbours(found))
    parts: Any = alt.hconcat(*panels, spacing=26)
    name = resolve(found.target).name
    lines = [
        f"{found.task} · {found.model} · {found.metric} · {_trained(found.train)}",
        "It was measured itself: there is nothing to explain."
        if found.baseline_is == MEASURED_ITSELF
        else f"It starts from the {found.baseline_is}.",
    ]
    named = heading(title or f"Why is {name} forecast at {format(found.mean, _digits(found))}?", lines)
    chart: alt.HConcatChart = styled(parts.properties(title=named))
    return chart


def _trained(train: str) -> str:
    if not train:
        return "used as it is"
    return f"trained on {train}" if len(train) < 60 else f"trained on {train.count(',') + 1} languages"


def _digits(found: Explanation) -> str:
    return number_format(min(found.mean, found.baseline), max(found.mean, found.baseline)).replace("~", "")


def _steps(found: Explanation) -> Any:
    import altair as alt

    digits = "z.3f" if found.bounded else "z.4g"
    rows = [_row(START, found.baseline, found.baseline, END, format(found.baseline, digits))]
    at = found.baseline
    for group, value in found.groups.rows():
        colour = RISE if value >= 0 else FALL
        rows.append(_row(group, at, at + value, colour, format(value, "+" + digits)))
        at += value
    rows.append(_row(FORECAST, found.mean, found.mean, END, format(found.mean, digits)))
    order = [row["name"] for row in rows]
    y = alt.Y("name:N", sort=order, axis=alt.Axis(title=None, ticks=False, labelLimit=240))
    ends = [row[end] for row in rows for end in ("from", "to")]
    room = 0.14 * ((max(ends) - min(ends)) or abs(max(ends)) or 1.0)
    scale = alt.Scale(domain=[min(ends) - room, max(ends) + 1.6 * room], nice=False, zero=False)
    axis = alt.Axis(title=found.metric, tickCount=6)
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
    return layers.properties(width=STEPS_WIDTH, height=alt.Step(ROW_HEIGHT))


def _row(name: str, start: float, end: float, colour: str, figures: str) -> dict[str, Any]:
    return {"name": name, "from": start, "to": end, "right": max(start, end), "colour": colour, "figures": figures}


def _neighbours(found: Explanation) -> Any:
    import altair as alt

    rows = found.neighbours.head(MOST_NEIGHBOURS).to_dicts()
    # Numbers stand to the right of their bars, those below zero to the right of it.
    shown = [{**row, "figures": f"{row['weight']:.2f}", "end": max(row["weight"], 0.0)} for row in rows]
    y = alt.Y("name:N", sort=[row["name"] for row in rows], axis=alt.Axis(title=None, ticks=False, labelLimit=140))
    axis = alt.Axis(title="weight of its scores", tickCount=4, grid=False)
    told = [
        alt.Tooltip("name:N"), alt.Tooltip("distance:Q", format=".2f"), alt.Tooltip("score:Q", format=".3~g"),
        alt.Tooltip("weight:Q", format=".3f"), alt.Tooltip("contribution:Q", format="+.4f"),
    ]  # fmt: skip
    base = alt.Chart(inline(shown)).encode(y=y, tooltip=told)
    most = max(0.0, *(row["weight"] for row in rows))
    least = min(0.0, *(row["weight"] for row in rows))
    scale = alt.Scale(domain=[1.25 * least, 1.25 * (most or 1.0)], nice=False)
    layers: Any = alt.layer(
        base.mark_bar(height=12, color="#56b4e9").encode(x=alt.X("weight:Q", axis=axis, scale=scale)),
        base.mark_text(align="left", dx=5, color=PALE_INK, fontSize=12).encode(
            x=alt.X("end:Q", axis=axis, scale=scale), text="figures:N"
        ),
    )
    named = alt.TitleParams(text="Measured languages it leans on", anchor="start", fontSize=13, offset=6)
    return layers.properties(width=NEIGHBOURS_WIDTH, height=alt.Step(ROW_HEIGHT), title=named)
