"""What a copy of a language gains, and how near the two come in a model, by how rarely the copy is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from isogloss.charts.canvas import Canvas, decimals, figure, score_range
from isogloss.charts.lines import GAP, Line, Scale, lines_panel

if TYPE_CHECKING:
    import altair as alt

BITS, NEAR = "bits_copy", "embeddings"
SHARE = 0.6
"""Of the width, for the panel with the names."""
NAMES = {"alone": "the copy alone", "balanced": "one half", "schedule": "schedule"}


def draw_clones(arms: pl.DataFrame, *, canvas: Canvas | None = None) -> alt.HConcatChart:
    """Draw bits per byte of a copy, and how near bytes and their copies are, for each share of the copy.

    Parameters
    ----------
    arms : polars.DataFrame
        See `isogloss.lab.CloneStudy`.
    canvas : Canvas, optional

    Returns
    -------
    altair.HConcatChart
    """
    import altair as alt

    canvas = canvas or Canvas()
    page = canvas.page(
        "Does a language carry over to a rare copy of it?",
        ["By the share of what is read that is in the copy. Means over models, 95 % intervals; grey: alone."],
    )
    bits, near = (arms.filter(measure=name).rows(named=True) for name in (BITS, NEAR))
    wide = page.width * SHARE
    panels = [
        _panel(bits, "bits per byte of the copy", canvas, wide, page.height, named=True),
        _panel(near, "cosine of a byte with its copy, less others", canvas, page.width - wide - GAP, page.height),
    ]
    listed = "; ".join(f"{_name(row)} {figure(row['mean'], 2)}" for row in bits)
    chart: Any = alt.hconcat(*panels, spacing=GAP)
    return page.finish(chart, f"Bits per byte of the copy: {listed}.")


def _panel(
    rows: list[dict[str, Any]], title: str, canvas: Canvas, width: float, height: float, *, named: bool = False
) -> Any:
    ends = [row[end] for row in rows for end in ("lower", "upper")]
    scale = Scale(*score_range(ends if named else [*ends, 0.0]), title, rule=None if named else 0.0)
    digits = decimals([row["upper"] - row["lower"] for row in rows])
    shade = {True: canvas.colours.pale_ink, False: canvas.colours.forecast}
    lines = [
        Line(
            _name(row), row["mean"], row["lower"], row["upper"], figure(row["mean"], digits),
            colour=shade[row["arm"] == "alone"],
        )
        for row in rows
    ]  # fmt: skip
    return lines_panel(lines, scale, canvas, width, height, named=named)


def _name(row: dict[str, Any]) -> str:
    if row["arm"] == "schedule":
        return f"{100 * row['share']:g} % to {100 - 100 * row['share']:g} %"
    return NAMES.get(row["arm"], f"{100 * row['share']:g} %")
