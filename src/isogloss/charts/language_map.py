"""Languages on a map of the world, coloured by family, script or another property."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from isogloss.charts.canvas import Canvas, inline
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

ASPECT, LEGEND = 2.04, 88.0
"""Width of the world against its height, and units below it for the colours."""
FULL_SIZE_TO = 60
"""Languages up to which dots are large."""


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
    A language is a point in the middle of where it is spoken. A line counts those without a known place.
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
    world = EqualEarth.whole(min(page.width, ASPECT * (page.height - LEGEND)))
    chart = world_map(world, canvas.colours, _points(dots, groups, colour, canvas))
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


def _points(dots: list[dict[str, Any]], groups: list[tuple[str, str]], colour: str, canvas: Canvas) -> alt.Chart:
    import altair as alt

    few = len(dots) <= FULL_SIZE_TO
    legend = alt.Legend(
        title=colour, orient="bottom", columns=4, labelLimit=0, symbolSize=70, symbolOpacity=1, symbolType="circle"
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
            longitude="longitude:Q",
            latitude="latitude:Q",
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
