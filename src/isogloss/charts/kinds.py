"""Where forecasts are good: errors and coverage by family, script, resources and nearness of the language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from isogloss.charts.dots import ON_TRIAL, PANEL, ROW_HEIGHT, dots_on_intervals, told_coverage, told_errors

MOST_VALUES = 10
"""Families and scripts shown; of more, those with most languages."""
TITLES = {
    "family": "By family",
    "script": "By script",
    "resources": "By how much web text there is",
    "nearness": "By distance to the nearest measured language",
}


def kinds_panels(kinds: pl.DataFrame, *, names: Mapping[str, str], level: float | None, unit: str) -> Any:
    """Two panels for every kind: errors, and coverage of the forecaster on trial.

    Parameters
    ----------
    kinds : polars.DataFrame
        `kind`, `value`, `forecaster`, `role`, and the columns of `scoring.errors` and `scoring.coverage`.
    names : mapping of str to str
        Role to what the legend calls it.
    level : float or None
        Of the intervals; without one, there is no panel for coverage.
    unit : str
        Of the errors.

    Returns
    -------
    altair.VConcatChart
        Without title and look, to be part of a larger picture.
    """
    import altair as alt

    panels = []
    for kind in kinds["kind"].unique(maintain_order=True):
        rows = _rows(kinds.filter(pl.col("kind") == kind))
        order = list(dict.fromkeys(row["label"] for row in rows))
        pair = [_errors(rows, order, names, TITLES.get(kind, f"By {kind}"), unit)]
        if level is not None:
            pair.append(_coverage([row for row in rows if row["role"] == ON_TRIAL], order, names, level))
        panels.append(alt.hconcat(*pair, spacing=26))
    return alt.vconcat(*panels, spacing=22).resolve_scale(color="shared", shape="shared")


def _rows(found: pl.DataFrame) -> list[dict[str, Any]]:
    """The values with most groups, these in brackets; classes, which are numbered, in their order."""
    sizes = found.group_by("value").agg(pl.col("groups").max()).sort(["groups", "value"], descending=[True, False])
    most = dict(sizes.head(MOST_VALUES).rows())
    numbered = all(value[:1].isdigit() for value in most)
    place = {value: position for position, value in enumerate(sorted(most) if numbered else most)}
    kept = [row for row in found.iter_rows(named=True) if row["value"] in most]
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
    layers = dots_on_intervals(rows, "mae", y, axis=axis, told=told_errors(unit), names=names)
    named = alt.TitleParams(text=title, anchor="start", fontSize=13, offset=6)
    return layers.properties(width=PANEL, height=_height(order, names), title=named)


def _coverage(rows: Sequence[Mapping[str, Any]], order: list[str], names: Mapping[str, str], level: float) -> Any:
    import altair as alt

    trial = rows[0]["forecaster"] if rows else ""
    y = alt.Y("label:N", sort=order, axis=alt.Axis(title=None, ticks=False, labels=False, grid=True))
    axis = alt.Axis(title=f"coverage of {100 * level:g} % intervals of {trial}", format=".0%", tickCount=5)
    layers = dots_on_intervals(
        rows, "coverage", y, axis=axis, told=told_coverage(), domain=(0, 1), rule=level, names=names
    )
    return layers.properties(width=PANEL * 0.6, height=_height(order, names))


def _height(order: Sequence[str], names: Mapping[str, str]) -> float:
    return len(order) * (ROW_HEIGHT if len(names) == 1 else 1.5 * ROW_HEIGHT)
