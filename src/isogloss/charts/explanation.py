"""Explanations: which factors go with the scores, and how one forecast comes about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isogloss.charts.canvas import Canvas, decimals, figure, score_range, signed
from isogloss.charts.lines import GAP, Line, Scale, lines_panel, most_lines
from isogloss.explanation.pairs import Factor
from isogloss.text import counted

if TYPE_CHECKING:
    import altair as alt
    import polars as pl

SHARES = 0.28
"""Of the page's width, for the shares of the variance."""
NEIGHBOURS = 0.4
MOST_NEIGHBOURS = 8
ROOMY = 27.0
"""Units of a line from which on there is room for a note below its name."""
SHOWN, NOT_SHOWN = "goes with the scores", "not shown to"
START, FORECAST = "start", "forecast"


def draw_drivers(effects: pl.DataFrame, *, unit: str = "points", canvas: Canvas | None = None) -> alt.HConcatChart:
    """Draw the effect of every factor on its interval, and the share of the variance that goes with it.

    Parameters
    ----------
    effects : polars.DataFrame
        `factor`, `effect`, `lower`, `upper`, `driver` (whether it is shown to go with the scores) and `share` (of the
        variance), as `isogloss.explanation.Drivers.table` has them; interactions may stand below. Perhaps `note`, what
        stands below the name of a factor.
    unit : str, default "points"
        Of the effects.
    canvas : Canvas, optional

    Returns
    -------
    altair.HConcatChart

    Notes
    -----
    The axis of effects holds 0, and that of shares reaches from 0 to 1, so that small ones look small.
    """
    import altair as alt

    canvas = canvas or Canvas()
    page = canvas.page("What drives transfer?", [f"Effect of one standard deviation more, in {unit}; 95 % intervals."])
    rows = effects.to_dicts()[: most_lines(page.height)]
    colours = canvas.colours
    digits = decimals([row["upper"] - row["lower"] for row in rows])
    shade = {True: colours.forecast, False: colours.pale_ink}
    looks: dict[str, dict[str, Any]] = {
        SHOWN: {"colour": shade[True]},
        NOT_SHOWN: {"colour": shade[False], "hollow": True},
    }
    roomy = page.height / len(rows) > ROOMY
    lines = [
        Line(
            row["factor"], row["effect"], row["lower"], row["upper"], figures=signed(row["effect"], digits),
            note=(row.get("note") or _phrase(row["factor"])) if roomy else "", colour=shade[row["driver"]],
            hollow=not row["driver"], pale=not row["driver"],
        )
        for row in rows
    ]  # fmt: skip
    ends = [row[end] for row in rows for end in ("lower", "upper")]
    low, high = score_range([*ends, 0.0])
    effect = Scale(low, high, unit, rule=0.0)
    width = page.width * (1 - SHARES) - 2 * GAP
    shares = [
        Line(row["factor"], row["share"], figures=_percent(row["share"]), pale=not row["driver"], bar=True,
             colour=shade[row["driver"]])
        for row in rows
    ]  # fmt: skip
    share = Scale(0.0, 1.0, "share of the variance", format=".0%")
    parts: Any = alt.hconcat(
        lines_panel(lines, effect, canvas, width, page.height, key=looks),
        lines_panel(shares, share, canvas, page.width * SHARES, page.height, named=False),
        spacing=2 * GAP,
    )
    listed = "; ".join(
        f"{row['factor']} {figure(row['effect'], digits)} ({figure(row['lower'], digits)} to "
        f"{figure(row['upper'], digits)}){'' if row['driver'] else ', not shown'}"
        for row in rows
    )
    return page.finish(parts, f"Effects of {counted(len(rows), 'factor')} in {unit}: {listed}.")


def _phrase(factor: str) -> str:
    phrase = Factor.named(factor).phrase
    return "" if phrase.endswith(factor) or " x " in factor else phrase


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.0f} %"


def draw_contributions(
    groups: pl.DataFrame,
    neighbours: pl.DataFrame | None = None,
    *,
    baseline: float,
    mean: float,
    lower: float,
    upper: float,
    baseline_name: str = START,
    canvas: Canvas | None = None,
) -> alt.TopLevelMixin:
    """Draw how contributions lead from a baseline to a forecast, and which measured languages it leans on.

    Parameters
    ----------
    groups : polars.DataFrame
        `group` and `contribution`; baseline and contributions add up to the mean.
    neighbours : polars.DataFrame, optional
        Measured languages with `language`, `weight` and `score`, the largest weight first; where weights are null,
        they are the nearest.
    baseline, mean, lower, upper : float
        Where the contributions start, and the forecast with its interval.
    baseline_name : str, optional
        What the baseline is.
    canvas : Canvas, optional

    Returns
    -------
    altair chart

    Notes
    -----
    The axis reaches over the interval of the forecast, so that a contribution is seen beside what is not known.
    """
    import altair as alt

    canvas = canvas or Canvas()
    page = canvas.page("Why is this the forecast?", [f"It starts from the {baseline_name}." if baseline_name else ""])
    factor, colours = canvas.factor, canvas.colours
    digits = decimals([factor * max([abs(value) for value in groups["contribution"]] or [1.0])])
    shown = figure(factor * baseline, digits)
    lines = [Line(START, factor * baseline, figures=shown, colour=colours.measured, shape="diamond")]
    at = baseline
    for group, value in groups.select("group", "contribution").iter_rows():
        colour = colours.forecast if value >= 0 else colours.alert
        lines.append(
            Line(
                group,
                factor * (at + value),
                start=factor * at,
                figures=signed(factor * value, digits),
                colour=colour,
                bar=True,
            )
        )
        at += value
    lines.append(
        Line(FORECAST, factor * mean, factor * lower, factor * upper, figure(factor * mean, digits), shape="diamond")
    )
    ends = [factor * value for value in (baseline, lower, upper)] + [line.value or 0.0 for line in lines]
    low, high = score_range([0.0, max(ends) - min(ends)])
    step = (high - low) / 10
    scale = Scale((min(ends) // step) * step, -(-max(ends) // step) * step, canvas.score_title)
    near = [] if neighbours is None else neighbours.head(MOST_NEIGHBOURS).to_dicts()
    width = page.width * (1 - NEIGHBOURS) - 2 * GAP if near else page.width
    parts = lines_panel(lines, scale, canvas, width, page.height)
    if near:
        panel = _leans_on(near, canvas, page.width * NEIGHBOURS, page.height)
        parts = alt.hconcat(parts, panel, spacing=2 * GAP)
    steps = "; ".join(f"{line.name} {line.figures}" for line in lines)
    languages = ", ".join(canvas.name(row["language"]) for row in near)
    weighed = near and near[0]["weight"] is not None
    leans = f" {'It leans most on' if weighed else 'Measured near it:'} {languages}." if near else ""
    return page.finish(parts, f"Steps in {canvas.score_title}: {steps}.{leans}")


def _leans_on(rows: list[dict[str, Any]], canvas: Canvas, width: float, height: float) -> Any:
    """Neighbours by the weight of their scores; where none has a weight of its own, by the scores."""
    scores = [canvas.factor * row["score"] for row in rows]
    digits = decimals([max(max(scores) - min(scores), canvas.factor * 0.05)])
    weighed = all(row["weight"] is not None for row in rows)
    lines = [
        Line(
            canvas.name(row["language"]), row["weight"] if weighed else score,
            figures=f"scored {figure(score, digits)}" if weighed else figure(score, digits),
            colour=canvas.colours.measured, bar=True,
        )
        for row, score in zip(rows, scores, strict=True)
    ]  # fmt: skip
    if not weighed:
        scale = Scale(*score_range([0.0, *scores], percent=canvas.percent), canvas.score_title)
        return lines_panel(lines, scale, canvas, width, height, title="Measured languages near it")
    weights = [row["weight"] for row in rows]
    scale = Scale(min(0.0, *weights), 1.05 * max(map(abs, weights)), "weight of its scores")
    return lines_panel(lines, scale, canvas, width, height, title="Measured languages it leans on")
