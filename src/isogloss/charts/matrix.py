"""Numbers of two kinds of things as a coloured grid: languages by countries, languages by languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from isogloss.charts.canvas import LABEL_SIZE, Canvas, figure, inline, text_width
from isogloss.charts.lines import GAP, text_layer, word

if TYPE_CHECKING:
    import altair as alt

LEGEND, HEADING = 36.0, 74.0
MOST_WRITTEN, MOST_NAMED = 16, 48
"""Rows or columns up to which numbers are written, and up to which names are."""
MOST_NAME = 130.0
PALE = 0.6
"""How far from the middle to the ends diverging colours are pale."""
MOST_STRETCHED = 2.6
"""How much wider than high a cell may be."""


@dataclass(frozen=True)
class Matrix:
    """A grid of numbers.

    Attributes
    ----------
    rows, columns : sequence of str
        Names, in order.
    values : sequence of sequence of float or None
        One sequence per row; None leaves a cell blank.
    title : str
        What the numbers are.
    low, high : float
        Ends of the colours.
    framed : set of (int, int)
        Cells with a frame.
    """

    rows: Sequence[str]
    columns: Sequence[str]
    values: Sequence[Sequence[float | None]]
    title: str
    low: float = 0.0
    high: float = 1.0
    framed: frozenset[tuple[int, int]] = frozenset()


def draw_matrix(
    matrix: Matrix, *, lines: Sequence[str] = (), reverse: bool = False, diverging: bool = False,
    canvas: Canvas | None = None,
) -> alt.LayerChart:  # fmt: skip
    """Draw a grid of numbers as colours.

    Parameters
    ----------
    matrix : Matrix
    lines : sequence of str
        Below the title of the picture.
    reverse : bool
        Whether small numbers have the bright colours.
    diverging : bool
        Whether colours are pale in the middle, blue below and orange above.
    canvas : Canvas, optional

    Returns
    -------
    altair.LayerChart
    """
    import altair as alt

    canvas = canvas or Canvas()
    page = canvas.page(matrix.title, lines)
    named = max(len(matrix.rows), len(matrix.columns)) <= MOST_NAMED
    left = (min(max(text_width(name) for name in matrix.rows), MOST_NAME) + GAP) if named else 0.0
    above = HEADING * named
    step = (page.height - LEGEND - above) / len(matrix.rows)
    across = min(MOST_STRETCHED * step, (page.width - left - HEADING / 2) / len(matrix.columns))
    cells: list[dict[str, Any]] = [
        {"row": matrix.rows[row], "column": matrix.columns[column], "value": value,
         "x": left + column * across, "x2": left + (column + 1) * across - 0.5,
         "y": above + row * step, "y2": above + (row + 1) * step - 0.5, "framed": (row, column) in matrix.framed}
        for row, values in enumerate(matrix.values) for column, value in enumerate(values) if value is not None
    ]  # fmt: skip
    place: dict[str, Any] = {
        "x": alt.X("x:Q", scale=None, axis=None), "x2": "x2:Q", "y": alt.Y("y:Q", scale=None, axis=None), "y2": "y2:Q",
    }  # fmt: skip
    scheme = "blueorange" if diverging else canvas.colours.scheme
    scale = alt.Scale(scheme=scheme, domain=[matrix.low, matrix.high], reverse=reverse, clamp=True)
    legend = alt.Legend(orient="bottom", direction="horizontal", title=matrix.title, titleOrient="left",
                        gradientLength=180, gradientThickness=10, tickCount=4)  # fmt: skip
    fill = alt.Fill("value:Q", scale=scale, legend=legend)
    tooltip = ["row:N", "column:N", alt.Tooltip("value:Q", format=".2f")]
    layers: list[Any] = [alt.Chart(inline(cells)).mark_rect().encode(**place, fill=fill, tooltip=tooltip)]
    if framed := [cell for cell in cells if cell["framed"]]:
        frame = alt.Chart(inline(framed)).mark_rect(filled=False, stroke=canvas.colours.alert, strokeWidth=2)
        layers.append(frame.encode(**place))
    if named:
        layers += name_layers(matrix.rows, matrix.columns, left, step, across, canvas)
    if max(len(matrix.rows), len(matrix.columns)) <= MOST_WRITTEN:
        layers.append(text_layer(_figures(cells, matrix, reverse, diverging=diverging), min(11.0, step / 1.6)))
    chart: Any = alt.layer(*layers)
    listed = "; ".join(f"{cell['row']}, {cell['column']}: {figure(cell['value'], 2)}" for cell in cells[:20])
    return page.finish(
        chart.properties(width=left + across * len(matrix.columns), height=above + step * len(matrix.rows)),
        f"{matrix.title}. {listed}.",
    )


def _figures(
    cells: Sequence[dict[str, Any]], matrix: Matrix, reverse: bool, *, diverging: bool
) -> list[dict[str, Any]]:
    """Numbers in the cells, light on dark."""
    half = (matrix.low + matrix.high) / 2

    def is_pale(value: float) -> bool:
        if diverging:
            return abs(value - half) < PALE * (matrix.high - half)
        return (value < half) == reverse

    return [
        word(figure(cell["value"], 2), (cell["x"] + cell["x2"]) / 2 - 10, (cell["y"] + cell["y2"]) / 2,
             "#222222" if is_pale(cell["value"]) else "#ffffff")
        for cell in cells
    ]  # fmt: skip


def name_layers(
    rows: Sequence[str], columns: Sequence[str], left: float, step: float, across: float, canvas: Canvas
) -> list[Any]:
    """Names at the left of a grid, and slanted above its columns."""
    import altair as alt

    size = min(LABEL_SIZE, step * 0.9)
    lines = [word(name, 0.0, HEADING + (at + 0.5) * step, canvas.colours.ink) for at, name in enumerate(rows)]
    slanted = [{"text": name, "x": left + (at + 0.5) * across, "y": HEADING - 5} for at, name in enumerate(columns)]
    above = (
        alt.Chart(inline(slanted))
        .mark_text(
            align="left", baseline="middle", angle=310, fontSize=size, color=canvas.colours.ink, limit=HEADING + 14
        )
        .encode(x=alt.X("x:Q", scale=None, axis=None), y=alt.Y("y:Q", scale=None, axis=None), text="text:N")
    )
    return [text_layer(lines, size, limit=left - GAP / 2), above]
