"""What sentences make models lose in one language and keep in English."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from isogloss.charts.canvas import Canvas, figure
from isogloss.charts.lines import Line, Scale, lines_panel, most_lines

if TYPE_CHECKING:
    import altair as alt

AXIS = "right answers lost in the language alone, less those lost in English alone"


def draw_pitfalls(effects: pl.DataFrame, level: float, *, canvas: Canvas | None = None) -> alt.LayerChart:
    """Draw what each sentence changes on fresh questions, with random sentences and the control beside it.

    Parameters
    ----------
    effects : polars.DataFrame
        See `isogloss.behaviour.pitfalls.Pitfalls`.
    level : float
        Of the intervals; tests reject at 1 - level.
    canvas : Canvas, optional

    Returns
    -------
    altair.LayerChart
    """
    canvas = canvas or Canvas()
    said = (
        f"Share of fresh questions that were right in both languages. Pale bars: {100 * level:g} % intervals, "
        "questions drawn anew. Right: how many are lost in the language alone and in English alone."
    )
    page = canvas.page("Which sentence makes a model lose questions in one language alone?", [said])
    rows = effects.filter(pl.col("kind") != "as is", pl.col("excess").is_not_null()).to_dicts()
    several = effects["model"].n_unique() > 1
    lines = [_line(row, several, 1 - level, canvas) for row in rows[: most_lines(page.height)]]
    low = min([0.0, *(row["excess_lower"] for row in rows)])
    high = max([0.2, *(row["excess_upper"] for row in rows)])
    key: dict[str, Any] = {
        "beyond chance": {"colour": canvas.colours.alert},
        "not beyond chance": {"colour": canvas.colours.forecast},
        "English against English": {"colour": canvas.colours.pale_ink, "hollow": True},
    }
    scale = Scale(low, high, AXIS, rule=0.0, format=".1f")
    chart = lines_panel(lines or [Line("nothing to measure")], scale, canvas, page.width, page.height, key=key)
    return page.finish(chart, "; ".join(f"{line.name} {line.note}: {figure(line.value, 2)}" for line in lines
                                        if line.value is not None) + ".")  # fmt: skip


def _line(row: dict[str, Any], several: bool, alpha: float, canvas: Canvas) -> Line:
    is_find = row["p_holm"] is not None and row["p_holm"] <= alpha and row["excess"] > 0
    what = "random sentences" if row["kind"] == "random" else row["sentence"]
    place = "" if row["kind"] == "random" else f"stands {row['place']}"
    note = " · ".join(part for part in ("control" * row["control"], row["model"] * several, place) if part)
    colour = canvas.colours.alert if is_find else canvas.colours.pale_ink if row["control"] else ""
    lost = "" if row["lost_target"] is None else f"{row['lost_target']} and {row['lost_english']} of {row['kept']}"
    return Line(what, row["excess"], row["excess_lower"], row["excess_upper"], lost, note, colour=colour,
                hollow=row["control"], pale=row["control"])  # fmt: skip
