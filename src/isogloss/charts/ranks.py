"""Models or recipes over the languages that all have: means on their intervals, and beside them the ranks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from isogloss.charts.canvas import Canvas, decimals, figure, score_range
from isogloss.charts.fairness import mix_name
from isogloss.charts.language_differences import differences_panel
from isogloss.charts.lines import GAP, HEADER, Line, Scale, lines_panel, most_lines

if TYPE_CHECKING:
    import altair as alt

RANKS_SHARE = 0.3
"""Of the width, for the ranks."""
TWO_SHARE = 0.42
"""Of the height, for two candidates with their differences below."""


def draw_ranks(
    table: pl.DataFrame,
    languages: int,
    *,
    by: str = "model",
    differences: pl.DataFrame | None = None,
    canvas: Canvas | None = None,
) -> alt.HConcatChart | alt.VConcatChart:
    """Draw means over shared languages, and ranks, each with its interval.

    Parameters
    ----------
    table : polars.DataFrame
        Best first: `candidate`, `mean`, `lower`, `upper`, `rank`, `best_rank`, `worst_rank`, `measured`.
    languages : int
        That count for all.
    by : {"model", "recipe", "train"}
        What candidates are; a training mix is written in words.
    differences : polars.DataFrame, optional
        Of two candidates: `target` and `difference`, the score of the first less that of the second.
    canvas : Canvas, optional

    Returns
    -------
    altair.HConcatChart or altair.VConcatChart
        The latter with differences below.

    Notes
    -----
    A candidate that may be first is a filled dot, any other a ring. Of too many, the first are drawn.
    """
    import altair as alt

    canvas = canvas or Canvas()
    title = "Which one is best?"
    line = f"Means over {languages} languages that all have, and ranks, with 95 % intervals over languages."
    most = most_lines(canvas.page(title, [line]).height)
    rest = [f"{most} of {table.height} are drawn."] if table.height > most else []
    page = canvas.page(title, [" ".join([line, *rest])])
    rows = [_row(row, by, canvas) for row in table.head(most).iter_rows(named=True)]
    digits = decimals([row["upper"] - row["lower"] for row in rows if row["lower"] is not None] or [1.0])
    means = [_mean(row, digits) for row in rows]
    low, high = score_range([row[end] for row in rows for end in ("mean", "lower", "upper") if row[end] is not None],
                            percent=canvas.percent)  # fmt: skip
    ranks = [
        Line(row["name"], row["rank"], row["best_rank"], row["worst_rank"], _ranks(row), hollow=not _may_be_first(row))
        for row in rows
    ]
    width = page.width * RANKS_SHARE
    height = page.height if differences is None else page.height * TWO_SHARE
    parts: Any = alt.hconcat(
        lines_panel(means, Scale(low, high, canvas.score_title), canvas, page.width - width - GAP, height),
        lines_panel(ranks, Scale(0.5, table.height + 0.5, "rank", format="d"), canvas, width, height, named=False),
        spacing=GAP,
    )
    if differences is not None:
        pair = (rows[0]["name"], rows[1]["name"])
        below = page.height - height + HEADER
        parts = alt.vconcat(parts, differences_panel(differences, pair, canvas, page.width, below), spacing=GAP)
    return page.finish(parts, _in_words(rows, languages, digits, canvas))


def _row(row: dict[str, Any], by: str, canvas: Canvas) -> dict[str, Any]:
    scaled = {end: None if row[end] is None else canvas.factor * row[end] for end in ("mean", "lower", "upper")}
    name = mix_name(row["candidate"], canvas) if by == "train" else row["candidate"]
    return {**row, **scaled, "name": name}


def _may_be_first(row: dict[str, Any]) -> bool:
    return row["best_rank"] is None or row["best_rank"] == 1


def _mean(row: dict[str, Any], digits: int) -> Line:
    return Line(
        row["name"], row["mean"], row["lower"], row["upper"], _figures(row, digits),
        note=f"measured in {row['measured']}", hollow=not _may_be_first(row),
    )  # fmt: skip


def _figures(row: dict[str, Any], digits: int) -> str:
    mean = figure(row["mean"], digits)
    if row["lower"] is None:
        return mean
    return f"{mean} ({figure(row['lower'], digits)} to {figure(row['upper'], digits)})"


def _ranks(row: dict[str, Any]) -> str:
    if row["best_rank"] in (None, row["worst_rank"]):
        return str(row["rank"])
    return f"{row['best_rank']} to {row['worst_rank']}"


def _in_words(rows: list[dict[str, Any]], languages: int, digits: int, canvas: Canvas) -> str:
    listed = "; ".join(f"{row['name']} {_figures(row, digits)}, rank {_ranks(row)}" for row in rows)
    return f"Mean {canvas.score_title} over {languages} languages that all have: {listed}."
