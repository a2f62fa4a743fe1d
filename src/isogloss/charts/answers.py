"""Right answers by language, each share on its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from isogloss.charts.canvas import Canvas, figure
from isogloss.charts.lines import Line, Scale, lines_panel, most_lines

if TYPE_CHECKING:
    import altair as alt


def draw_answers(languages: pl.DataFrame, *, canvas: Canvas | None = None) -> alt.LayerChart:
    """Draw the share of right answers in each language.

    Parameters
    ----------
    languages : polars.DataFrame
        `language`, `accuracy`, `lower` and `upper`, the best first.
    canvas : Canvas, optional

    Returns
    -------
    altair.LayerChart

    Notes
    -----
    Where there are more languages than lines, evenly spaced ones stand for all.
    """
    canvas = canvas or Canvas()
    page = canvas.page("Is it right in every language?", ["Share of right answers, with 95 % intervals over items."])
    room = most_lines(page.height)
    if languages.height > room:
        languages = languages[[round(place * (languages.height - 1) / (room - 1)) for place in range(room)]]
    lines = [
        Line(canvas.name(row["language"]), row["accuracy"], row["lower"], row["upper"], figure(row["accuracy"], 2))
        for row in languages.iter_rows(named=True)
    ]
    chart = lines_panel(lines, Scale(0.0, 1.0, "share of right answers", format=".1f"), canvas, page.width, page.height)
    return page.finish(chart, "; ".join(f"{line.name}: {line.figures}" for line in lines) + ".")
