"""Which languages to test next: what stays unsure about the others after each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isogloss.charts.canvas import Canvas, decimals, figure
from isogloss.charts.lines import Line, Scale, lines_panel

if TYPE_CHECKING:
    import altair as alt
    import polars as pl

NOTHING, OURS = "none", "this choice"


def draw_next(
    tests: pl.DataFrame, baselines: pl.DataFrame | None = None, *, canvas: Canvas | None = None
) -> alt.LayerChart:
    """Draw how unsure the other languages stay after each test, and after as many tests of simpler choices.

    Parameters
    ----------
    tests : polars.DataFrame
        `name`, `width_of_rest` (mean width of the 90 % intervals of the languages left, on the scale of the
        scores) and maybe `tells_most_about` (names or ids, comma between), in the order of the tests.
    baselines : polars.DataFrame, optional
        `choice` and the `width_of_rest` it leaves; `none` is before any test, `this choice` is not drawn again.
    canvas : Canvas, optional

    Returns
    -------
    altair.LayerChart

    Notes
    -----
    Bars begin at 0, so that a test which tells little looks as if it did. Their unit is the width of the 90 %
    interval.
    """
    canvas = canvas or Canvas()
    page = canvas.page(
        "Which languages to test next?",
        ["How unsure the other languages stay after each test, and about which ones it tells most."],
    )
    colours, factor = canvas.colours, canvas.factor
    left = dict(baselines.select("choice", "width_of_rest").iter_rows()) if baselines is not None else {}
    widths = [factor * width for width in [*tests["width_of_rest"], *left.values()]]
    digits = decimals([max(widths) / 20])

    def line(name: str, width: float, colour: str, note: str = "", *, pale: bool = False) -> Line:
        return Line(name, factor * width, figures=figure(factor * width, digits), note=note, colour=colour, bar=True,
                    pale=pale)  # fmt: skip

    lines = [line("nothing tested yet", left[NOTHING], colours.measured)] if NOTHING in left else []
    for number, row in enumerate(tests.iter_rows(named=True), start=1):
        about = [canvas.name(code.strip()) for code in (row.get("tells_most_about") or "").split(",") if code.strip()]
        note = f"about {', '.join(about)}" if about else ""
        name = canvas.name(row["language"]) if "language" in row else row["name"]
        lines.append(line(f"{number}. {name}", row["width_of_rest"], colours.forecast, note))
    others = sorted((width, name) for name, width in left.items() if name not in (NOTHING, OURS))
    lines += [line(f"{tests.height} {name}", width, colours.pale_ink, pale=True) for width, name in others]
    unit = "width of the 90 % interval of a language left" + (", in points" if canvas.percent else "")
    scale = Scale(0.0, 1.05 * max(widths), unit, rule=factor * tests["width_of_rest"][-1])
    parts = lines_panel(lines, scale, canvas, page.width, page.height)
    listed = "; ".join(f"{one.name}: {one.figures}" for one in lines)
    return page.finish(parts, f"{unit.capitalize()}: {listed}.")
