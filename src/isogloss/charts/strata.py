"""Errors and coverage of a benchmark by stratum of language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from isogloss.charts.benchmark import (
    CANDIDATE,
    PANEL,
    ROW_HEIGHT,
    STRONGEST,
    coverage_tooltip,
    dots_on_intervals,
    error_tooltip,
)
from isogloss.charts.style import finished, panel_title
from isogloss.errors import BadValue

if TYPE_CHECKING:
    import altair as alt

    from isogloss.evaluation import Benchmark

MOST_VALUES = 10
"""Families and scripts shown; of more, those with most languages."""
TITLES = {
    "family": "By family",
    "script": "By script",
    "resources": "By how much web text there is",
    "nearness": "By distance to the nearest measured language",
}


def strata_plot(benchmark: Benchmark, protocol: str, *, title: str | None = None) -> alt.VConcatChart:
    """Errors and coverage of the candidate and its strongest baseline by family, script, web text and nearness.

    Parameters are those of `errors_plot`. All tables count together; of several conditions the last is shown.

    Raises
    ------
    BadValue
        If nothing was answered under the protocol.
    """
    strata = benchmark.strata.filter(pl.col("protocol") == protocol)
    if strata.is_empty():
        raise BadValue(f"nothing was answered under the protocol '{protocol}'", hint="draw one that was")
    last = strata["condition"].unique(maintain_order=True)[-1]
    roles = {benchmark.forecasters[0]: CANDIDATE, **_strongest_baseline(benchmark, protocol)}
    shown = strata.filter((pl.col("condition") == last) & pl.col("forecaster").is_in(list(roles)))
    subtitle = "Dots on 95 % intervals; the number of languages, or of whatever counts once, is in brackets."
    panels = _strata_panels(
        shown.with_columns(role=pl.col("forecaster").replace_strict(roles, return_dtype=pl.String)),
        names={role: f"{name}, {role}" for name, role in roles.items()},
        level=benchmark.levels[0] if benchmark.levels else None,
        unit=benchmark.questions.filter(pl.col("protocol") == protocol)["unit"][0],
    )
    return finished(panels, title or benchmark.protocols[protocol], [subtitle, last] if last else [subtitle])


def _strongest_baseline(benchmark: Benchmark, protocol: str) -> dict[str, str]:
    """The baseline that errs least on average over tables, with its role; none where none answered all."""
    baseline = (pl.col("forecaster") != benchmark.forecasters[0]) & pl.col("complete")
    rows = benchmark.summary.filter((pl.col("protocol") == protocol) & baseline)
    means = rows.group_by("forecaster", maintain_order=True).agg(pl.col("mae").mean())
    return dict.fromkeys(means.sort("mae", maintain_order=True)["forecaster"][:1], STRONGEST)


def _strata_panels(strata: pl.DataFrame, *, names: Mapping[str, str], level: float | None, unit: str) -> Any:
    """Two panels per stratum: errors, and coverage of the candidate (without a level, errors alone).

    `strata` has `stratum`, `value`, `forecaster`, `role`, and the columns of `scoring.errors` and `scoring.coverage`;
    `names` are what the legend calls roles.
    """
    import altair as alt

    panels = []
    for stratum in strata["stratum"].unique(maintain_order=True):
        rows = _rows(strata.filter(pl.col("stratum") == stratum))
        order = list(dict.fromkeys(row["label"] for row in rows))
        pair = [_errors(rows, order, names, TITLES.get(stratum, f"By {stratum}"), unit)]
        if level is not None:
            pair.append(_coverage([row for row in rows if row["role"] == CANDIDATE], order, names, level))
        panels.append(alt.hconcat(*pair, spacing=26))
    return alt.vconcat(*panels, spacing=22).resolve_scale(color="shared", shape="shared")


def _rows(strata: pl.DataFrame) -> list[dict[str, Any]]:
    """The values with most groups, their number in brackets; numbered classes in their order."""
    sizes = strata.group_by("value").agg(pl.col("groups").max()).sort(["groups", "value"], descending=[True, False])
    most = dict(sizes.head(MOST_VALUES).rows())
    numbered = all(value[:1].isdigit() for value in most)
    place = {value: position for position, value in enumerate(sorted(most) if numbered else most)}
    kept = [row for row in strata.iter_rows(named=True) if row["value"] in most]
    return [
        {**row, "label": f"{row['value'][2:] if numbered else row['value']} ({most[row['value']]})"}
        for row in sorted(kept, key=lambda row: place[row["value"]])
    ]


def _errors(
    rows: Sequence[Mapping[str, Any]], order: list[str], names: Mapping[str, str], title: str, unit: str
) -> Any:
    import altair as alt

    y = alt.Y("label:N", sort=order, axis=alt.Axis(title=None, ticks=False, grid=True, labelLimit=230, minExtent=200))
    axis = alt.Axis(title=f"mean absolute error, {unit}", tickCount=6)
    layers = dots_on_intervals(rows, "mae", y, axis=axis, tooltip=error_tooltip(unit), names=names)
    return layers.properties(width=PANEL, height=_height(order, names), title=panel_title(title))


def _coverage(rows: Sequence[Mapping[str, Any]], order: list[str], names: Mapping[str, str], level: float) -> Any:
    import altair as alt

    candidate = rows[0]["forecaster"] if rows else ""
    y = alt.Y("label:N", sort=order, axis=alt.Axis(title=None, ticks=False, labels=False, grid=True))
    axis = alt.Axis(title=f"coverage of {100 * level:g} % intervals of {candidate}", format=".0%", tickCount=5)
    layers = dots_on_intervals(
        rows, "coverage", y, axis=axis, tooltip=coverage_tooltip(), domain=(0, 1), rule=level, names=names
    )
    return layers.properties(width=PANEL * 0.6, height=_height(order, names))


def _height(order: Sequence[str], names: Mapping[str, str]) -> float:
    return len(order) * (ROW_HEIGHT if len(names) == 1 else 1.5 * ROW_HEIGHT)
