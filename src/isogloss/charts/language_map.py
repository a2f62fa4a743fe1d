"""Languages on a map of the world, coloured by family, script or another property."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from isogloss.charts.canvas import LABEL_SIZE, Canvas, inline, text_width
from isogloss.charts.placement import Box, place_labels
from isogloss.charts.projection import EqualEarth, world_map
from isogloss.errors import UnknownName
from isogloss.languages import Language
from isogloss.languages.measures import NO_FAMILIES

if TYPE_CHECKING:
    import altair as alt

COLOURS = (
    "#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#ee7733", "#009988", "#994455", "#77aa11",
    "#332288", "#dd99bb",
)  # fmt: skip
"""Paul Tol's bright and vibrant schemes and three of his others."""

NO_DESCENT = "no common descent"
REST, UNKNOWN = "all others", "not known"
REST_COLOUR, UNKNOWN_COLOUR = "#9a9a9a", "#cfcfcf"

BY = {
    "family": lambda row: _family(row),
    "script": lambda row: row["script"],
    "resource": lambda row: row["resource_class"],
    "scope": lambda row: row["scope"],
    "unspaced": lambda row: "without spaces" if row["unspaced"] else "with spaces",
}
"""What languages can be coloured by, and how it is read from the catalogue."""

ASPECT = 2.04
"""Width of the world against its height."""
LEGEND_TITLE, LEGEND_LINE, LEGEND_COLUMNS = 28.0, 20.0, 4
"""Units below the map for the word above the colours, and for each line of them."""
FULL_SIZE_TO = 60
"""Languages up to which dots are large."""
FARTHEST = 22.0
"""Units at which a name may stand from its dot."""
MOST_NAMED = 25
"""Languages up to which each is named beside its dot, where there is room."""


def draw_languages(
    languages: Iterable[str | Language] | None = None, *, colour: str = "family", canvas: Canvas | None = None
) -> alt.LayerChart:
    """Draw languages as dots on a map of the world.

    Parameters
    ----------
    languages : iterable of str or Language, optional
        By default every language of ISO 639-3.
    colour : {"family", "script", "resource", "scope", "unspaced"}, default "family"
        What the colours tell. The twelve most frequent have colours of their own, the rest are grey.
    canvas : Canvas, optional

    Returns
    -------
    altair.LayerChart

    Raises
    ------
    UnknownName
        If `colour` is none of these.
    UnknownLanguage

    Notes
    -----
    A language is a point in the middle of where it is spoken. A line counts those without a known place. The map is
    of the part of the world in which the languages lie, and of the whole world where none are named.
    """
    from isogloss.languages import table
    from isogloss.languages.catalogue import entries

    if colour not in BY:
        raise UnknownName("colour", colour, BY)
    rows = (table() if languages is None else entries(languages)).to_dicts()
    placed = [row for row in rows if row["latitude"] is not None and row["longitude"] is not None]
    dots, groups = _grouped(placed, colour)
    canvas = canvas or Canvas()
    lost = len(rows) - len(placed)
    line = f"{len(placed):,} languages with a known place" + (f"; {lost:,} without one are not drawn" if lost else "")
    page = canvas.page(f"Languages by {colour}", [line])
    height = page.height - LEGEND_TITLE - LEGEND_LINE * math.ceil(len(groups) / LEGEND_COLUMNS)
    if languages is None or not placed:
        world = EqualEarth.whole(min(page.width, ASPECT * height))
    else:
        world = EqualEarth.cropped([(row["longitude"], row["latitude"]) for row in placed], page.width, height)
    named = _names(dots, world, canvas) if len(dots) <= MOST_NAMED else []
    chart = world_map(world, canvas.colours, _points(dots, groups, colour, canvas), *named)
    return page.finish(chart, f"{line}. By {colour}: {'; '.join(group for group, _ in groups)}.")


def _family(row: dict[str, Any]) -> str | None:
    """The family, an isolate's own name, or what Glottolog files together without a common ancestor as one."""
    if not row["glottocode"]:
        return None
    top = row["family"][0] if row["family"] else row["name"]
    return NO_DESCENT if top in NO_FAMILIES else str(top)


def _grouped(rows: list[dict[str, Any]], colour: str) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    """Dots with their group, and (group, colour), the most frequent first."""
    values = [BY[colour](row) or UNKNOWN for row in rows]
    counts = Counter(value for value in values if value != UNKNOWN)
    frequent = [value for value, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[: len(COLOURS)]]
    labels = {value: f"{value} ({counts[value]:,})" for value in frequent}
    rest = sum(counts.values()) - sum(counts[value] for value in frequent)
    labels |= {UNKNOWN: UNKNOWN}
    others = f"{REST} ({rest:,})"
    dots = [
        {
            "language": row["language"],
            "name": row["name"],
            "value": value,
            "group": labels.get(value, others),
            "longitude": row["longitude"],
            "latitude": row["latitude"],
        }
        for row, value in zip(rows, values, strict=True)
    ]
    groups = [(labels[value], shade) for value, shade in zip(frequent, COLOURS, strict=False)]
    groups += [(others, REST_COLOUR)] if rest else []
    groups += [(UNKNOWN, UNKNOWN_COLOUR)] if UNKNOWN in values else []
    order = {group: place for place, (group, _) in enumerate(groups)}
    return sorted(dots, key=lambda dot: -order[dot["group"]]), groups  # the frequent ones are drawn on top


def _names(dots: list[dict[str, Any]], world: EqualEarth, canvas: Canvas) -> list[alt.Chart]:
    """The names of languages beside their dots, each where it finds a free place."""
    import altair as alt

    points = [world.project(dot["longitude"], dot["latitude"]) for dot in dots]
    widths = [text_width(dot["name"]) + 3 for dot in dots]
    places = place_labels(points, widths, LABEL_SIZE + 2.0, Box(0, 0, world.width, world.height), farthest=FARTHEST)
    rows = [
        {"name": dot["name"], "x": place.x, "y": place.y}
        for dot, place in zip(dots, places, strict=True)
        if place is not None
    ]
    text = alt.Chart(inline(rows)).encode(
        x=alt.X("x:Q", scale=None, axis=None), y=alt.Y("y:Q", scale=None, axis=None), text=alt.Text("name:N")
    )
    font: dict[str, Any] = {"align": "left", "baseline": "middle", "fontSize": LABEL_SIZE}
    ground = text.mark_text(**font, stroke=canvas.colours.background, strokeWidth=3.5, strokeJoin="round", opacity=0.8)
    return [ground, text.mark_text(**font, color=canvas.colours.ink)]


def _points(dots: list[dict[str, Any]], groups: list[tuple[str, str]], colour: str, canvas: Canvas) -> alt.Chart:
    import altair as alt

    few = len(dots) <= FULL_SIZE_TO
    legend = alt.Legend(
        title=colour,
        orient="bottom",
        columns=LEGEND_COLUMNS,
        labelLimit=0,
        symbolSize=70,
        symbolOpacity=1,
        symbolType="circle",
    )
    return (
        alt.Chart(inline(dots))
        .mark_circle(
            size=90 if few else 11,
            opacity=1 if few else 0.75,
            stroke=canvas.colours.ink if few else None,
            strokeWidth=0.6,
        )
        .encode(
            longitude=alt.Longitude("longitude:Q"),
            latitude=alt.Latitude("latitude:Q"),
            color=alt.Color(
                "group:N",
                sort=list(dict(groups)),
                scale=alt.Scale(domain=list(dict(groups)), range=list(dict(groups).values())),
                legend=legend,
            ),
            tooltip=[
                alt.Tooltip("name:N", title="language"),
                alt.Tooltip("language:N", title="id"),
                alt.Tooltip("value:N", title=colour),
            ],
        )
    )
