"""What languages cost in tokens: a premium on its interval, the dearest languages and the cheapest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from isogloss.charts.canvas import Canvas, figure
from isogloss.charts.lines import Line, Scale, lines_panel, most_lines

if TYPE_CHECKING:
    import altair as alt


def draw_tokens(table: pl.DataFrame, *, pivot: str = "English", canvas: Canvas | None = None) -> alt.LayerChart:
    """Draw how many times the tokens of a pivot a sentence takes.

    Parameters
    ----------
    table : polars.DataFrame
        `language`, `name`, `premium`, `lower` and `upper`, the dearest first.
    pivot : str, default "English"
    canvas : Canvas, optional

    Notes
    -----
    Where there are more languages than lines, evenly spaced ones stand for all.
    """
    canvas = canvas or Canvas()
    page = canvas.page(f"Tokens against {pivot}", ["Dots on 95 % intervals, from the dearest to the cheapest."])
    room = most_lines(page.height)
    if table.height > room:
        table = table[[round(place * (table.height - 1) / (room - 1)) for place in range(room)]]
    lines = [
        Line(canvas.name(row["language"], row["name"]), row["premium"], row["lower"], row["upper"],
             figures=figure(row["premium"], 2))
        for row in table.iter_rows(named=True)
    ]  # fmt: skip
    high = max([float(value) for value in table["upper"].drop_nulls()] or [1.0])
    title = f"tokens of the same sentences, {pivot} being 1"
    chart = lines_panel(lines, Scale(0.0, 1.03 * max(high, 1.0), title, rule=1.0), canvas, page.width, page.height)
    listed = "; ".join(f"{line.name} {line.figures}" for line in lines)
    return page.finish(chart, f"Tokens against {pivot}: {listed}.")
