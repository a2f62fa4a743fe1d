"""What linear probes read from layers: accuracy beside that on a control task, and every language by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from isogloss.charts.canvas import Canvas, figure, inline, text_width
from isogloss.charts.layers import layer_cells
from isogloss.charts.lines import AXIS, GAP, HEADER, heights, key_layers, most_lines, points, text_layer, word

if TYPE_CHECKING:
    import altair as alt

LINES_SHARE = 0.5
"""Of the width, for the curves over layers."""
LEFT = 46.0
"""Units for the axis of accuracy."""
MOST_NAME = 130.0


def draw_probing(
    layers: pl.DataFrame, languages: pl.DataFrame, *, canvas: Canvas | None = None
) -> alt.HConcatChart | alt.LayerChart:
    """Draw what probes read from layers.

    Parameters
    ----------
    layers : polars.DataFrame
        `layer`, `accuracy`, `lower`, `upper`, `control` and `chance`.
    languages : polars.DataFrame
        `language`, `layer` and `accuracy`, best language first; of several languages they stand beside the curves.
    canvas : Canvas, optional

    Notes
    -----
    Where there are more languages than lines, the best and the worst are shown.
    """
    import altair as alt

    canvas = canvas or Canvas()
    several = languages["language"].n_unique() > 1
    legend = "Accuracy of a linear probe by layer, 0 being the embeddings; the band is a 95 % interval."
    page = canvas.page("Probes of layers", [legend + " Right: accuracy in each language." * several])
    width = page.width * (LINES_SHARE if several else 1)
    chart = _curves(layers, canvas, width - LEFT, page.height)
    if several:
        chart = alt.hconcat(chart, _languages(languages, canvas, page.width - width - GAP, page.height), spacing=GAP)
    listed = "; ".join(
        f"layer {row['layer']}: {figure(row['accuracy'], 2)}, control {figure(row['control'], 2)}"
        for row in layers.iter_rows(named=True)
    )
    return page.finish(chart, f"Accuracy by layer. {listed}.")


def _curves(layers: pl.DataFrame, canvas: Canvas, width: float, height: float) -> Any:
    """Accuracy with its band, the control task and chance."""
    import altair as alt

    numbers = layers["layer"].sort().to_list()
    colours = canvas.colours
    looks: dict[str, dict[str, Any]] = {
        "probe": {"colour": colours.forecast, "column": "accuracy"},
        "control task": {"colour": colours.alert, "column": "control", "shape": "square"},
        "most common label": {"colour": colours.pale_ink, "column": "chance", "shape": "triangle"},
    }
    x = alt.X("layer:Q", scale=alt.Scale(domain=[min(numbers), max(numbers)], nice=False, padding=10),
              axis=alt.Axis(title="layer", values=numbers, format="d", grid=False, labelOverlap=True))  # fmt: skip
    y = alt.Y("lower:Q", scale=alt.Scale(domain=[0, 1], nice=False), axis=alt.Axis(title="accuracy", tickCount=6))
    band = alt.Chart(inline(layers.select("layer", "lower", "upper").to_dicts()))
    shape: dict[str, Any] = {"color": colours.forecast, "opacity": 0.2}
    band = band.mark_area(**shape) if len(numbers) > 1 else band.mark_rule(**shape | {"strokeWidth": 6})
    parts: list[Any] = [band.encode(x=x, y=y, y2=alt.Y2("upper:Q"))]
    for name, look in looks.items():
        rows = [{"layer": layer, "curve": name, "value": value}
                for layer, value in layers.select("layer", look["column"]).iter_rows()]  # fmt: skip
        up = y.copy()
        up.shorthand = "value:Q"
        curve = alt.Chart(inline(rows)).mark_line(
            color=look["colour"], strokeWidth=2,
            point={"filled": True, "color": look["colour"], "shape": look.get("shape", "circle"), "size": 34},
        )  # fmt: skip
        parts.append(
            curve.encode(
                x=x,
                y=up,
                tooltip=[alt.Tooltip("curve:N"), alt.Tooltip("layer:Q"), alt.Tooltip("value:Q", format=".3f")],
            )
        )
    marks, words = key_layers(looks, canvas, 0.0)
    parts += [points(marks), text_layer(words)]
    return alt.layer(*parts).properties(width=width, height=height - HEADER - AXIS)


def _languages(languages: pl.DataFrame, canvas: Canvas, width: float, height: float) -> Any:
    """Names of languages, and a coloured rectangle for each layer."""
    import altair as alt

    order = languages["language"].unique(maintain_order=True).to_list()
    room = most_lines(height)
    if len(order) > room:
        order = order[: room - room // 2] + order[-(room // 2) :]
    places = dict(zip(order, heights(len(order), height), strict=True))
    names = {one: canvas.name(one) for one in order}
    left = min(max(map(text_width, names.values())), MOST_NAME) + GAP
    words = [word(names[one], 0.0, y, canvas.colours.ink) for one, y in places.items()]
    cells = layer_cells(languages.rename({"accuracy": "value"}), places, canvas, width - left)
    named = text_layer(words, limit=left - GAP / 2).properties(width=left, height=cells.height)
    return alt.hconcat(named, cells, spacing=0)
