"""Pictures of benchmarks: values with their intervals, in panels side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.common import ROOT

Values = Mapping[str, Sequence[float]]
"""By name: a mean, and the ends of its interval."""


def draw_intervals(
    name: str, title: str, said: str, panels: Mapping[str, Values], domain: tuple[float, float] | None = None
) -> None:
    """Draw docs/images/<name>.png: a panel with a head each, a line for each name, and a rule at 0."""
    import altair as alt

    from isogloss.charts import Canvas, save
    from isogloss.charts.canvas import inline

    canvas = Canvas(title=title)
    page = canvas.page(title, [said])
    names = list(dict.fromkeys(one for values in panels.values() for one in values))
    scale = alt.Scale(domain=list(domain)) if domain else alt.Scale()
    width = (page.width - 220) / len(panels)
    drawn = []
    for head, values in panels.items():
        rows = [dict(zip(("mean", "lower", "upper"), values[one], strict=True), name=one) for one in values]
        axis = alt.Axis(labels=not drawn, labelLimit=220, labelPadding=12, ticks=False)
        y = alt.Y("name:N", sort=names, scale=alt.Scale(domain=names), title=None, axis=axis)
        x = alt.X("lower:Q", scale=scale, axis=alt.Axis(tickCount=4, title=head))
        base = alt.Chart(inline(rows)).encode(y=y)
        zero = alt.Chart(inline([{"mean": 0}])).mark_rule(color=canvas.colours.measured).encode(x=alt.X("mean:Q"))
        bars = base.mark_rule(strokeWidth=3, color=canvas.colours.forecast).encode(x=x, x2="upper:Q")
        dots = base.mark_point(filled=True, opacity=1, size=90, color=canvas.colours.forecast).encode(x=alt.X("mean:Q"))
        drawn.append((zero + bars + dots).properties(width=width, height=page.height - 50))
    described = "; ".join(f"{head}, {one}: {list(values[one])}" for head, values in panels.items() for one in values)
    save(page.finish(alt.hconcat(*drawn), described), ROOT / "docs/images" / f"{name}.png")
