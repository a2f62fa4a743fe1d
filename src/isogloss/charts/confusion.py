"""Replies in another language than expected: how many pass, by model and language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from isogloss.behaviour.identification import name_of
from isogloss.charts.canvas import Canvas, figure
from isogloss.charts.lines import Line, Scale, lines_panel, most_lines
from isogloss.charts.matrix import MOST_NAMED, Matrix, draw_matrix

if TYPE_CHECKING:
    import altair as alt

MOST_LISTED = 3


def draw_confusion(languages: pl.DataFrame, wrong: pl.DataFrame, *, canvas: Canvas | None = None) -> alt.LayerChart:
    """Draw the share of replies that pass by line: a bar for each language or, of several models, a grid.

    Parameters
    ----------
    languages : polars.DataFrame
        `model`, `language`, `lpr`, `lpr_lower`, `lpr_upper`.
    wrong : polars.DataFrame
        `model`, `language`, `identified` (code or `unknown`) and `share` of lines, most first.
    canvas : Canvas, optional

    Returns
    -------
    altair.LayerChart

    Notes
    -----
    The worst languages come first; of too many, the worst are drawn.
    """
    canvas = canvas or Canvas()
    scored = languages.drop_nulls("lpr").sort("lpr", "language", maintain_order=True)
    if scored["model"].n_unique() > 1:
        return _grid(scored, canvas)
    lines = [
        "Share of replies without a line in another language; small: what other lines are in, as a share of lines."
    ]
    page = canvas.page("Does it reply in the language expected?", lines)
    most = most_lines(page.height)
    if scored.height > most:
        page = canvas.page("Does it reply in the language expected?", [f"{lines[0]} The worst {most} are drawn."])
    rows = [
        Line(
            canvas.name(row["language"]), row["lpr"], row["lpr_lower"], row["lpr_upper"], figure(row["lpr"], 2),
            note=_instead(wrong.filter(language=row["language"])) if scored.height <= most // 2 else "",
        )
        for row in scored.head(most).iter_rows(named=True)
    ]  # fmt: skip
    panel = lines_panel(rows, Scale(0.0, 1.0, "LPR", format=".1f"), canvas, page.width, page.height)
    return page.finish(panel, "; ".join(f"{row.name}: LPR {row.figures}" for row in rows) + ".")


def _instead(wrong: pl.DataFrame) -> str:
    """What the lines are in that are not in the language expected."""
    return ", ".join(
        f"{name_of(code)} {figure(share, 2)}"
        for code, share in wrong.select("identified", "share").head(MOST_LISTED).iter_rows()
    )


def _grid(scored: pl.DataFrame, canvas: Canvas) -> alt.LayerChart:
    """Models by languages, the languages with the worst means first."""
    means = scored.group_by("language", maintain_order=True).agg(pl.col("lpr").mean()).sort("lpr", "language")
    languages = means["language"].head(MOST_NAMED).to_list()
    models = scored.group_by("model", maintain_order=True).agg(pl.col("lpr").mean()).sort("lpr", descending=True)
    at = {(model, language): lpr for model, language, lpr in scored.select("model", "language", "lpr").iter_rows()}
    values = [[at.get((model, language)) for language in languages] for model in models["model"]]
    matrix = Matrix(
        models["model"].to_list(), [canvas.name(one) for one in languages], values, "share of replies that pass (LPR)"
    )
    return draw_matrix(matrix, canvas=canvas)
