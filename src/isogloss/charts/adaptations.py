"""What each language gains or loses by adaptations, when all is done and along training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from isogloss.charts.canvas import Canvas, decimals, figure, inline, score_range, shorten, signed, text_width
from isogloss.charts.layer_curves import apart
from isogloss.charts.lines import AXIS, GAP, HEADER, Line, Scale, lines_panel, most_lines, text_layer, word
from isogloss.charts.matrix import Matrix, draw_matrix, halves

if TYPE_CHECKING:
    import altair as alt

MOST_PANELS = 3
PANEL_TITLE, PANEL_LINE = 30.0, 16.0
"""Units for the name of an adaptation above its panel, and for a second line of it."""
PANEL_SIZE = 13.5
"""The font size by which the bold letters of a panel's title are as wide as plain ones."""
LEFT, MOST_NAME = 46.0, 110.0
"""Units for an axis, and for names of languages at the ends of lines."""


def draw_adaptations(changes: pl.DataFrame, *, measure: str, canvas: Canvas | None = None) -> Any:
    """Draw what each language gains or loses.

    Parameters
    ----------
    changes : polars.DataFrame
        `adaptation`, `target`, `change` (more is worse), `lower`, `upper`, `verdict` (gains, loses, unclear), and
        `learnt`: whether the adaptation learnt from the language.
    measure : str
        What the changes are counted in.
    canvas : Canvas, optional

    Returns
    -------
    altair.HConcatChart or altair.LayerChart

    Notes
    -----
    Up to three adaptations stand side by side, with intervals; more of them, or more languages than there is room for,
    are a grid of colours.
    """
    canvas = canvas or Canvas()
    named = list(dict.fromkeys(changes["adaptation"]))
    means = changes.group_by("target").agg(pl.col("change").mean()).sort("change", "target")
    order = means["target"].to_list()
    if len(named) <= MOST_PANELS and len(order) <= most_lines(canvas.page(" ", [" "]).height - PANEL_TITLE):
        return _panels(changes, named, order, measure, canvas)
    cells = {(row["adaptation"], row["target"]): row["change"] for row in changes.iter_rows(named=True)}
    most = max(0.001, *(abs(value) for value in changes["change"]))
    values = [[cells.get((name, target)) for target in order] for name in named]
    matrix = Matrix(named, [canvas.name(target) for target in order], values, "change of loss", -most, most)
    line = f"Change of the loss on texts held out, {measure}: orange is worse, blue is better."
    return draw_matrix(matrix, lines=[line], diverging=True, canvas=canvas)


def _panels(changes: pl.DataFrame, named: Sequence[str], order: Sequence[str], measure: str, canvas: Canvas) -> Any:
    """A panel for each adaptation: languages by their mean change, on one scale."""
    import altair as alt

    colours = canvas.colours
    looks = {"gains": colours.forecast, "loses": colours.alert, "unclear": colours.pale_ink}
    learnt = " Diamonds: languages that it learnt from." if changes["learnt"].any() else ""
    page = canvas.page(
        "Who gains and who pays?",
        [f"Change of the loss on texts held out, {measure}, with 95 % intervals: left is better.{learnt} "
         "Grey: it may be chance (Holm over languages)."],
    )  # fmt: skip
    ends = score_range([0.0, *changes["lower"], *changes["upper"]])
    digits = decimals([(ends[1] - ends[0]) / 10])
    rows = {(row["adaptation"], row["target"]): row for row in changes.iter_rows(named=True)}
    names = max(text_width(canvas.name(target)) for target in order) + GAP
    each = (page.width - names - GAP * (len(named) - 1)) / len(named)
    titles, panels = _titles(named, each), []
    height = page.height - PANEL_TITLE - PANEL_LINE * (len(titles[0]) - 1)
    for place, name in enumerate(named):
        lines = [_line(rows.get((name, target)), canvas.name(target), looks, digits) for target in order]
        width = each + (0 if place else names)
        panel = lines_panel(lines, Scale(*ends, rule=0.0), canvas, width, height, named=not place)
        panels.append(panel.properties(title=page.panel_title(titles[place])))
    listed = "; ".join(
        f"{row['adaptation']}, {canvas.name(row['target'])}: {signed(row['change'], digits)}"
        for row in changes.head(20).iter_rows(named=True)
    )
    return page.finish(alt.hconcat(*panels, spacing=GAP), f"{listed}.")


def _titles(names: Sequence[str], width: float) -> list[list[str]]:
    """Names above panels of such a width, all on one line or all on two, so that panels line up."""
    if all(text_width(name, PANEL_SIZE) <= width for name in names):
        return [[name] for name in names]
    broken = [(" ", name) if text_width(name, PANEL_SIZE) <= width else halves(name) for name in names]
    return [[shorten(part, width, PANEL_SIZE) for part in parts] for parts in broken]


def _line(row: dict[str, Any] | None, name: str, looks: dict[str, str], digits: int) -> Line:
    if row is None:
        return Line(name, pale=True)
    return Line(
        name, row["change"], row["lower"], row["upper"], figures=signed(row["change"], digits),
        colour=looks[row["verdict"]], shape="diamond" if row["learnt"] else "circle",
    )  # fmt: skip


def draw_forgetting(curves: pl.DataFrame, *, measure: str, canvas: Canvas | None = None) -> alt.HConcatChart:
    """Draw how the loss of each language changes along training.

    Parameters
    ----------
    curves : polars.DataFrame
        `adaptation`, `target`, `tokens`, `change` (of the loss since the beginning; the mean over seeds), `learnt`.
    measure : str
    canvas : Canvas, optional
    """
    import altair as alt

    canvas = canvas or Canvas()
    page = canvas.page(
        "Who gains and who forgets along training?",
        [f"Change of the loss on texts held out, {measure}: lower is better. Thick: languages that it learnt from."],
    )
    named = list(dict.fromkeys(curves["adaptation"]))[:MOST_PANELS]
    ends = score_range([0.0, *curves["change"]])
    names = min(max(text_width(f"{canvas.name(one)} −0.00") for one in curves["target"].unique()), MOST_NAME) + GAP
    width = (page.width - GAP * (len(named) - 1)) / len(named) - LEFT - names
    titles = _titles(named, LEFT + width + names)
    height = page.height - PANEL_TITLE - PANEL_LINE * (len(titles[0]) - 1) - HEADER - AXIS
    panels = [
        _curves(curves.filter(adaptation=name), ends, names, canvas, width, height).properties(
            title=page.panel_title(title)
        )
        for name, title in zip(named, titles, strict=True)
    ]
    last = curves.filter(pl.col("tokens") == pl.col("tokens").max().over("adaptation"))
    listed = "; ".join(
        f"{row['adaptation']}, {canvas.name(row['target'])}: {signed(row['change'], 2)}"
        for row in last.head(20).iter_rows(named=True)
    )
    return page.finish(alt.hconcat(*panels, spacing=GAP), f"At the end: {listed}.")


def _curves(
    rows: pl.DataFrame, ends: tuple[float, float], names: float, canvas: Canvas, width: float, height: float
) -> Any:
    """Lines of one adaptation, each with the name of its language at its end."""
    import altair as alt

    colours = canvas.colours
    drawn = [
        {"language": canvas.name(row["target"]), "tokens": row["tokens"], "change": row["change"],
         "colour": colours.forecast if row["learnt"] else colours.alert, "wide": 2.8 if row["learnt"] else 1.4}
        for row in rows.sort("target", "tokens").iter_rows(named=True)
    ]  # fmt: skip
    most = max(row["tokens"] for row in drawn)
    lines = (
        alt.Chart(inline(drawn))
        .mark_line(point=alt.OverlayMarkDef(size=18))
        .encode(
            x=alt.X("tokens:Q", scale=alt.Scale(domain=[0, most], nice=False),
                    axis=alt.Axis(title="tokens of training", format="~s", tickCount=4, grid=False)),
            y=alt.Y("change:Q", scale=alt.Scale(domain=list(ends), nice=False), axis=alt.Axis(title=None, tickCount=6)),
            color=alt.Color("colour:N", scale=None), strokeWidth=alt.StrokeWidth("wide:Q", scale=None),
            detail=alt.Detail("language:N"),
            tooltip=[alt.Tooltip("language:N"), alt.Tooltip("tokens:Q"), alt.Tooltip("change:Q", format="+.3f")],
        )
    )  # fmt: skip
    zero = (
        alt.Chart(inline([{"change": 0.0}])).mark_rule(color=colours.ink, strokeDash=[4, 3]).encode(y=alt.Y("change:Q"))
    )
    finals = sorted((row for row in drawn if row["tokens"] == most), key=lambda row: -row["change"])
    places = apart([height * (ends[1] - row["change"]) / (ends[1] - ends[0]) for row in finals])
    words = [
        word(f"{row['language']} {figure(row['change'], 2)}", width + GAP / 2, place, row["colour"])
        for row, place in zip(finals, places, strict=True)
    ]
    chart: Any = alt.layer(zero, lines, text_layer(words, limit=names + 30))
    return chart.properties(width=width, height=height)
