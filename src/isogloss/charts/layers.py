"""Layers of a model across and languages below each other, a value as the colour of each rectangle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from isogloss.charts.canvas import Canvas, inline
from isogloss.charts.lines import HEADER, KEY, text_layer, word

if TYPE_CHECKING:
    import polars as pl


def layer_cells(layers: pl.DataFrame, places: Mapping[str, float], canvas: Canvas, width: float) -> Any:
    """One rectangle per language and layer.

    Parameters
    ----------
    layers : polars.DataFrame
        `language`, `layer` and `value`.
    places : mapping of str to float
        Language to the middle of its line.
    canvas : Canvas
    width : float
        Of all layers together, in units.
    """
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
            x=alt.X("x:Q", scale=None, axis=None), x2=alt.X2("x2:Q"),
            y=alt.Y("y:Q", scale=None, axis=None), y2=alt.Y2("y2:Q"),
            fill=alt.Fill("value:Q", scale=scale, legend=legend),
            tooltip=[alt.Tooltip("language:N"), alt.Tooltip("layer:Q"), alt.Tooltip("value:Q", format=".2f")],
        )
    )  # fmt: skip
    every = max(1, round(len(numbers) * HEADER / width))
    words = [
        word(str(number), (at + 0.5) * across - 3, KEY, canvas.colours.pale_ink)
        for at, number in enumerate(numbers) if at % every == 0
    ]  # fmt: skip
    chart: Any = alt.layer(cells, text_layer(words))
    return chart.properties(width=width, height=max(places.values()) + step / 2)
