"""Map and intervals of the same forecasts in one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isogloss.charts.intervals import interval_layers
from isogloss.charts.rows import describe, forecast_rows, measured_rows
from isogloss.charts.style import heading, styled
from isogloss.charts.world import absent, map_layers

if TYPE_CHECKING:
    import altair as alt
    import polars as pl


def forecast_picture(
    forecasts: pl.DataFrame,
    measured: pl.DataFrame | None = None,
    *,
    score: str = "score",
    title: str | None = None,
) -> alt.VConcatChart:
    """Draw forecasts on a map and, below it, as dots on their intervals.

    Parameters and errors are those of `isogloss.charts.forecast_map`.
    """
    import altair as alt

    rows, known = forecast_rows(forecasts), measured_rows(measured)
    title = title or f"Forecast {score} in {len(rows)} language{'' if len(rows) == 1 else 's'}"
    parts: Any = alt.vconcat(map_layers(rows, known, score), interval_layers(rows, score), spacing=24)
    apart: Any = dict.fromkeys(("color", "fill", "shape", "size", "stroke"), "independent")
    parts = parts.resolve_scale(**apart)
    chart: alt.VConcatChart = styled(parts.properties(title=heading(title, [describe(rows), *absent(rows, known)])))
    return chart
