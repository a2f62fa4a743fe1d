"""Facts a model gets wrong in each language, those of the language's own country apart from all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from isogloss.charts.canvas import Canvas, figure, inline
from isogloss.charts.lines import Line, Scale, heights, lines_panel, most_lines
from isogloss.charts.matrix import Matrix, draw_matrix

if TYPE_CHECKING:
    import altair as alt

OWN, OTHERS = "facts of the language's own country", "all other facts"


def draw_recall(scores: pl.DataFrame, *, canvas: Canvas | None = None) -> alt.LayerChart:
    """Draw mean error rates on facts of a language's own country and on others, the best X-FaKT first.

    Parameters
    ----------
    scores : polars.DataFrame
        `task`, `model`, `xfakt`, `associative` and `non_associative`, the last two with `_lower` and `_upper`.
    canvas : Canvas, optional

    Returns
    -------
    altair.LayerChart

    Notes
    -----
    Of too many models the best are drawn.
    """
    import altair as alt

    canvas = canvas or Canvas()
    page = canvas.page("Which model recalls facts in every language?")
    most = most_lines(page.height)
    rest = f" {most} of {scores.height} rows are drawn." if scores.height > most else ""
    interval = "Pale bars: intervals, facts drawn anew. Right: X-FaKT, 1 is best."
    page = canvas.page("Which model recalls facts in every language?", [interval + rest])
    rows = scores.sort("xfakt", descending=True, maintain_order=True).head(most).to_dicts()
    several = scores["task"].n_unique() > 1
    lines = [
        Line(
            " · ".join(part for part in (row["model"], row["task"] if several else "") if part) or "model",
            row["non_associative"], row["non_associative_lower"], row["non_associative_upper"],
            figure(row["xfakt"], 3), start=row["associative"], colour=canvas.colours.alert,
        )
        for row in rows
    ]  # fmt: skip
    key = {
        OWN: {"colour": canvas.colours.forecast, "shape": "diamond"},
        OTHERS: {"colour": canvas.colours.alert},
    }
    scale = Scale(0.0, 1.0, "mean share of wrong answers", format=".1f")
    panel = lines_panel(lines, scale, canvas, page.width, page.height, key=key)
    ys = heights(len(lines), page.height)
    own = [{"name": line.name, "own": line.start, "y": y} for line, y in zip(lines, ys, strict=True)]
    x = next(
        layer.encoding.x for layer in panel.layer if getattr(layer.encoding.x, "shorthand", "") == "value:Q"
    ).copy()
    x.shorthand = "own:Q"
    diamonds = (
        alt.Chart(inline(own))
        .mark_point(filled=True, opacity=1, size=60, shape="diamond", color=canvas.colours.forecast)
        .encode(x=x, y=alt.Y("y:Q", scale=None, axis=None), tooltip=[alt.Tooltip("name:N"), alt.Tooltip("own:Q")])
    )
    chart: Any = alt.layer(*panel.layer, diamonds).properties(width=panel.width, height=panel.height)
    listed = "; ".join(
        f"{line.name}: {figure(row['associative'], 2)} and {figure(row['non_associative'], 2)}, X-FaKT {line.figures}"
        for line, row in zip(lines, rows, strict=True)
    )
    return page.finish(chart, f"Wrong answers to {OWN} and to {OTHERS}. {listed}.")


def draw_recall_cells(cells: pl.DataFrame, *, canvas: Canvas | None = None) -> alt.LayerChart:
    """Draw error rates of one model by language and country, a language's own country framed.

    Parameters
    ----------
    cells : polars.DataFrame
        `language`, `country`, `error_rate` and `associative`; of one task and model.
    canvas : Canvas, optional

    Returns
    -------
    altair.LayerChart

    Notes
    -----
    Countries are in the order of their languages, so that own countries are on the diagonal.
    """
    canvas = canvas or Canvas()
    languages = cells["language"].unique(maintain_order=True).sort().to_list()
    own = dict(cells.filter("associative").select("language", "country").iter_rows())
    countries = list(dict.fromkeys([*(own[one] for one in languages if one in own), *cells["country"].unique().sort()]))
    at = {(one, country): rate for one, country, rate in cells.select("language", "country", "error_rate").iter_rows()}
    framed = {(row, countries.index(own[one])) for row, one in enumerate(languages) if one in own}
    values = [[at.get((one, country)) for country in countries] for one in languages]
    matrix = Matrix(
        [canvas.name(one) for one in languages], countries, values, "share of wrong answers", framed=frozenset(framed)
    )
    lines = ["Rows: language of the question; columns: country of the fact. Framed: the country of the language."]
    return draw_matrix(matrix, lines=lines, reverse=True, canvas=canvas)
