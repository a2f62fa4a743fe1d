"""Is it true: forecasts of scores that were measured but withheld, against the truth, and how often intervals held."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from isogloss.charts.canvas import Canvas, decimals, figure, inline, score_range
from isogloss.charts.lines import GAP, HEADER, Line, Scale, key_layers, lines_panel, points, text_layer
from isogloss.text import counted

if TYPE_CHECKING:
    import altair as alt

LEFT, BOTTOM = 42.0, 38.0
MOST_FORECASTS = 250
"""Of more forecasts, each language is one dot: the mean of its forecasts and of its scores."""
FEWEST = 3
"""Languages that a stratum needs to be drawn."""
MOST_STRATA = 7
LEVELS_SHARE = 0.42
"""Of the height on the right, for coverage by level."""
NUMBERS = ("score", "mean", "lower", "upper")
INSIDE, OUTSIDE = "inside its interval", "outside"
MOST_PROTOCOLS, NAMES = 3, 0.16
"""Panels, and the share of the page's width for names of forecasters."""


def draw_trust(
    guesses: pl.DataFrame,
    calibration: pl.DataFrame,
    strata: pl.DataFrame | None = None,
    *,
    unit: str = "points",
    canvas: Canvas | None = None,
) -> alt.HConcatChart:
    """Draw forecasts against the truth, how often intervals held, and where forecasts were furthest off.

    Parameters
    ----------
    guesses : polars.DataFrame
        `target`, `score` (the truth), `mean`, `lower`, `upper`: one row per score withheld, at one level.
    calibration : polars.DataFrame
        `level`, `coverage`, `coverage_low`, `coverage_high`.
    strata : polars.DataFrame, optional
        `stratum`, `value`, `groups`, `mae`, `mae_low`, `mae_high`, in `unit`.
    unit : str, default "points"
    canvas : Canvas, optional

    Returns
    -------
    altair.HConcatChart

    Notes
    -----
    Dots on the diagonal are right. The short strokes are the levels that intervals promise.
    """
    import altair as alt

    canvas = canvas or Canvas()
    languages = guesses["target"].n_unique()
    many = "; a dot is the mean of a language's forecasts" if guesses.height > MOST_FORECASTS else ""
    page = canvas.page(
        "Can the forecasts be believed?",
        [f"{counted(languages, 'language')} withheld and forecast, one at a time{many}."],
    )
    side = page.height - HEADER - BOTTOM
    width = page.width - side - LEFT - 4 * GAP
    parts: list[Any] = [_levels(calibration, canvas, width, page.height * (LEVELS_SHARE if strata is not None else 1))]
    if strata is not None:
        drawn = strata.filter(pl.col("groups") >= FEWEST).sort("mae", descending=True).head(MOST_STRATA)
        if not drawn.is_empty():
            parts.append(_strata(drawn, unit, canvas, width, page.height * (1 - LEVELS_SHARE) - GAP))
    right: Any = alt.vconcat(*parts, spacing=2 * GAP) if len(parts) > 1 else parts[0]
    chart: Any = alt.hconcat(_against_truth(guesses, canvas, side), right, spacing=3 * GAP)
    return page.finish(chart, _in_words(guesses, calibration, languages, canvas))


def _against_truth(guesses: pl.DataFrame, canvas: Canvas, side: float) -> Any:
    """A square with the diagonal; of few forecasts with their intervals."""
    import altair as alt

    colours, factor = canvas.colours, canvas.factor
    few = guesses.height <= MOST_FORECASTS
    inside = pl.col("score").is_between("lower", "upper")
    table = guesses.with_columns(inside=inside.cast(pl.Float64))
    if not few:
        table = table.group_by("target", maintain_order=True).agg(pl.col(*NUMBERS, "inside").mean())
    rows = [
        {
            "name": canvas.name(row["target"]), **{end: factor * row[end] for end in NUMBERS},
            "shape": "circle" if row["inside"] >= 0.5 else "diamond", "size": 44 if few else 34,
            "stroke": colours.forecast if row["inside"] >= 0.5 else colours.alert,
            "fill": colours.forecast if row["inside"] >= 0.5 else colours.background,
        }
        for row in table.iter_rows(named=True)
    ]  # fmt: skip
    ends = [row[end] for row in rows for end in ("score", "mean")]
    low, high = score_range(ends, percent=canvas.percent)
    scale = alt.Scale(domain=[low, high], nice=False)
    x = alt.X("score:Q", scale=scale, title=f"measured {canvas.score_title}", axis=alt.Axis(tickCount=6))
    y = alt.Y("mean:Q", scale=scale, title=f"forecast {canvas.score_title}", axis=alt.Axis(tickCount=6))
    diagonal = alt.Chart(inline([{"score": end, "mean": end} for end in (low, high)]))
    base = alt.Chart(inline(rows)).encode(x=x, tooltip=[alt.Tooltip("name:N"), alt.Tooltip("score:Q", format=".3~g"),
                                                        alt.Tooltip("mean:Q", format=".3~g")])  # fmt: skip
    layers: list[Any] = [diagonal.mark_line(color=colours.ink, strokeDash=[4, 3], strokeWidth=1).encode(x=x, y=y)]
    if few:
        lower = alt.Y("lower:Q", scale=scale, title=f"forecast {canvas.score_title}", axis=alt.Axis(tickCount=6))
        layers.append(
            base.mark_rule(strokeWidth=2.5, opacity=0.25, clip=True).encode(
                y=lower, y2=alt.Y2("upper:Q"), color=alt.Color("stroke:N", scale=None)
            )
        )
    dots = base.mark_point(opacity=0.9, strokeWidth=1.6).encode(
        y=y, fill=alt.Fill("fill:N", scale=None), stroke=alt.Stroke("stroke:N", scale=None),
        shape=alt.Shape("shape:N", scale=None), size=alt.Size("size:Q", scale=None),
    )  # fmt: skip
    key: dict[str, dict[str, Any]] = {
        INSIDE: {"colour": colours.forecast},
        OUTSIDE: {"colour": colours.alert, "shape": "diamond", "hollow": True},
    }
    seen = {row["shape"] for row in rows}
    marks, words = key_layers(
        {word: look for word, look in key.items() if look.get("shape", "circle") in seen}, canvas, 0.0
    )
    chart: Any = alt.layer(*layers, dots, points(marks), text_layer(words))
    return chart.properties(width=side, height=side)


def _levels(calibration: pl.DataFrame, canvas: Canvas, width: float, height: float) -> Any:
    lines = [
        Line(
            f"{100 * row['level']:g} % intervals", 100 * row["coverage"], 100 * row["coverage_low"],
            100 * row["coverage_high"], f"held {100 * row['coverage']:.0f} %", reference=100 * row["level"],
            colour=canvas.colours.alert if row["coverage_high"] < row["level"] else canvas.colours.forecast,
        )
        for row in calibration.sort("level").iter_rows(named=True)
    ]  # fmt: skip
    scale = Scale(0.0, 100.0, "% of the scores inside; strokes: what is promised")
    return lines_panel(lines, scale, canvas, width, height, title="Do intervals hold as often as they promise?")


def _strata(strata: pl.DataFrame, unit: str, canvas: Canvas, width: float, height: float) -> Any:
    digits = decimals([max(strata["mae"].to_list()) / 3])
    lines = [
        Line(
            stratum_name(row["stratum"], row["value"]), row["mae"], row["mae_low"], row["mae_high"],
            figure(row["mae"], digits), colour=canvas.colours.measured,
        )
        for row in strata.iter_rows(named=True)
    ]  # fmt: skip
    ends = [end for line in lines for end in (line.value, line.upper) if end is not None]
    scale = Scale(0.0, score_range([0.0, *ends])[1], f"usual error, {unit}")
    return lines_panel(lines, scale, canvas, width, height, title="Where forecasts were furthest off")


def stratum_name(stratum: str, value: str) -> str:
    """A stratum for people: `script Arab`, `1 to 10 GiB of web text`."""
    if stratum == "resources":
        return value[2:] if "web text" in value else f"{value[2:]} of web text"
    if stratum == "nearness":
        return value[2:] if "measured" in value else f"nearest at {value[2:]}"
    return f"{stratum} {value}"


def _in_words(guesses: pl.DataFrame, calibration: pl.DataFrame, languages: int, canvas: Canvas) -> str:
    error = canvas.factor * np.nanmean((guesses["score"] - guesses["mean"]).abs().to_numpy())
    held = "; ".join(
        f"{100 * row['level']:g} % intervals held {100 * row['coverage']:.0f} %"
        for row in calibration.sort("level").iter_rows(named=True)
    )
    return (
        f"{counted(guesses.height, 'score')} in {counted(languages, 'language')} forecast without them: off by "
        f"{figure(error, decimals([error]))} on average. {held}."
    )


def draw_benchmark(
    summary: pl.DataFrame,
    *,
    candidate: str,
    level: float | None = None,
    titles: Mapping[str, str] | None = None,
    canvas: Canvas | None = None,
) -> alt.TopLevelMixin:
    """Draw the usual error of every forecaster under each protocol, and how often the candidate's intervals held.

    Parameters
    ----------
    summary : polars.DataFrame
        `protocol`, `condition`, `table`, `forecaster`, `unit`, `mae`, `mae_low`, `mae_high` and `coverage`, as
        `Benchmark.summary` has them. Where a forecaster has several rows under a protocol, their mean is drawn, without
        an interval.
    candidate : str
        The forecaster that is judged; the others are its baselines.
    level : float, optional
        That `coverage` is of; by default there is no word about it.
    titles : mapping of str to str, optional
        What each protocol leaves out, above its panel.
    canvas : Canvas, optional

    Notes
    -----
    Of more than three protocols, the first three are drawn.
    """
    import altair as alt

    canvas = canvas or Canvas()
    protocols = summary["protocol"].unique(maintain_order=True).to_list()
    mean = [pl.col(name).mean() for name in ("mae", "coverage")]
    single = [pl.when(pl.len() == 1).then(pl.col(name).first()).alias(name) for name in ("mae_low", "mae_high")]
    table = summary.group_by("protocol", "forecaster", maintain_order=True).agg(*mean, *single, pl.col("unit").first())
    order = table.group_by("forecaster", maintain_order=True).agg(pl.col("mae").mean()).sort("mae")["forecaster"]
    lines = [_promise(table, candidate, level)] if level is not None else []
    if len(protocols) > MOST_PROTOCOLS:
        lines.append(f"Not drawn: {', '.join(protocols[MOST_PROTOCOLS:])}.")
    page = canvas.page(f"Errors of {candidate} and its baselines", lines)
    shown = protocols[:MOST_PROTOCOLS]
    names = page.width * NAMES
    width = (page.width - names - 2 * GAP * (len(shown) - 1)) / len(shown)
    called = titles or {}
    panels = [
        _protocol(
            table.filter(pl.col("protocol") == protocol), called.get(protocol, protocol), order.to_list(), candidate,
            canvas, width + (0 if at else names), page.height, named=not at,
        )
        for at, protocol in enumerate(shown)
    ]  # fmt: skip
    chart: Any = panels[0] if len(panels) == 1 else alt.hconcat(*panels, spacing=2 * GAP)
    listed = "; ".join(
        f"{row['protocol']}: {row['forecaster']} {figure(row['mae'], 2)} {row['unit']}"
        for row in table.iter_rows(named=True)
    )
    return page.finish(chart, f"Mean absolute error. {listed}.")


def _protocol(
    rows: pl.DataFrame, title: str, order: list[str], candidate: str, canvas: Canvas, width: float, height: float, *,
    named: bool,
) -> Any:  # fmt: skip
    colours = canvas.colours
    by_name = {row["forecaster"]: row for row in rows.iter_rows(named=True)}
    digits = decimals([max(row["mae"] for row in by_name.values()) / 3])
    lines = []
    for name in order:
        row = by_name.get(name)
        if row is None:
            lines.append(Line(name, pale=True))
            continue
        ours = name == candidate
        lines.append(
            Line(name, row["mae"], row["mae_low"], row["mae_high"], figure(row["mae"], digits), pale=not ours,
                 colour=colours.forecast if ours else colours.pale_ink, shape="circle" if ours else "diamond")
        )  # fmt: skip
    ends = [end for line in lines for end in (line.value, line.upper) if end is not None]
    scale = Scale(0.0, score_range([0.0, *ends])[1], f"usual error, {rows['unit'][0]}")
    return lines_panel(lines, scale, canvas, width, height, named=named, title=title)


def _promise(table: pl.DataFrame, candidate: str, level: float) -> str:
    """How often the candidate's intervals held under each protocol."""
    held = table.filter((pl.col("forecaster") == candidate) & pl.col("coverage").is_not_null())
    listed = ", ".join(f"{100 * row['coverage']:.0f} % ({row['protocol']})" for row in held.iter_rows(named=True))
    return f"{100 * level:g} % intervals of {candidate} held {listed}." if listed else ""
