"""A measure by layer: a line for each language, the median one, and the chance level."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from isogloss.charts.canvas import LABEL_SIZE, Canvas, figure, inline, score_range, text_width
from isogloss.charts.lines import AXIS, GAP, HEADER, key_layers, points, text_layer, word

if TYPE_CHECKING:
    import altair as alt

LEFT = 46.0
"""Units for the axis of values."""
MOST_NAME = 150.0
MOST_PALE = 8
"""Languages up to which all lines are named, and drawn as clearly as the median."""
LEAST_STEP = LABEL_SIZE + 2


def draw_layer_curves(layers: pl.DataFrame, *, measure: str, canvas: Canvas | None = None) -> alt.LayerChart:
    """Draw a measure of every language by layer.

    Parameters
    ----------
    layers : polars.DataFrame
        `language`, `layer`, `value` and `chance`; of a single language, `lower` and `upper` are drawn where they are.
    measure : str
        What the values are.
    canvas : Canvas, optional

    Notes
    -----
    The best and the worst language at the last layer are named and, where there are few, all of them.
    """
    import altair as alt

    canvas = canvas or Canvas()
    known = layers.drop_nulls("value").sort("language", "layer")
    banded = known["language"].n_unique() == 1 and "lower" in known.columns and known["lower"].count() > 0
    lines = "The band is a 95 % interval" if banded else "A line for each language"
    page = canvas.page(f"{measure} by layer", [f"{lines}; layer 0 are the embeddings."])
    numbers = known["layer"].unique().sort().to_list()
    last = known.filter(layer=numbers[-1]).sort("value", descending=True)
    named = last if last.height <= MOST_PALE else pl.concat([last.head(1), last.tail(1)])
    names = {one: canvas.name(one) for one in named["language"]}
    right = min(max([text_width(name) for name in names.values()] or [0.0]), MOST_NAME) + GAP
    width, height = page.width - LEFT - right, page.height - HEADER - AXIS
    ends = score_range(
        [0.0, *known["value"], *known["chance"].drop_nulls(), *(known["lower"].drop_nulls() if banded else [])]
    )
    colours = canvas.colours
    x = alt.X("layer:Q", scale=alt.Scale(domain=[numbers[0], numbers[-1]], nice=False),
              axis=alt.Axis(title="layer", values=numbers, format="d", grid=False, labelOverlap=True))  # fmt: skip
    y = alt.Y("value:Q", scale=alt.Scale(domain=list(ends), nice=False), axis=alt.Axis(title=measure, tickCount=6))
    rows = known.select("language", "layer", "value").with_columns(
        pl.col("language").map_elements(canvas.name, return_dtype=pl.String)
    )
    tooltip = ["language:N", "layer:Q", alt.Tooltip("value:Q", format=".2f")]
    each = alt.Chart(inline(rows.to_dicts())).mark_line(color=colours.pale_ink, strokeWidth=1, opacity=0.45)
    middle = known.group_by("layer").agg(pl.col("value").median(), pl.col("chance").mean()).sort("layer")
    median = alt.Chart(inline(middle.to_dicts())).mark_line(color=colours.forecast, strokeWidth=3)
    chance = alt.Chart(inline(middle.select("layer", value="chance").to_dicts()))
    parts: list[Any] = []
    if banded:
        band = alt.Chart(inline(known.select("layer", "upper", value="lower").drop_nulls().to_dicts()))
        band = band.mark_area(color=colours.forecast, opacity=0.2)
        parts.append(band.encode(x=x, y=y, y2="upper:Q"))
    parts += [
        chance.mark_line(color=colours.alert, strokeWidth=1.5, strokeDash=[4, 3]).encode(x=x, y=y),
        each.encode(x=x, y=y, detail=alt.Detail("language:N"), tooltip=tooltip),
        median.encode(x=x, y=y, tooltip=tooltip[1:]),
    ]
    looks = {
        "the value" if banded else "the median language": {"colour": colours.forecast},
        "chance": {"colour": colours.alert, "shape": "square"},
    }
    marks, words = key_layers(looks, canvas, 0.0)
    places = apart([height * (1 - (value - ends[0]) / (ends[1] - ends[0])) for value in named["value"]])
    words += [
        word(names[one], width + GAP / 2, place, colours.ink)
        for one, place in zip(named["language"], places, strict=True)
    ]
    parts += [points(marks), text_layer(words, limit=max(right - GAP / 2, MOST_NAME))]
    listed = "; ".join(f"layer {layer}: {figure(value, 2)}" for layer, value, _ in middle.iter_rows())
    chart = alt.layer(*parts).properties(width=width, height=height)
    return page.finish(chart, f"{measure} of the median language by layer. {listed}.")


def apart(places: list[float]) -> list[float]:
    """Places of names from the top, no two so near that one covers the other."""
    found: list[float] = []
    for place in places:
        found.append(max(place, found[-1] + LEAST_STEP) if found else place)
    return found
