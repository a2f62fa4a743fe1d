"""Where forecasts can be believed: coverage against what was promised, errors and coverage by kind of language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from isogloss.charts.dots import ON_TRIAL, PANEL, ROLE_COLOURS, told_coverage
from isogloss.charts.kinds import kinds_panels
from isogloss.charts.style import INK, heading, inline, styled

if TYPE_CHECKING:
    import altair as alt

    from isogloss.evaluation.trust import Trust


def trust_picture(trust: Trust, *, title: str | None = None) -> alt.VConcatChart:
    """Draw how far forecasts can be believed.

    Parameters
    ----------
    trust : isogloss.evaluation.trust.Trust
    title : str, optional

    Returns
    -------
    altair.VConcatChart
    """
    import altair as alt

    lines = [
        f"{trust.task} · {trust.model} · {trust.forecaster} · protocol {trust.protocol}",
        "Dots on 95 % intervals; the number of languages is in brackets.",
    ]
    kinds = trust.kinds.with_columns(role=pl.lit(ON_TRIAL), forecaster=pl.lit(trust.forecaster))
    panels = kinds_panels(kinds, names={ON_TRIAL: trust.forecaster}, level=trust.level, unit=trust.unit)
    parts: Any = alt.vconcat(_calibration(trust), panels, spacing=24)
    named = heading(title or "Where can forecasts be believed?", lines)
    chart: alt.VConcatChart = styled(parts.properties(title=named))
    return chart


def _calibration(trust: Trust) -> Any:
    """Coverage against level: on the line is as promised, below it too narrow."""
    import altair as alt

    rows = trust.calibration.with_columns(forecaster=pl.lit(trust.forecaster)).to_dicts()
    colour = ROLE_COLOURS[ON_TRIAL]
    scale = alt.Scale(domain=[0, 1], nice=False)
    x = alt.X(
        "level:Q",
        scale=scale,
        axis=alt.Axis(title="level asked for", format=".0%", values=list(trust.calibration["level"])),
    )
    axis = alt.Axis(title="scores inside their interval", format=".0%", tickCount=5)
    base = alt.Chart(inline(rows)).encode(x=x, tooltip=told_coverage())
    line = alt.Chart(inline([{"level": end, "coverage": end} for end in (0.0, 1.0)])).mark_line(
        color=INK, strokeDash=[4, 3], strokeWidth=1
    )
    layers: Any = alt.layer(
        line.encode(x=x, y=alt.Y("coverage:Q", scale=scale, axis=axis)),
        base.mark_rule(strokeWidth=5, opacity=0.35, color=colour).encode(
            y=alt.Y("coverage_low:Q", scale=scale, axis=axis), y2="coverage_high:Q"
        ),
        base.mark_point(filled=True, size=75, opacity=1, color=colour).encode(
            y=alt.Y("coverage:Q", scale=scale, axis=axis)
        ),
    )
    named = alt.TitleParams(text="Do intervals hold as often as they promise?", anchor="start", fontSize=13, offset=6)
    return layers.properties(width=PANEL, height=0.7 * PANEL, title=named)
