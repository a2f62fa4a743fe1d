"""What holds between languages against how far apart they are: a dot for each pair, and the line of least squares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from isogloss.charts.canvas import Canvas, figure, inline
from isogloss.charts.lines import AXIS, GAP, HEADER, text_layer, word

if TYPE_CHECKING:
    import altair as alt

LEFT = 46.0
"""Units for the axis of a panel, the same for all, so that panels are of one size."""
NAME, FIGURES = -28.0, -11.0
"""Where the lines above a panel stand."""
MOST_PANELS = 3


def draw_pair_regressions(
    fits: pl.DataFrame, points: pl.DataFrame, *, canvas: Canvas | None = None
) -> alt.HConcatChart:
    """Draw what holds between languages against how far apart they are.

    Parameters
    ----------
    fits : polars.DataFrame
        `response`, `against`, `slope`, `unit`, `correlation` and `p`; a panel for each of the first.
    points : polars.DataFrame
        `response`, `against`, `source`, `target`, `value` and `distance`.
    canvas : Canvas, optional
    """
    import altair as alt

    canvas = canvas or Canvas()
    shown = fits.drop_nulls("slope").head(MOST_PANELS)
    lines = ["A dot for each pair of languages; p from permuted languages."]
    page = canvas.page("Pairs of languages against distance", lines)
    width = (page.width + GAP) / shown.height - GAP - LEFT
    panels = [
        _panel(row, points.filter(response=row["response"], against=row["against"]), canvas, width, page.height)
        for row in shown.iter_rows(named=True)
    ]
    said = "; ".join(
        f"{row['response']} by {row['against']} distance: correlation {figure(row['correlation'], 2)}, "
        f"p {figure(row['p'], 3)}" for row in shown.iter_rows(named=True)
    )  # fmt: skip
    return page.finish(alt.hconcat(*panels, spacing=GAP), f"{said}.")


def _panel(fit: dict[str, Any], points: pl.DataFrame, canvas: Canvas, width: float, height: float) -> Any:
    import altair as alt

    rows = [
        {"from": canvas.name(row["source"]), "to": canvas.name(row["target"]), "x": row["distance"], "y": row["value"]}
        for row in points.iter_rows(named=True)
    ]
    far, values = points["distance"], points["value"]
    ends = [float(far.min() or 0.0), float(far.max() or 1.0)]  # type: ignore[arg-type]  # of numbers
    middle, mean = float(far.mean() or 0.0), float(values.mean() or 0.0)  # type: ignore[arg-type]  # of numbers
    line = [{"x": one, "y": mean + fit["slope"] * (one - middle)} for one in ends]
    unit = f"{fit['against']} distance ({fit['unit']})" if "km" in fit["unit"] else f"{fit['against']} distance x 10"
    x = alt.X("x:Q", title=unit, scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=5, grid=False))
    axis = alt.Axis(tickCount=5, minExtent=LEFT, maxExtent=LEFT)
    y = alt.Y("y:Q", title=None, scale=alt.Scale(zero=False), axis=axis)
    dots = alt.Chart(inline(rows)).mark_point(filled=True, size=36, opacity=0.6, color=canvas.colours.forecast)
    tooltip = ["from:N", "to:N", alt.Tooltip("x:Q", format=".2f"), alt.Tooltip("y:Q", format=".3f")]
    fitted = alt.Chart(inline(line)).mark_line(color=canvas.colours.alert, strokeWidth=2)
    figures = f"r {figure(fit['correlation'], 2)}, p {figure(fit['p'], 3)}"
    words = [word(fit["response"], 0.0, NAME, canvas.colours.ink), word(figures, 0.0, FIGURES, canvas.colours.pale_ink)]
    parts = alt.layer(dots.encode(x=x, y=y, tooltip=tooltip), fitted.encode(x=x, y=y), text_layer(words, limit=width))
    return parts.properties(width=width, height=height - HEADER - AXIS)
