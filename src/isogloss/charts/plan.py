"""What a budget buys and what that is forecast to do; what a score costs in labelled and translated examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from isogloss.charts.canvas import LABEL_SIZE, Canvas, decimals, figure, inline, score_range, signed
from isogloss.charts.lines import GAP, Line, Scale, key_layers, lines_panel, most_lines, points, text_layer
from isogloss.planning.kinds import ISOCOST, ISOPERF, PATH

if TYPE_CHECKING:
    import altair as alt

    from isogloss.forecasting.curves.laws import Bought

BOUGHT = 0.42
"""Of the page's width, for what is bought."""
THIS_PLAN, NOTHING = "this plan", "nothing"
BEFORE, AFTER = "before", "after"
KINDS = ("labelled", "post-edited", "translated", "generated")
STYLES = {ISOPERF: [1, 0], ISOCOST: [5, 4], PATH: [2, 3]}
STROKE = {"shape": "stroke", "size": 300, "wide": 9.0}
"""A line in the key."""
TRUSTED = ("solid", "fair")


def draw_plan(
    purchases: pl.DataFrame,
    forecasts: pl.DataFrame,
    rivals: pl.DataFrame | None = None,
    *,
    budget: float,
    currency: str = "examples",
    objective: str = "mean",
    examples: bool = True,
    canvas: Canvas | None = None,
) -> alt.TopLevelMixin:
    """Draw what is bought, and the forecasts before and after.

    Parameters
    ----------
    purchases : polars.DataFrame
        `language`, `kind`, `examples`, `cost`.
    forecasts : polars.DataFrame
        `target`, `before`, `after`, `lower`, `upper`; maybe `guarantee` and `trust`.
    rivals : polars.DataFrame, optional
        `plan` and `gain`: this plan and the same budget spent otherwise, for a line below the title.
    budget : float
        In `currency`.
    currency, objective : str
        What is spent, and what is to be as good as possible.
    examples : bool, default True
        Whether examples could be bought; else the forecasts alone are drawn.
    canvas : Canvas, optional

    Returns
    -------
    altair.HConcatChart or altair.LayerChart
    """
    import altair as alt

    canvas = canvas or Canvas()
    page = canvas.page(f"What {budget:,.6g} {currency} buy best", _rivals(rivals, objective, canvas))
    spent = purchases.group_by("language", maintain_order=True).agg(pl.col("cost", "examples").sum())
    spent = spent.sort("cost", descending=True, maintain_order=True)
    bought = spent["language"].to_list()
    order = [*bought, *(target for target in forecasts["target"] if target not in bought)]
    left_out, order = order[most_lines(page.height) :], order[: most_lines(page.height)]
    if not examples:
        alone = _scores(forecasts, order, canvas, page.width, page.height, named=True)
        return page.finish(alone, _in_words(None, forecasts, left_out, canvas))
    width = page.width * (1 - BOUGHT) - 2 * GAP
    notes = _guarantees(forecasts, canvas)
    parts: Any = alt.hconcat(
        _purchases(purchases, order, notes, currency, canvas, page.width * BOUGHT, page.height),
        _scores(forecasts, order, canvas, width, page.height),
        spacing=2 * GAP,
    )
    return page.finish(parts, _in_words(spent, forecasts, left_out, canvas))


def _purchases(
    purchases: pl.DataFrame, order: Sequence[str], notes: Mapping[str, str], currency: str, canvas: Canvas,
    width: float, height: float,
) -> Any:  # fmt: skip
    """Bars of what is spent, in the colours of the kinds, with the number of examples."""
    spent: dict[str, list[dict[str, Any]]] = {code: [] for code in order}
    for row in purchases.iter_rows(named=True):
        spent.setdefault(row["language"], []).append(row)
    most = max([sum(row["cost"] for row in spent[code]) for code in order] or [0.0]) or 1.0
    scale = Scale(0.0, score_range([0.0, most])[1], f"spent, {currency}")
    kinds = [kind for kind in KINDS if kind in purchases["kind"]]
    shade = dict(zip(KINDS, canvas.colours.series, strict=False))
    lines = []
    for code in order:
        rows = spent[code]
        number = sum(row["examples"] for row in rows)
        main = max(rows, key=lambda row: row["cost"])["kind"] if rows else KINDS[0]
        mixed = " + ".join(f"{row['examples']:,} {row['kind']}" for row in rows)
        note = mixed if len(rows) > 1 else notes.get(code, "")
        cost = sum(row["cost"] for row in rows) if rows else None
        lines.append(
            Line(canvas.name(code), cost, figures=f"{number:,}" if rows else "none", note=note, bar=True,
                 colour=shade[main], pale=not rows)
        )  # fmt: skip
    key = {kind: {"colour": shade[kind], "shape": "square"} for kind in kinds} if len(kinds) > 1 else None
    title = "Examples to buy" if key is None else ""
    return lines_panel(lines, scale, canvas, width, height, title=title, key=key)


def _scores(
    forecasts: pl.DataFrame, order: Sequence[str], canvas: Canvas, width: float, height: float, named: bool = False
) -> Any:
    """Steps from the forecast before to that after, on its interval."""
    factor = canvas.factor
    rows = {row["target"]: row for row in forecasts.iter_rows(named=True)}
    digits = decimals([factor * (row["upper"] - row["lower"]) for row in rows.values()])
    lines = []
    for code in order:
        if code not in rows:
            lines.append(Line(canvas.name(code), figures="", pale=True))
            continue
        before, after, lower, upper = (factor * rows[code][name] for name in ("before", "after", "lower", "upper"))
        trust = rows[code].get("trust")
        word = f" {trust}" if trust and trust not in TRUSTED else ""
        lines.append(
            Line(canvas.name(code), after, lower, upper, f"{figure(before, digits)} → {figure(after, digits)}{word}",
                 start=before, hollow=bool(word))
        )  # fmt: skip
    ends = [end for line in lines for end in (line.lower, line.upper, line.start) if end is not None]
    scale = Scale(*score_range(ends, percent=canvas.percent), canvas.score_title)
    return lines_panel(lines, scale, canvas, width, height, named=named, title="Forecast before → after, and interval")


def _guarantees(forecasts: pl.DataFrame, canvas: Canvas) -> dict[str, str]:
    """A note for each language to which a score is guaranteed."""
    if "guarantee" not in forecasts.columns:
        return {}
    kept = forecasts.drop_nulls("guarantee").select("target", "guarantee").iter_rows()
    return {target: f"{canvas.factor * score:g} guaranteed" for target, score in kept}


def _rivals(rivals: pl.DataFrame | None, objective: str, canvas: Canvas) -> list[str]:
    """One line about the same budget spent otherwise: bars that are all alike would say no more."""
    if rivals is None:
        return []
    gains = {plan: canvas.factor * gain for plan, gain in rivals.select("plan", "gain").iter_rows() if plan != NOTHING}
    ours = gains.pop(THIS_PLAN, None)
    digits = decimals([max([abs(gain) for gain in [*gains.values(), ours or 0.0]] or [1.0]) / 10])
    unit = "points " if canvas.percent else ""
    said = [] if ours is None else [f"This plan gains {figure(ours, digits)} {unit}in {objective}"]
    others = sorted(gains.items(), key=lambda pair: -pair[1])
    said += [f"{plan} {signed(gain, digits)}" for plan, gain in others]
    return ["; ".join(said) + "."] if said else []


def _in_words(spent: pl.DataFrame | None, forecasts: pl.DataFrame, left_out: Sequence[str], canvas: Canvas) -> str:
    factor = canvas.factor
    digits = decimals([factor * (row["upper"] - row["lower"]) for row in forecasts.iter_rows(named=True)])
    rows = [] if spent is None else spent.rows(named=True)
    bought = "; ".join(f"{row['examples']:,} of {canvas.name(row['language'])}" for row in rows) or "none"
    examples = "" if spent is None else f"Examples to buy: {bought}. "
    scores = "; ".join(
        f"{canvas.name(row['target'])} from {figure(factor * row['before'], digits)} to "
        f"{figure(factor * row['after'], digits)}"
        for row in forecasts.iter_rows(named=True)
    )
    rest = f" Not drawn: {', '.join(map(canvas.name, left_out))}." if left_out else ""
    return f"{examples}Forecast {canvas.score_title}: {scores}.{rest}"


def draw_kinds(
    lines: pl.DataFrame,
    *,
    target: str,
    cheapest: Bought | None = None,
    best: Bought | None = None,
    currency: str = "",
    canvas: Canvas | None = None,
) -> alt.LayerChart:
    """Draw the lines of the same score and of the same cost, the path of best buys, and what is bought.

    Parameters
    ----------
    lines : polars.DataFrame
        `line` (`same score`, `same cost`, `best buys`), `level`, `translated`, `labelled`.
    target : str
    cheapest, best : Bought, optional
        What the goal costs at least, and what the budget buys best.
    currency : str
    canvas : Canvas, optional

    Returns
    -------
    altair.LayerChart
    """
    import altair as alt

    canvas = canvas or Canvas()
    page = canvas.page(
        f"Label or translate {canvas.name(target)}?",
        ["Buying is best where a line of one score touches one of one cost."],
    )
    colours = canvas.colours
    bought = [one for one in (cheapest, best) if one is not None]
    highest = 1.6 * max([one.labelled for one in bought] or lines["labelled"].head(1).to_list() or [1.0]) + 10
    shown = lines.filter(pl.col("labelled") <= highest).with_columns(
        series=pl.format("{} {}", "line", pl.col("level").fill_null(-1.0))
    )
    shades = dict(zip(STYLES, (colours.forecast, colours.pale_ink, colours.alert), strict=True))
    names = [name for name in STYLES if name in shown["line"]]
    x = alt.X(
        "translated:Q", title=f"translated examples of {canvas.name(target)}", axis=alt.Axis(format=",d", tickCount=8)
    )
    y = alt.Y("labelled:Q", title="labelled examples", scale=alt.Scale(domain=[0, highest], nice=False),
              axis=alt.Axis(format=",d", tickCount=7))  # fmt: skip
    layers: list[Any] = [
        alt.Chart(inline(shown.filter(pl.col("line") == name).to_dicts()))
        .mark_line(strokeWidth=2.5, clip=True, color=shades[name], strokeDash=STYLES[name])
        .encode(x=x, y=y, detail=alt.Detail("series:N"))
        for name in names
    ]
    looks = {name: {"colour": shades[name], "dash": STYLES[name], **STROKE} for name in names}
    marks, words = key_layers(looks, canvas, 0.0)
    said: list[dict[str, Any]] = [
        {"translated": one.translated, "labelled": one.labelled,
         "said": f"{one.labelled:,.0f} labelled + {one.translated:,.0f} translated: {one.cost:,.4g} {currency}"}
        for one in bought
    ]  # fmt: skip
    dots = alt.Chart(inline(said)).encode(x=x, y=y)
    ground: list[dict[str, Any]] = [
        {"color": colours.background, "stroke": colours.background, "strokeWidth": 4}, {"color": colours.ink}
    ]  # fmt: skip
    layers += [points(marks), text_layer(words), dots.mark_point(size=110, color=colours.ink, filled=True, opacity=1)]
    layers += [
        dots.mark_text(align="left", dx=10, dy=18, fontSize=LABEL_SIZE, **look).encode(text=alt.Text("said:N"))
        for look in ground
    ]
    chart = alt.layer(*layers).properties(width=page.width - 50, height=page.height - 60)
    listed = "; ".join(row["said"] for row in said) or "nothing reaches the goal"
    return page.finish(chart, f"Labelled against translated examples. Best buys: {listed}.")
