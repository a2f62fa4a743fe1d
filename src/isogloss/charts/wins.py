"""How often answers of one system win against another's, by language, as they are and at equal length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from isogloss.charts.canvas import Canvas, figure
from isogloss.charts.lines import GAP, Line, Scale, lines_panel, most_lines

if TYPE_CHECKING:
    import altair as alt

SHARE = 0.6
"""Of the width, for the panel with the names."""


def draw_wins(wins: pl.DataFrame, level: float, *, canvas: Canvas | None = None) -> alt.HConcatChart | alt.LayerChart:
    """Draw the win rate of one system in every language.

    Parameters
    ----------
    wins : polars.DataFrame
        See `isogloss.behaviour.wins.Wins`, of one system.
    level : float
        Of the intervals; tests reject at 1 - level.
    canvas : Canvas, optional

    Returns
    -------
    altair.HConcatChart or altair.LayerChart
        The former where lengths are known.
    """
    import altair as alt

    canvas = canvas or Canvas()
    whole = wins.row(0, named=True)
    has_lengths = whole["equal"] is not None
    by = "left by Holm's correction over languages, right by the interval" if has_lengths else "Holm over languages"
    said = (
        f"Win rate of {whole['model']} against {whole['against']}, a tie as half a win; {100 * level:g} % intervals. "
        f"Grey: it may be chance ({by})."
    )
    page = canvas.page("In which languages does it win?", [said])
    languages = wins.filter(pl.col("language").is_not_null()).sort("rate", descending=True, maintain_order=True)
    rows = [whole, *languages.head(most_lines(page.height) - 1).iter_rows(named=True)]
    wide = page.width * SHARE if has_lengths else page.width
    panels = [_panel(rows, ("rate", "lower", "upper"), "win rate", level, canvas, wide, page.height)]
    if has_lengths:
        names = ("equal", "equal_lower", "equal_upper")
        title = "win rate expected at equal length"
        panels.append(_panel(rows, names, title, level, canvas, page.width - wide - GAP, page.height))
    chart: Any = alt.hconcat(*panels, spacing=GAP) if has_lengths else panels[0]
    listed = "; ".join(f"{_name(row, canvas)}: {figure(row['rate'], 2)}" for row in rows)
    return page.finish(chart, f"Win rates: {listed}.")


def _name(row: dict[str, Any], canvas: Canvas) -> str:
    return "all languages" if row["language"] is None else canvas.name(row["language"])


def _panel(
    rows: list[dict[str, Any]], names: tuple[str, str, str], title: str, level: float, canvas: Canvas, width: float,
    height: float,
) -> Any:  # fmt: skip
    colours, is_first = canvas.colours, names[0] == "rate"
    lines = []
    for row in rows:
        value, lower, upper = (row[name] for name in names)
        p = row["p"] if row["language"] is None else row["p_holm"]
        is_shown = p <= 1 - level if is_first else not lower <= 0.5 <= upper
        colour = (colours.forecast if value > 0.5 else colours.alert) if is_shown else colours.pale_ink
        note = f"{row['wins']} won · {row['ties']} tied · {row['losses']} lost" if is_first else ""
        shape = "diamond" if row["language"] is None else "circle"
        lines.append(Line(_name(row, canvas), value, lower, upper, figure(value, 2), note, colour=colour, shape=shape))
    scale = Scale(0.0, 1.0, title, rule=0.5, format=".1f")
    return lines_panel(lines, scale, canvas, width, height, named=is_first)
