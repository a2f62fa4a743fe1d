"""How well a model holds languages without a label: a value on its interval, and beside it all layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from isogloss.charts.canvas import Canvas, figure
from isogloss.charts.layers import layer_cells
from isogloss.charts.lines import GAP, Line, Scale, heights, lines_panel, most_lines

if TYPE_CHECKING:
    import altair as alt

LAYERS_SHARE = 0.42
"""Of the width, for the panel of layers."""


def draw_alignment(
    table: pl.DataFrame, layers: pl.DataFrame, *, measure: str, canvas: Canvas | None = None
) -> alt.HConcatChart | alt.LayerChart:
    """Draw how alike languages are to a pivot in a model.

    Parameters
    ----------
    table : polars.DataFrame
        `language`, `name`, `value`, `lower`, `upper` and `chance`, best first.
    layers : polars.DataFrame
        `language`, `layer` and `value`; with several layers they stand beside the intervals.
    measure : str
        What the values are.
    canvas : Canvas, optional

    Notes
    -----
    Where there are more languages than lines, the best and the worst are shown.
    """
    import altair as alt

    canvas = canvas or Canvas()
    known = table.drop_nulls("value")
    several = layers["layer"].n_unique() > 1
    legend = ["Dots on 95 % intervals; a stroke is chance." + " Right: layers, the embeddings being 0." * several]
    page = canvas.page("Alignment of languages", legend)
    room = most_lines(page.height)
    if known.height > room:
        best, worst = room - room // 2, room // 2
        page = canvas.page("Alignment of languages", [f"{legend[0]} The best {best} and the worst {worst} languages."])
        known = pl.concat([known.head(best), known.tail(worst)])
    lines = [
        Line(canvas.name(row["language"], row["name"]), row["value"], row["lower"], row["upper"],
             figures=figure(row["value"], 2), reference=row["chance"])
        for row in known.iter_rows(named=True)
    ]  # fmt: skip
    numbers = [float(value) for name in ("value", "lower", "upper", "chance") for value in known[name].drop_nulls()]
    low, high = min(numbers), max(numbers)
    scale = Scale(min(0.0, low), max(1.0, high) if low >= 0 else high, measure)
    width = page.width * (1 - LAYERS_SHARE) - GAP if several else page.width
    chart: Any = lines_panel(lines, scale, canvas, width, page.height)
    if several:
        places = dict(zip(known["language"], heights(known.height, page.height), strict=True))
        chart = alt.hconcat(chart, layer_cells(layers, places, canvas, page.width * LAYERS_SHARE), spacing=GAP)
    listed = "; ".join(f"{line.name} {line.figures}" for line in lines)
    return page.finish(chart, f"By {measure}: {listed}.")
