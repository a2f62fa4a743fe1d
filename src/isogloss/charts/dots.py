"""Dots on intervals: estimates of errors or shares, coloured by the role of a forecaster."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from isogloss.charts.style import INK, inline, palette

if TYPE_CHECKING:
    import altair as alt

CANDIDATE, STRONGEST, OTHER = "candidate", "strongest baseline", "others"
ROLE_COLOURS = {CANDIDATE: "#0072b2", STRONGEST: "#d55e00", OTHER: "#777777"}
"""From the palette of Okabe and Ito, which people with any colour vision tell apart."""
ROLE_SHAPES = {CANDIDATE: "circle", STRONGEST: "diamond", OTHER: "square"}
ROW_HEIGHT = 22
PANEL = 330


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
        ),
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
