"""What a budget buys and what that is forecast to do; what a score costs in labelled and translated examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from isogloss.charts.style import (
    FAR,
    INK,
    KIND_COLOURS,
    MEASURED,
    PALE_INK,
    UNMEASURED,
    WIDTH,
    finished,
    inline,
    palette,
)
from isogloss.forecasting.flags import OUTSIDE_MEASURED
from isogloss.languages import resolve
from isogloss.planning.kinds import ISOCOST, ISOPERF, PATH

if TYPE_CHECKING:
    import altair as alt

    from isogloss.forecasting.curves.laws import Bought
    from isogloss.planning.budget.result import Plan
    from isogloss.planning.kinds import KindsPlan

ROW, HALF = 26, WIDTH // 2 - 130
BEFORE, AFTER, GUARANTEE = KIND_COLOURS[MEASURED], KIND_COLOURS[UNMEASURED], KIND_COLOURS[FAR]
KIND_OF_EXAMPLES = {"labelled": "#0072b2", "post-edited": "#009e73", "translated": "#e69f00", "generated": "#cc79a7"}
LINE_COLOURS = {ISOPERF: "#0072b2", ISOCOST: "#777777", PATH: "#d55e00"}
LINE_DASHES = {ISOPERF: [1, 0], ISOCOST: [5, 4], PATH: [2, 3]}


def plan_picture(plan: Plan, *, title: str | None = None) -> alt.VConcatChart:
    """Draw what is bought, the scores before and after, and what other ways to spend the budget would gain.

    Parameters
    ----------
    plan : isogloss.planning.budget.result.Plan
    title : str, optional

    Returns
    -------
    altair.VConcatChart
    """
    import altair as alt

    order = _order(plan)
    lines = [
        f"{plan.task} · {plan.model} · on top of {_short(plan.train)} · best {plan.objective.name}"
        + (" of lower ends" if plan.robust else ""),
        f"spent {plan.spent:,.6g} of {plan.budget:,.6g} {plan.currency}; {100 * plan.level:g} % intervals",
    ]
    far = [_name(row["target"]) for row in plan.forecasts.to_dicts() if OUTSIDE_MEASURED.intersection(row["flags"])]
    if far:
        lines.append(f"far from what was measured: {', '.join(far)}")
    top: Any = alt.hconcat(_bought(plan, order), _scores(plan, order), spacing=30)
    parts: Any = alt.vconcat(top.resolve_scale(color="independent"), _rivals(plan), spacing=24)
    parts = parts.resolve_scale(color="independent")
    return finished(parts, title or f"What {plan.budget:,.6g} {plan.currency} buy best", lines)


def kinds_picture(plan: KindsPlan, *, title: str | None = None) -> alt.LayerChart:
    """Draw the lines of the same score and of the same cost, and the path of best buys.

    Parameters
    ----------
    plan : isogloss.planning.kinds.KindsPlan
    title : str, optional

    Returns
    -------
    altair.LayerChart
    """
    import altair as alt

    bought = [one for one in (plan.cheapest, plan.best) if one is not None]
    highest = 1.6 * max([one.labelled for one in bought] or plan.lines["labelled"].head(1).to_list() or [1.0]) + 10
    shown = plan.lines.filter(pl.col("labelled") <= highest).with_columns(
        series=pl.format("{} {}", "line", pl.col("level").fill_null(-1.0))
    )
    names = [name for name in LINE_COLOURS if name in shown["line"]]
    looks: dict[str, Any] = {
        "color": alt.Color(
            "line:N", title=None,
            legend=alt.Legend(orient="top", symbolOpacity=1, symbolStrokeWidth=2.5, symbolSize=500),
            scale=palette({name: LINE_COLOURS[name] for name in names}),
        ),
        "strokeDash": alt.StrokeDash(
            "line:N", title=None, scale=alt.Scale(domain=names, range=[LINE_DASHES[name] for name in names])
        ),
    }  # fmt: skip
    across = alt.X(
        "translated:Q", title=f"translated examples of {_name(plan.target)}", axis=alt.Axis(format=",d", tickCount=8)
    )
    up = alt.Y(
        "labelled:Q", title="labelled examples", scale=alt.Scale(domain=[0, highest], nice=False),
        axis=alt.Axis(format=",d", tickCount=8),
    )  # fmt: skip
    base = alt.Chart(inline(shown.to_dicts())).mark_line(strokeWidth=2.5, clip=True)
    layers: list[Any] = [base.encode(x=across, y=up, detail="series:N", **looks)]
    layers += _points(plan, bought, across, up)
    subtitle = [
        f"{plan.task} · {plan.model} · beside {_short(plan.train)}, of which at most {plan.pivot:,} are translated",
        f"{plan.price_labelled:g} {plan.currency} for a labelled example, {plan.price_translated:g} for a translated",
    ]
    chart = alt.layer(*layers).properties(width=WIDTH - 120, height=400)
    return finished(chart, title or f"Label or translate {_name(plan.target)}?", subtitle)


def _points(plan: KindsPlan, bought: list[Bought], across: Any, up: Any) -> list[Any]:
    """What is bought, with its numbers and its cost below it."""
    import altair as alt

    rows = [
        {
            "translated": one.translated,
            "labelled": one.labelled,
            "said": f"{one.labelled:,.0f} labelled, {one.translated:,.0f} translated: {one.cost:,.6g} {plan.currency}",
        }
        for one in bought
    ]
    dots = alt.Chart(inline(rows)).encode(x=across, y=up)
    looks: list[dict[str, Any]] = [{"color": "white", "stroke": "white", "strokeWidth": 4}, {"color": INK}]
    said = [  # on white, to be read over lines
        dots.mark_text(align="left", dx=9, dy=25, fontSize=13, **look).encode(text="said:N") for look in looks
    ]
    return [dots.mark_point(size=120, color=INK, filled=True, opacity=1), *said]


def _order(plan: Plan) -> list[str]:
    """Names of the languages: those most is spent on first, then the other targets."""
    spent = plan.purchases.group_by("language", maintain_order=True).agg(pl.col("cost").sum())
    bought = spent.sort("cost", descending=True, maintain_order=True)["language"].to_list()
    others = [target for target in plan.forecasts["target"] if target not in bought]
    return [_name(code) for code in [*bought, *others]]


def _bought(plan: Plan, order: list[str]) -> Any:
    import altair as alt

    rows = [row | {"name": _name(row["language"])} for row in plan.purchases.to_dicts()]
    kinds = [kind for kind in KIND_OF_EXAMPLES if kind in plan.purchases["kind"]] or ["labelled"]
    legend = alt.Legend(orient="top", symbolOpacity=1) if len(kinds) > 1 else None
    y = alt.Y("name:N", sort=order, title=None, scale=alt.Scale(domain=order), axis=alt.Axis(labelLimit=160))
    bars = alt.Chart(inline(rows)).encode(y=y)
    scale = alt.Scale() if plan.spent else alt.Scale(domain=[0, plan.budget or 1])  # an axis needs a length
    drawn = bars.mark_bar(height=ROW - 12).encode(
        x=alt.X("cost:Q", title=f"spent, {plan.currency}", scale=scale, axis=alt.Axis(tickCount=5, grid=False)),
        color=alt.Color(
            "kind:N", title=None, legend=legend,
            scale=palette({kind: KIND_OF_EXAMPLES[kind] for kind in kinds}),
        ),
        tooltip=["name:N", "kind:N", alt.Tooltip("examples:Q", format=","), alt.Tooltip("cost:Q", format=",")],
    )  # fmt: skip
    totals = plan.purchases.group_by("language", maintain_order=True).agg(pl.col("examples", "cost").sum())
    said = [row | {"name": _name(row["language"])} for row in totals.to_dicts()]
    numbers = alt.Chart(inline(said)).mark_text(align="left", dx=5, color=INK, fontSize=12)
    labels = numbers.encode(y=y, x="cost:Q", text=alt.Text("examples:Q", format=","))
    named = alt.TitleParams(text="Examples to buy", anchor="start", fontSize=13)
    return alt.layer(drawn, labels).properties(width=HALF, height=ROW * len(order), title=named)


def _scores(plan: Plan, order: list[str]) -> Any:
    import altair as alt

    rows = [row | {"name": _name(row["target"])} for row in plan.forecasts.to_dicts()]
    values = [row[key] for row in rows for key in ("before", "after", "lower", "upper")]
    # Dots, unlike bars, may begin where the scores do.
    scale = alt.Scale(domain=[min(values), max(values)], nice=True, zero=False)
    base = alt.Chart(inline(rows)).encode(
        y=alt.Y(
            "name:N", sort=order, title=None, scale=alt.Scale(domain=order), axis=alt.Axis(labels=False, ticks=False)
        )
    )

    def x(field: str) -> Any:
        return alt.X(f"{field}:Q", scale=scale, axis=alt.Axis(title=plan.metric, tickCount=6))

    layers = [
        base.mark_rule(strokeWidth=6, opacity=0.2, color=AFTER).encode(x=x("lower"), x2="upper:Q"),
        base.mark_rule(strokeWidth=1.5, color=PALE_INK).encode(x=x("before"), x2="after:Q"),
        base.mark_point(size=60, color=BEFORE, opacity=1, filled=True).encode(x=x("before")),
        base.mark_point(size=80, color=AFTER, opacity=1, filled=True).encode(x=x("after")),
    ]
    said = "Forecast before (grey) and after (blue)"
    if plan.forecasts["guarantee"].is_not_null().any():
        layers.append(
            base.mark_tick(color=GUARANTEE, thickness=2.5, height=ROW - 10, opacity=1).encode(x=x("guarantee"))
        )
        said += ", guarantee (orange)"
    named = alt.TitleParams(text=said, anchor="start", fontSize=13)
    return alt.layer(*layers).properties(width=HALF, height=ROW * len(order), title=named)


def _rivals(plan: Plan) -> Any:
    import altair as alt

    shown = plan.rivals.filter(pl.col("plan") != "nothing").sort("gain", descending=True, maintain_order=True)
    # Numbers stand to the right of their bars, those below zero to the right of it.
    rows = [row | {"ours": row["plan"] == "this plan", "end": max(row["gain"], 0.0)} for row in shown.to_dicts()]
    y = alt.Y("plan:N", sort=shown["plan"].to_list(), title=None, axis=alt.Axis(labelLimit=220))
    gained, axis = f"gained in {plan.objective.name}", alt.Axis(grid=False, tickCount=8)
    base = alt.Chart(inline(rows)).encode(y=y, x=alt.X("gain:Q", title=gained, axis=axis))
    bars = base.mark_bar(height=ROW - 12).encode(
        color=alt.Color("ours:N", legend=None, scale=alt.Scale(domain=[True, False], range=[AFTER, BEFORE]))
    )
    numbers = base.mark_text(align="left", dx=5, color=INK, fontSize=12)
    numbers = numbers.encode(x=alt.X("end:Q", title=gained, axis=axis), text=alt.Text("gain:Q", format=".4f"))
    named = alt.TitleParams(text="The same budget spent otherwise", anchor="start", fontSize=13)
    return alt.layer(bars, numbers).properties(width=2 * HALF - 40, height=ROW * len(rows), title=named)


def _name(code: str) -> str:
    return resolve(code).name


def _short(mix: str) -> str:
    parts = mix.split(",")
    return mix or "nothing" if len(parts) <= 3 else f"{len(parts)} languages"
