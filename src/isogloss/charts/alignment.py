"""How well a model holds languages without a label: a value on its interval, and beside it all layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from isogloss.charts.canvas import Canvas, figure, inline
from isogloss.charts.lines import GAP, HEADER, KEY, Line, Scale, heights, lines_panel, most_lines, text_layer, word

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
        chart = alt.hconcat(chart, _layers(layers, places, canvas, page.width * LAYERS_SHARE), spacing=GAP)
    listed = "; ".join(f"{line.name} {line.figures}" for line in lines)
    return page.finish(chart, f"By {measure}: {listed}.")


def _layers(layers: pl.DataFrame, places: dict[str, float], canvas: Canvas, width: float) -> Any:
    """One rectangle per language and layer, in the lines of the other panel."""
    import altair as alt

    numbers = layers["layer"].unique().sort().to_list()
    across, step = width / len(numbers), 2 * next(iter(places.values()))
    rows = [
        {"layer": row["layer"], "language": canvas.name(row["language"]), "value": row["value"],
         "x": numbers.index(row["layer"]) * across, "x2": (numbers.index(row["layer"]) + 1) * across - 0.5,
         "y": places[row["language"]] - step / 2, "y2": places[row["language"]] + step / 2 - 0.5}
        for row in layers.drop_nulls("value").iter_rows(named=True) if row["language"] in places
    ]  # fmt: skip
    legend = alt.Legend(orient="bottom", direction="horizontal", title=None, gradientLength=140, gradientThickness=8,
                        tickCount=3)  # fmt: skip
    scale = alt.Scale(scheme=canvas.colours.scheme, domain=[0, max([row["value"] for row in rows] or [1.0])])
    cells = (
        alt.Chart(inline(rows))
        .mark_rect()
        .encode(
            x=alt.X("x:Q", scale=None, axis=None), x2="x2:Q", y=alt.Y("y:Q", scale=None, axis=None), y2="y2:Q",
            fill=alt.Fill("value:Q", scale=scale, legend=legend),
            tooltip=["language:N", "layer:Q", alt.Tooltip("value:Q", format=".2f")],
        )
    )  # fmt: skip
    every = max(1, round(len(numbers) * HEADER / width))
    words = [
        word(str(number), (at + 0.5) * across - 3, KEY, canvas.colours.pale_ink)
        for at, number in enumerate(numbers) if at % every == 0
    ]  # fmt: skip
    chart: Any = alt.layer(cells, text_layer(words))
    return chart.properties(width=width, height=max(places.values()) + step / 2)
