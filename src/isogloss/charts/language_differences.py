"""The difference of two candidates in every language: columns up and down from none, the largest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isogloss.charts.canvas import LABEL_SIZE, Canvas, decimals, inline

if TYPE_CHECKING:
    import polars as pl

NAMES = 84.0
"""Units for names of languages, and for the scale at the left."""
LEFT = 44.0
LEAST_STEP = LABEL_SIZE + 1
"""Units of a column that has room for its name."""


def differences_panel(
    differences: pl.DataFrame, pair: tuple[str, str], canvas: Canvas, width: float, height: float
) -> Any:
    """Draw a column per language, with its name where there is room.

    Parameters
    ----------
    differences : polars.DataFrame
        `target` and `difference`, the score of the first less that of the second.
    pair : (str, str)
        Names of the two.
    canvas : Canvas
    width, height : float
        Of the panel with its names, in units.
    """
    import altair as alt

    rows = [
        {"language": canvas.name(target), "difference": canvas.factor * value}
        for target, value in differences.sort("difference", "target", descending=[True, False]).iter_rows()
    ]
    step = (width - LEFT) / len(rows)
    named = step >= LEAST_STEP
    order = [row["language"] for row in rows]
    axis = alt.Axis(labels=named, ticks=False, title=None, labelAngle=300, labelFontSize=LABEL_SIZE - 1,
                    labelLimit=NAMES + 8, labelOverlap=False, grid=False)  # fmt: skip
    digits = decimals([max(abs(row["difference"]) for row in rows) / 2 or 1.0])
    colours = canvas.colours
    first = f"datum.difference >= 0 ? '{colours.forecast}' : '{colours.alert}'"
    bars = (
        alt.Chart(inline(rows))
        .mark_bar()
        .encode(
            x=alt.X("language:N", sort=order, axis=axis, scale=alt.Scale(paddingInner=0.35)),
            y=alt.Y("difference:Q", axis=alt.Axis(title=None, tickCount=5, format=f"+.{digits}f")),
            color=alt.Color("fill:N", scale=None),
            tooltip=[alt.Tooltip("language:N"), alt.Tooltip("difference:Q", format=f"+.{digits + 1}f")],
        )
        .transform_calculate(fill=first)
    )
    line = alt.Chart(inline([{"difference": 0.0}])).mark_rule(color=colours.ink).encode(y=alt.Y("difference:Q"))
    title = alt.TitleParams(
        text=f"{pair[0]} less {pair[1]}, by language", anchor="start", frame="group", fontSize=13,
        fontWeight="normal", color=colours.pale_ink, offset=8,
    )  # fmt: skip
    panel: Any = alt.layer(bars, line)
    return panel.properties(width=width - LEFT, height=height - 26 - NAMES * named, title=title)
