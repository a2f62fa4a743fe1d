"""Dots on intervals: errors and coverage of forecasters in a benchmark, and error by number of anchors."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from isogloss.charts.canvas import inline
from isogloss.charts.style import INK, finished, palette
from isogloss.errors import BadValue

if TYPE_CHECKING:
    import altair as alt

    from isogloss.evaluation.benchmark import Benchmark

CANDIDATE, STRONGEST, OTHER = "candidate", "strongest baseline", "others"
ROLE_COLOURS = {CANDIDATE: "#0072b2", STRONGEST: "#d55e00", OTHER: "#777777"}
"""From the palette of Okabe and Ito, which people with any colour vision tell apart."""
ROLE_SHAPES = {CANDIDATE: "circle", STRONGEST: "diamond", OTHER: "square"}
ROW_HEIGHT = 22
PANEL = 330
LINE_COLOURS = (ROLE_COLOURS[CANDIDATE], "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#777777", "#d55e00", "#f0e442")


def errors_plot(benchmark: Benchmark, protocol: str, *, title: str | None = None) -> alt.HConcatChart:
    """Mean absolute errors and coverage of every forecaster under one protocol, as dots on 95 % intervals.

    Parameters
    ----------
    benchmark : isogloss.evaluation.benchmark.Benchmark
    protocol : str
    title : str, optional
        By default what the protocol leaves out.

    Returns
    -------
    altair.HConcatChart
        A row per table and condition: errors left, coverage right, with a line at the level.

    Raises
    ------
    BadValue
        If nothing was answered under the protocol.
    """
    import altair as alt

    rows = _summary_rows(benchmark, protocol)
    panels = [_error_panel(rows)]
    coverage = benchmark.coverage().filter(pl.col("protocol") == protocol)
    panels += [_coverage_panel(coverage, rows, level) for level in benchmark.levels]
    parts: Any = alt.hconcat(*panels, spacing=26).resolve_scale(color="shared", shape="shared")
    return finished(parts, title or benchmark.protocols[protocol], [_subtitle(protocol)])


def conditions_plot(benchmark: Benchmark, protocol: str, *, title: str | None = None) -> alt.FacetChart:
    """Error against the number that the conditions of a protocol begin with, such as that of anchors.

    Parameters are those of `errors_plot`. The candidate has a band, the 95 % interval of its error.

    Raises
    ------
    BadValue
        If the protocol has no such conditions, or nothing was answered.
    """
    import altair as alt

    split = [(row, *row["condition"].partition(" ")[::2]) for row in _summary_rows(benchmark, protocol)]
    rows = [{**row, "number": int(number), "panel": row["table"]} for row, number, _ in split if number.isdigit()]
    if not rows:
        raise BadValue(f"protocol '{protocol}' has no numbered conditions", hint="draw it with errors_plot")
    numbers = sorted({row["number"] for row in rows})
    x = alt.X("number:Q", title=split[0][2], axis=alt.Axis(values=numbers, grid=False))
    y: dict[str, Any] = {"title": f"mean absolute error, {rows[0]['unit']}", "scale": alt.Scale(zero=True)}
    names = [name for name in benchmark.forecasters if any(row["forecaster"] == name for row in rows)]
    colour = alt.Color(
        "forecaster:N", title=None, scale=alt.Scale(domain=names, range=LINE_COLOURS[: len(names)]),
        legend=alt.Legend(orient="top", symbolOpacity=1, labelLimit=0),
    )  # fmt: skip
    lines = alt.Chart().encode(x=x, y=alt.Y("mae:Q", **y), color=colour, tooltip=error_tooltip(rows[0]["unit"]))
    band = (
        alt.Chart()
        .mark_area(opacity=0.18, color=ROLE_COLOURS[CANDIDATE])
        .encode(x=x, y=alt.Y("mae_low:Q", **y), y2=alt.Y2("mae_high:Q"))
        .transform_filter(alt.datum.role == CANDIDATE)
    )
    layers: Any = alt.layer(
        band, lines.mark_line(strokeWidth=2.5), lines.mark_point(filled=True, size=60, opacity=1), data=inline(rows)
    ).properties(width=260, height=220)
    facet = alt.Facet("panel:N", header=alt.Header(title=None, labelFontSize=13, labelFontWeight="bold"))
    return finished(layers.facet(facet=facet, columns=3), title or benchmark.protocols[protocol], [_subtitle(protocol)])


def _summary_rows(benchmark: Benchmark, protocol: str) -> list[dict[str, Any]]:
    summary = benchmark.summary.filter(pl.col("protocol") == protocol)
    if summary.is_empty():
        raise BadValue(f"nothing was answered under the protocol '{protocol}'", hint="draw one that was")
    rows = []
    for row in summary.iter_rows(named=True):
        role = (
            CANDIDATE
            if row["forecaster"] == benchmark.forecasters[0]
            else STRONGEST
            if row["strongest_baseline"]
            else OTHER
        )
        rows.append({**row, "role": role, "panel": _panel(row)})
    return rows


def _error_panel(rows: Sequence[Mapping[str, Any]]) -> Any:
    import altair as alt

    axis = alt.Axis(title=f"mean absolute error, {rows[0]['unit']}", tickCount=6)
    layers = dots_on_intervals(rows, "mae", _forecasters(rows), axis=axis, tooltip=error_tooltip(rows[0]["unit"]))
    return _one_below_the_other(layers, rows, width=PANEL, named=True)


def _coverage_panel(coverage: pl.DataFrame, summary: Sequence[Mapping[str, Any]], level: float) -> Any:
    import altair as alt

    roles = {(row["panel"], row["forecaster"]): row["role"] for row in summary}
    rows = [
        {**row, "panel": _panel(row), "role": roles[_panel(row), row["forecaster"]]}
        for row in coverage.filter(pl.col("level") == level).iter_rows(named=True)
    ]
    axis = alt.Axis(title=f"coverage of {100 * level:g} % intervals", format=".0%", tickCount=5)
    layers = dots_on_intervals(
        rows, "coverage", _forecasters(summary, labels=False), axis=axis, tooltip=coverage_tooltip(), domain=(0, 1),
        rule=level,
    )  # fmt: skip
    return _one_below_the_other(layers, summary, width=0.6 * PANEL, named=False)


def _one_below_the_other(layers: Any, rows: Sequence[Mapping[str, Any]], *, width: float, named: bool) -> Any:
    """One panel per table and condition."""
    import altair as alt

    # Hidden names keep their place, so that the rows of two plots side by side line up.
    header = alt.Header(
        title=None, labelOrient="top", labelAnchor="start", labelFontSize=13, labelPadding=4, labelFontWeight="bold",
        labelColor=INK if named else "transparent", labelLimit=0 if named else int(width),
    )  # fmt: skip
    row = alt.Row("panel:N", sort=list(dict.fromkeys(row["panel"] for row in rows)), header=header)
    # Flush, because labels outside a panel would move the rows of this plot and not those of the other.
    return layers.properties(width=width, height=alt.Step(ROW_HEIGHT)).facet(row=row, spacing=34, bounds="flush")


def _forecasters(rows: Sequence[Mapping[str, Any]], *, labels: bool = True) -> Any:
    """A line per forecaster, in the same order in all panels: that of their mean errors."""
    import altair as alt

    errors: dict[str, list[float]] = {}
    for row in rows:
        errors.setdefault(row["forecaster"], []).append(row["mae"])
    order = sorted(errors, key=lambda name: sum(errors[name]) / len(errors[name]))
    axis = alt.Axis(title=None, ticks=False, labels=labels, grid=True, labelLimit=160, minExtent=90 if labels else 0)
    return alt.Y("forecaster:N", sort=order, axis=axis)


def _panel(row: Mapping[str, Any]) -> str:
    return " · ".join(part for part in (row["table"], row["condition"]) if part)


def _subtitle(protocol: str) -> str:
    return f"protocol {protocol}; dots on 95 % intervals over what counts once"


def dots_on_intervals(
    rows: Sequence[Mapping[str, Any]],
    value: str,
    y: Any,
    *,
    axis: alt.Axis,
    tooltip: Sequence[Any],
    domain: tuple[float, float] | None = None,
    rule: float | None = None,
    names: Mapping[str, str] | None = None,
) -> Any:
    """Dots, each on its interval, coloured by role.

    Parameters
    ----------
    rows : sequence of mappings
        With `role`, `value`, `<value>_low` and `<value>_high`; the last two may be null.
    value : str
    y : altair.Y
        One line per dot, or per group of dots.
    axis : altair.Axis
    tooltip : sequence of altair.Tooltip
    domain : (float, float), optional
        Ends of the axis; by default from 0 as far as needed.
    rule : float, optional
        Where to draw a dashed line.
    names : mapping of str to str, optional
        Roles and their names in the legend. The dots of a line are then offset by role.
    """
    import altair as alt

    scale = alt.Scale(domain=list(domain), nice=False) if domain else alt.Scale(zero=True)
    roles = [role for role in ROLE_COLOURS if names is None or role in names]
    label = f"({json.dumps(names)})[datum.label]" if names else alt.Undefined
    legend: Any = None
    if len(roles) > 1:
        legend = alt.Legend(orient="top", direction="horizontal", symbolOpacity=1, labelLimit=0, labelExpr=label)
    looks: dict[str, Any] = {
        "color": alt.Color(
            "role:N", title=None, legend=legend,
            scale=palette({role: ROLE_COLOURS[role] for role in roles}),
        ),
        **({"yOffset": alt.YOffset("role:N", scale=alt.Scale(domain=roles, paddingOuter=0.6))} if names else {}),
    }  # fmt: skip
    shape = alt.Shape(
        "role:N", title=None, legend=legend,
        scale=palette({role: ROLE_SHAPES[role] for role in roles}),
    )  # fmt: skip
    base = alt.Chart().encode(y=y, tooltip=list(tooltip))
    layers = [
        base.mark_point(filled=True, size=75, opacity=1).encode(
            x=alt.X(f"{value}:Q", scale=scale, axis=axis), shape=shape, **looks
        )
    ]
    if any(row[f"{value}_low"] is not None for row in rows):
        ends = {"x": alt.X(f"{value}_low:Q", scale=scale, axis=axis), "x2": f"{value}_high:Q"}
        layers.insert(0, base.mark_rule(strokeWidth=5, opacity=0.35).encode(**ends, **looks))
    if rule is not None:
        layers.insert(0, alt.Chart().mark_rule(color=INK, strokeDash=[4, 3]).encode(x=alt.datum(rule, scale=scale)))
    return alt.layer(*layers, data=inline([dict(row) for row in rows]))


def error_tooltip(unit: str) -> list[Any]:
    """Tooltip of an error."""
    import altair as alt

    return [
        alt.Tooltip("forecaster:N"),
        alt.Tooltip("mae:Q", title=f"error, {unit}", format=".2f"),
        alt.Tooltip("mae_low:Q", title="from", format=".2f"),
        alt.Tooltip("mae_high:Q", title="to", format=".2f"),
        alt.Tooltip("groups:Q", title="counted"),
    ]


def coverage_tooltip() -> list[Any]:
    """Tooltip of a coverage."""
    import altair as alt

    return [
        alt.Tooltip("forecaster:N"),
        alt.Tooltip("coverage:Q", format=".1%"),
        alt.Tooltip("coverage_low:Q", title="from", format=".1%"),
        alt.Tooltip("coverage_high:Q", title="to", format=".1%"),
        alt.Tooltip("mean_width:Q", title="mean width", format=".1f"),
        alt.Tooltip("groups:Q", title="counted"),
    ]
