"""Forecasts beside what was measured: as bars and on a map, on one page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from isogloss.charts.canvas import Canvas, decimals, figure
from isogloss.charts.forecast_bars import HEADER, bars, most_lines
from isogloss.charts.forecast_map import absent, draw_map, placed, spread
from isogloss.charts.forecast_rows import (
    GUESS,
    MEASURED,
    Row,
    Selection,
    forecast_rows,
    measured_rows,
    select,
    subject,
    unasked,
)
from isogloss.errors import BadValue
from isogloss.text import counted

if TYPE_CHECKING:
    import altair as alt
    import polars as pl

SPACING = 20.0
MAP_SHARE, WIDE_MAP_SHARE = 0.36, 0.44
"""Of the page's width; the second where the languages are spread over the world."""
MARKS = {
    "measured": "Squares: measured.",
    "forecast": "Dots: forecasts.",
    "shaky": "Rings: shaky forecasts, with the figures of their intervals.",
    "guess": "Outlines: guesses.",
}
"""What the marks of panels mean, by the kind of a row or its trust."""
MOST_MODELS = 5
"""Panels beside one another, at most."""


def draw_forecast(
    forecasts: pl.DataFrame, measured: pl.DataFrame | None = None, *, canvas: Canvas | None = None, maps: bool = True
) -> alt.TopLevelMixin:
    """Draw forecasts as bars between the measured scores, and on a map of the region.

    Parameters
    ----------
    forecasts : polars.DataFrame
        As `Forecaster.predict_interval` gives them, one per language and model. `trust` decides how sure a forecast
        looks, `nearest` which measured languages stand beside it, and the flag `measured` that it is none.
    measured : polars.DataFrame, optional
        Observations (`target` and `score`) of what the forecasts are of: one task, metric and mix.
    canvas : Canvas, optional
    maps : bool, default True
        Whether there is a map; with several models there is none.

    Returns
    -------
    altair chart

    Raises
    ------
    BadValue
        If there is no forecast, a language has several of one model, or the measured scores are of different things.

    Notes
    -----
    Lines are in the order of scores. An interval is a bar that fades to its ends, and is the paler the wider it is; a
    guess is an outline without a dot. Measured languages, the nearest first, fill what room there is. Of too many
    forecasts the best and the worst are drawn, and how many are not. With several models there is one panel for each,
    of up to five. An interval without an end goes to the edge of the plot, and its figures say so.
    """
    import altair as alt

    canvas = canvas or Canvas()
    rows = forecast_rows(forecasts, canvas)
    others = unasked(measured_rows(measured, canvas), rows)
    rows, dropped = _first_models(rows)
    several = len({row["model"] for row in rows}) > 1
    mapped = maps and not several and any(placed(row) for row in rows)
    targets = len({row["target"] for row in rows})
    page = canvas.page(
        f"Forecast {canvas.score} in {counted(targets, 'language')}",
        [subject(rows), *(absent(rows) if mapped else []), *([_marks([*rows, *others])] if several else []), *dropped],
    )
    selection = select(rows, others, most_lines(page.height))
    share = 0.0 if not mapped else WIDE_MAP_SHARE if spread(rows) else MAP_SHARE
    width = page.width * (1 - share) - (SPACING if mapped else 0)
    parts: Any = bars([*rows, *others], selection, canvas, width, page.height)
    if mapped:
        world = draw_map(rows, others, canvas, page.width * share, page.height - HEADER)
        parts = alt.hconcat(parts, world, spacing=SPACING)
        parts = parts.resolve_scale(fill="independent", shape="independent", size="independent", stroke="independent")
    return page.finish(parts, describe(rows, others, selection, canvas))


def draw_forecast_map(
    forecasts: pl.DataFrame, measured: pl.DataFrame | None = None, *, canvas: Canvas | None = None
) -> alt.LayerChart:
    """Draw the forecasts of one model on a map of the region, labelled, among the measured scores.

    Parameters are those of `draw_forecast`.

    Raises
    ------
    BadValue
        As `draw_forecast` does, and for forecasts of several models or tasks: a language has one place.
    """
    canvas = canvas or Canvas()
    for name in ("model", "task"):
        if len(several := sorted(forecasts[name].unique())) > 1:
            raise BadValue(
                f"a map shows one {name}, and these are {len(several)}: {', '.join(several)}",
                where=name,
                hint=f"say which: {name}={several[0]!r}",
            )
    rows = forecast_rows(forecasts, canvas)
    others = unasked(measured_rows(measured, canvas), rows)
    lines = [subject(rows), *absent(rows)]
    page = canvas.page(f"Forecast {canvas.score} in {counted(len(rows), 'language')}", lines)
    return page.finish(
        draw_map(rows, others, canvas, page.width, page.height), describe(rows, others, select(rows, [], 20), canvas)
    )


def _first_models(rows: list[Row]) -> tuple[list[Row], list[str]]:
    """Rows of as many models as there is room for, the best first, and a line about the others."""
    models: dict[str, list[float]] = {}
    for row in rows:
        models.setdefault(row["model"], []).append(row["mean"])
    order = sorted(models, key=lambda model: -sum(models[model]) / len(models[model]))
    kept = order[:MOST_MODELS]
    ordered = sorted((row for row in rows if row["model"] in kept), key=lambda row: kept.index(row["model"]))
    rest = order[MOST_MODELS:]
    return ordered, [f"Not drawn, the models with lower forecasts: {', '.join(rest)}"] if rest else []


def _marks(rows: Sequence[Row]) -> str:
    """What the marks of these rows mean, in words."""
    drawn = {"shaky" if row["trust"] == "shaky" else row["kind"] for row in rows}
    return " ".join(text for kind, text in MARKS.items() if kind in drawn)


def describe(rows: Sequence[Row], measured: Sequence[Row], selection: Selection, canvas: Canvas) -> str:
    """The picture in words: every line that is drawn, with its figures."""
    digits = decimals([row["upper"] - row["lower"] for row in rows if row["kind"] != MEASURED])
    models = list(dict.fromkeys(row["model"] for row in rows))
    targets = {row["target"] for row in rows}
    parts = [f"Forecast {canvas.score_title} in {counted(len(targets), 'language')}, best first."]
    for model in models:
        of_model = [row for row in rows if row["model"] == model and row["target"] in selection.targets]
        listed = "; ".join(_line(row, digits) for row in of_model)
        parts.append(f"{model}: {listed}." if len(models) > 1 else f"{listed}.")
    if selection.left_out:
        parts.append(f"{selection.left_out} more languages between them are not drawn.")
    shown = [row for row in measured if row["target"] in selection.targets and row["target"] not in targets]
    if shown:
        listed = "; ".join(f"{row['name']} {figure(row['mean'], digits)}" for row in shown)
        parts.append(f"Measured beside them: {listed}.")
    return " ".join(parts)


def _line(row: Row, digits: int) -> str:
    if row["kind"] == MEASURED:
        return f"{row['name']} {figure(row['mean'], digits)}, measured"
    interval = f"{figure(row['lower'], digits)} to {figure(row['upper'], digits)}"
    if row["kind"] == GUESS:
        return f"{row['name']} {interval}, a guess"
    word = f", {row['trust']}" if row["trust"] else ""
    return f"{row['name']} {figure(row['mean'], digits)} ({interval}){word}"
