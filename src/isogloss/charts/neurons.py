"""How many neurons of each kind a layer has: a panel for each kind, a line for each checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from isogloss.charts.canvas import Canvas, inline
from isogloss.charts.lines import AXIS, GAP, HEADER, key_layers, points, text_layer, word

if TYPE_CHECKING:
    import altair as alt

LEFT = 46.0
"""Units for the axis of a panel, the same for all, so that panels are of one size."""
NAME = -10.0
"""Where the name of a panel stands."""


def draw_neuron_layers(layers: pl.DataFrame, kinds: Sequence[str], *, canvas: Canvas | None = None) -> alt.HConcatChart:
    """Draw how many neurons of each kind the layers of one checkpoint have, or of two.

    Parameters
    ----------
    layers : polars.DataFrame
        `layer`, a number for each of `kinds`, and `model`: one name or two, in order.
    kinds : sequence of str
        A panel for each.
    canvas : Canvas, optional
    """
    import altair as alt

    canvas = canvas or Canvas()
    page = canvas.page("Neurons of languages by layer", ["Numbers of neurons by what languages they are active in."])
    models = layers["model"].unique(maintain_order=True).to_list()
    looks = dict(zip(models, ({"colour": canvas.colours.forecast}, {"colour": canvas.colours.alert, "shape": "square"}),
                     strict=False))  # fmt: skip
    width = (page.width + GAP) / len(kinds) - GAP - LEFT
    height = page.height - AXIS - HEADER - (HEADER if len(models) > 1 else 0)
    panels = [_panel(layers, kind, looks, canvas, (width, height), first=kind == kinds[0]) for kind in kinds]
    sums = layers.group_by("model", maintain_order=True).agg(pl.col(kind).sum() for kind in kinds)
    said = "; ".join(
        f"{row['model']}: " + ", ".join(f"{row[kind]:,} {kind}" for kind in kinds) for row in sums.to_dicts()
    )
    return page.finish(alt.hconcat(*panels, spacing=GAP), f"{said}.")


def _panel(
    layers: pl.DataFrame, kind: str, looks: dict[str, dict[str, Any]], canvas: Canvas, size: tuple[float, float], *,
    first: bool,
) -> Any:  # fmt: skip
    import altair as alt

    numbers = layers["layer"].unique().sort().to_list()
    x = alt.X("layer:Q", scale=alt.Scale(domain=[numbers[0], numbers[-1]], nice=False, padding=6),
              axis=alt.Axis(title="layer", values=numbers, format="d", grid=False, labelOverlap=True))  # fmt: skip
    axis = alt.Axis(title=None, tickCount=5, minExtent=LEFT, maxExtent=LEFT, format=",d")
    parts: list[Any] = []
    for model, look in looks.items():
        rows = [{"checkpoint": model, "layer": layer, "neurons": number}
                for layer, number in layers.filter(model=model).select("layer", kind).rows()]  # fmt: skip
        mark = alt.Chart(inline(rows)).mark_line(
            color=look["colour"], strokeWidth=2,
            point={"filled": True, "color": look["colour"], "shape": look.get("shape", "circle"), "size": 30},
        )  # fmt: skip
        y = alt.Y("neurons:Q", scale=alt.Scale(domainMin=0, nice=False), axis=axis)
        parts.append(
            mark.encode(
                x=x, y=y, tooltip=[alt.Tooltip("checkpoint:N"), alt.Tooltip("layer:Q"), alt.Tooltip("neurons:Q")]
            )
        )
    words = [word(kind, 0.0, NAME, canvas.colours.ink)]
    if len(looks) > 1:
        marks, said = key_layers(looks, canvas, 0.0, NAME - HEADER)
        # Invisible but in the first panel, as panels with the same parts stand at the same height.
        parts.append(points([one | {"size": one["size"] * first} for one in marks]))
        words += [one | {"text": one["text"] if first else " "} for one in said]
    parts.append(text_layer(words))
    return alt.layer(*parts).properties(width=size[0], height=size[1])
