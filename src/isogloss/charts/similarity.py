"""How far languages are apart: every two of a few, and those nearest to one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from isogloss.charts.canvas import LABEL_SIZE, Canvas, figure, inline
from isogloss.charts.lines import GAP, Line, Scale, lines_panel, most_lines, text_layer, word
from isogloss.charts.matrix import LEGEND, MOST_NAMED, MOST_WRITTEN, grid_places, name_layers
from isogloss.charts.raster import legend_layer, raster_layer
from isogloss.text import counted

if TYPE_CHECKING:
    import altair as alt


def draw_distances(pairs: pl.DataFrame, *, kind: str = "combined", canvas: Canvas | None = None) -> alt.LayerChart:
    """Draw the distances between every two languages, relatives beside each other.

    Parameters
    ----------
    pairs : polars.DataFrame
        `language`, `other` and a column of the kind, as `isogloss.languages.compare` gives them.
    kind : str, default "combined"
    canvas : Canvas, optional

    Returns
    -------
    altair.LayerChart

    Notes
    -----
    Languages are in the order in which average linkage joins them. A blank cell is a distance that is not known.
    """
    import altair as alt

    canvas = canvas or Canvas()
    order = _by_linkage(pairs, kind)
    page = canvas.page(f"How far {counted(len(order), 'language')} are apart", [f"Distance: {kind}; 0 is the same."])
    names = {code: canvas.name(code) for code in order}
    nearest = pairs.drop_nulls(kind).sort(kind).head(10).select("language", "other", kind).iter_rows()
    listed = [f"{names[one]} and {names[other]} {figure(distance, 2)}" for one, other, distance in nearest]
    described = f"The nearest pairs: {'; '.join(listed)}."
    if len(order) > MOST_NAMED:
        return page.finish(_image(pairs, kind, order, listed, canvas, page.height - LEGEND), described)
    places = grid_places([*names.values()], [*names.values()], page)
    left, above, step, across = places.left, places.above, places.step, places.across
    place = {code: at for at, code in enumerate(order)}
    both = pairs.select("language", "other", kind).drop_nulls(kind).iter_rows()
    rows = [
        {"language": names[one], "other": names[other], "distance": distance, "x": left + place[column] * across,
         "x2": left + (place[column] + 1) * across - 0.5, "y": above + place[line] * step,
         "y2": above + (place[line] + 1) * step - 0.5}
        for one, other, distance in both
        for line, column in ((one, other), (other, one))
    ]  # fmt: skip
    legend = alt.Legend(orient="bottom", direction="horizontal", title="distance", titleOrient="left",
                        gradientLength=180, gradientThickness=10, tickCount=4)  # fmt: skip
    scale = alt.Scale(
        scheme=canvas.colours.scheme, domain=[0, max([row["distance"] for row in rows] or [1.0])], reverse=True
    )
    layers: list[Any] = [
        alt.Chart(inline(rows)).mark_rect().encode(
            x=alt.X("x:Q", scale=None, axis=None), x2=alt.X2("x2:Q"),
            y=alt.Y("y:Q", scale=None, axis=None), y2=alt.Y2("y2:Q"),
            fill=alt.Fill("distance:Q", scale=scale, legend=legend),
            tooltip=[alt.Tooltip("language:N"), alt.Tooltip("other:N"), alt.Tooltip("distance:Q", format=".2f")],
        )
    ]  # fmt: skip
    layers += name_layers([*names.values()], [*names.values()], places, canvas)
    if len(order) <= MOST_WRITTEN:
        half = max(row["distance"] for row in rows) / 2
        words = [
            word(figure(row["distance"], 2), (row["x"] + row["x2"]) / 2 - 10, (row["y"] + row["y2"]) / 2,
                 "#222222" if row["distance"] < half else "#ffffff")
            for row in rows
        ]  # fmt: skip
        layers.append(text_layer(words, min(11.0, step / 2.4)))
    chart: Any = alt.layer(*layers)
    return page.finish(chart.properties(width=left + across * len(order), height=above + step * len(order)), described)


def _image(
    pairs: pl.DataFrame, kind: str, order: Sequence[str], listed: Sequence[str], canvas: Canvas, side: float
) -> Any:
    """Distances of more languages than can be named, as a square image, and the nearest pairs beside it."""
    import altair as alt
    import numpy as np

    place = {code: at for at, code in enumerate(order)}
    values = np.full((len(order), len(order)), np.nan)
    for one, other, distance in pairs.select("language", "other", kind).drop_nulls(kind).iter_rows():
        values[place[one], place[other]] = values[place[other], place[one]] = distance
    most = float(np.nanmax(values, initial=0.0)) or 1.0
    words = [word("The nearest pairs", side + GAP, LABEL_SIZE, canvas.colours.ink)]
    words += [word(one, side + GAP, LABEL_SIZE * (2.8 + 1.5 * at), canvas.colours.pale_ink)
              for at, one in enumerate(listed)]  # fmt: skip
    image = raster_layer(values, (most, 0.0), canvas.colours.scheme, (0.0, 0.0, side, side))
    layers = [image, legend_layer((0.0, most), canvas, "distance", reverse=True), text_layer(words)]
    return alt.layer(*layers).properties(width=side, height=side)


def _by_linkage(pairs: pl.DataFrame, kind: str) -> list[str]:
    """Languages in the order of the leaves of average linkage; a distance not known counts as the largest."""
    import numpy as np
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    codes = list(dict.fromkeys([*pairs["language"], *pairs["other"]]))
    place = {code: at for at, code in enumerate(codes)}
    matrix = np.full((len(codes), len(codes)), pairs[kind].drop_nulls().to_numpy().max(initial=0.0) or 1.0)
    np.fill_diagonal(matrix, 0.0)
    for one, other, distance in pairs.select("language", "other", kind).drop_nulls(kind).iter_rows():
        matrix[place[one], place[other]] = matrix[place[other], place[one]] = distance
    if len(codes) < 3:
        return codes
    return [
        codes[at] for at in leaves_list(linkage(squareform(matrix, checks=False), "average", optimal_ordering=True))
    ]


def draw_nearest(
    table: pl.DataFrame, *, language: str, kind: str = "combined", canvas: Canvas | None = None
) -> alt.LayerChart:
    """Draw the languages nearest to one, nearest first.

    Parameters
    ----------
    table : polars.DataFrame
        `language`, `name`, `distance`, as `isogloss.languages.nearest` gives them.
    language : str
        The one they are near to.
    kind : str, default "combined"
    canvas : Canvas, optional
    """
    canvas = canvas or Canvas()
    page = canvas.page(f"The languages nearest to {canvas.name(language)}")
    rows = table.head(most_lines(page.height)).to_dicts()
    lines = [
        Line(canvas.name(row["language"]), row["distance"], figures=figure(row["distance"], 2), bar=True)
        for row in rows
    ]
    scale = Scale(0.0, max(1.0, *(row["distance"] for row in rows)), f"{kind} distance")
    listed = "; ".join(f"{line.name} {line.figures}" for line in lines)
    return page.finish(lines_panel(lines, scale, canvas, page.width, page.height), f"By {kind} distance: {listed}.")
