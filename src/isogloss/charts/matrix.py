"""Numbers of two kinds of things as a coloured grid: languages by countries, languages by languages."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from isogloss.charts.canvas import LABEL_SIZE, Canvas, Page, figure, inline, shorten, text_width
from isogloss.charts.lines import GAP, text_layer, word

if TYPE_CHECKING:
    import altair as alt

LEGEND = 36.0
MOST_WRITTEN, MOST_NAMED = 16, 48
"""Rows or columns up to which numbers are written, and up to which names are."""
MOST_NAME, LEAST_ACROSS = 130.0, 30.0
"""Units that names of rows may take of the cells; more of them only where cells stay so wide."""
LINE, LEAST_SIZE = 1.15, 9.0
"""The height of a line of names, of the font size, and the least font size at which they take two lines."""
SLANT = math.radians(50)
MOST_ABOVE = 1 / 3
"""Of the height, for names of columns that are slanted."""
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
    places = grid_places(matrix.rows, matrix.columns, page)
    left, above, step, across = places.left, places.above, places.step, places.across
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
    if left:
        layers += name_layers(matrix.rows, matrix.columns, places, canvas)
    if max(len(matrix.rows), len(matrix.columns)) <= MOST_WRITTEN:
        size = min(11.0, step / 1.6)
        layers.append(text_layer(_figures(cells, matrix, size, reverse, diverging=diverging), size))
    chart: Any = alt.layer(*layers)
    listed = "; ".join(f"{cell['row']}, {cell['column']}: {figure(cell['value'], 2)}" for cell in cells[:20])
    return page.finish(
        chart.properties(width=left + across * len(matrix.columns), height=above + step * len(matrix.rows)),
        f"{matrix.title}. {listed}.",
    )


def _figures(
    cells: Sequence[dict[str, Any]], matrix: Matrix, size: float, reverse: bool, *, diverging: bool
) -> list[dict[str, Any]]:
    """Numbers in the cells, light on dark."""
    half = (matrix.low + matrix.high) / 2

    def is_pale(value: float) -> bool:
        if diverging:
            return abs(value - half) < PALE * (matrix.high - half)
        return (value < half) == reverse

    return [
        word(text := figure(cell["value"], 2), (cell["x"] + cell["x2"] - text_width(text, size)) / 2,
             (cell["y"] + cell["y2"]) / 2, "#222222" if is_pale(cell["value"]) else "#ffffff")
        for cell in cells
    ]  # fmt: skip


@dataclass(frozen=True)
class GridPlaces:
    """Where cells and names of a grid stand, in units.

    Attributes
    ----------
    left, above : float
        Room for names of rows and of columns; 0 where there are too many to be named.
    step, across : float
        Height and width of a cell.
    level : bool
        Whether names of columns are written level, not slanted.
    """

    left: float
    above: float
    step: float
    across: float
    level: bool = False

    @property
    def size(self) -> float:
        """The font size of names."""
        return min(LABEL_SIZE, self.step * 0.9)


def grid_places(rows: Sequence[str], columns: Sequence[str], page: Page) -> GridPlaces:
    """Share a page among the cells of a grid and their names.

    Parameters
    ----------
    rows, columns : sequence of str
        Names.
    page : Page

    Notes
    -----
    Names of columns are level where cells are wide enough for all of them. Long names of rows take two lines where
    cells are high enough.
    """
    high = page.height - LEGEND
    if max(len(rows), len(columns)) > MOST_NAMED:
        return _spread(rows, columns, page.width, high, 0.0, 0.0)
    longest = max(text_width(name) for name in columns)
    slanted = min(longest * math.sin(SLANT) + LABEL_SIZE, MOST_ABOVE * high)
    over = min(longest, slanted / math.sin(SLANT)) * math.cos(SLANT)  # what the last one reaches beyond its cell
    widest = page.width - over - LEAST_ACROSS * len(columns) - GAP
    two = (high - slanted) / len(rows) >= 2 * LINE * LEAST_SIZE
    names = max(
        text_width(name) if text_width(name) <= MOST_NAME or not two else max(map(text_width, halves(name)))
        for name in rows
    )
    left = min(names, max(widest, MOST_NAME)) + GAP
    level = _spread(rows, columns, page.width, high, left, 2 * LABEL_SIZE, level=True)
    if longest + GAP <= level.across:
        return level
    return _spread(rows, columns, page.width - over, high, left, slanted)


def _spread(
    rows: Sequence[str], columns: Sequence[str], width: float, height: float, left: float, above: float,
    *, level: bool = False,
) -> GridPlaces:  # fmt: skip
    step = (height - above) / len(rows)
    return GridPlaces(left, above, step, min(MOST_STRETCHED * step, (width - left) / len(columns)), level)


def halves(name: str) -> tuple[str, str]:
    """A name on two lines of about the same length, broken behind a space, a comma or a hyphen or before a bracket."""
    breaks = [at.start() for at in re.finditer(r"(?<=[ ,-])(?=.)|(?<=.)(?=\()", name)] or [len(name)]
    at = min(breaks, key=lambda place: max(text_width(name[:place]), text_width(name[place:])))
    return name[:at].rstrip(), name[at:]


def name_layers(rows: Sequence[str], columns: Sequence[str], places: GridPlaces, canvas: Canvas) -> list[Any]:
    """Names at the left of a grid, and above its columns."""
    import altair as alt

    size, room = places.size, places.left - GAP / 2
    row_size = size
    if two := places.step >= 2 * LINE * LEAST_SIZE and any(text_width(name, size) > room for name in rows):
        row_size = min(size, places.step / (2 * LINE))
    lines = []
    for at, name in enumerate(rows):
        broken = two and text_width(name, row_size) > room
        parts = [part for part in (halves(name) if broken else (name,)) if part]
        middle = places.above + (at + 0.5) * places.step
        lines += [
            word(shorten(part, room, row_size), 0.0, middle + (line - (len(parts) - 1) / 2) * LINE * row_size,
                 canvas.colours.ink)
            for line, part in enumerate(parts)
        ]  # fmt: skip
    longest = places.across if places.level else (places.above - 5) / math.sin(SLANT)
    written = [
        {"text": shorten(name, longest, size), "x": places.left + (at + 0.5) * places.across, "y": places.above - 5}
        for at, name in enumerate(columns)
    ]
    look: dict[str, Any] = (
        {"align": "center", "baseline": "bottom"} if places.level
        else {"align": "left", "baseline": "middle", "angle": 360 - math.degrees(SLANT)}
    )  # fmt: skip
    above = (
        alt.Chart(inline(written))
        .mark_text(fontSize=size, color=canvas.colours.ink, limit=0, **look)
        .encode(x=alt.X("x:Q", scale=None, axis=None), y=alt.Y("y:Q", scale=None, axis=None), text=alt.Text("text:N"))
    )
    return [text_layer(lines, row_size), above]
