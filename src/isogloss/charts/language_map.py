"""Languages on a map of the world in the Equal Earth projection, coloured by family, script or another property.

Places are projected here as the drawing library does it, so that labels can be placed first.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isogloss.charts.style import INK, LAND, WIDTH, finished, inline, palette
from isogloss.errors import UnknownName
from isogloss.languages import Language
from isogloss.languages.measures import NO_FAMILIES

if TYPE_CHECKING:
    import altair as alt

LAND_FILE = Path(__file__).parent / "data" / "land-110m.json"
COEFFICIENTS = 1.340264, -0.081106, 0.000893, 0.003796
HALF_ROOT_3 = math.sqrt(3) / 2
HALF_WIDTH = 2.7066
"""Of the world, at scale 1."""
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

FULL_SIZE_TO = 60
"""Languages up to which dots are large."""


def map_of_languages(
    languages: Iterable[str | Language] | None = None, *, colour: str = "family", title: str | None = None
) -> alt.LayerChart:
    """Draw languages as dots on a map of the world.

    Parameters
    ----------
    languages : iterable of str or Language, optional
        By default every language of ISO 639-3.
    colour : {"family", "script", "resource", "scope", "unspaced"}, default "family"
        What the colours tell. The twelve most frequent have colours of their own, the rest are grey.
    title : str, optional

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
    A language is a point in the middle of where it is spoken. The title counts those without a known place.
    """

    from isogloss.languages import table
    from isogloss.languages.catalogue import entries

    if colour not in BY:
        raise UnknownName("colour", colour, BY)
    rows = (table() if languages is None else entries(languages)).to_dicts()
    placed = [row for row in rows if row["latitude"] is not None and row["longitude"] is not None]
    dots, groups = _grouped(placed, colour)
    chart = world_map(EqualEarth(WIDTH), _points(dots, groups, colour))
    lost = len(rows) - len(placed)
    line = f"{len(placed):,} languages with a known place" + (f"; {lost:,} without one are not drawn" if lost else "")
    return finished(chart, title or f"Languages by {colour}", [line])


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


def _points(dots: list[dict[str, Any]], groups: list[tuple[str, str]], colour: str) -> alt.Chart:
    import altair as alt

    few = len(dots) <= FULL_SIZE_TO
    legend = alt.Legend(
        title=colour, orient="bottom", columns=4, labelLimit=0, symbolSize=70, symbolOpacity=1, symbolType="circle"
    )
    return (
        alt.Chart(inline(dots))
        .mark_circle(size=90 if few else 11, opacity=1 if few else 0.75, stroke=INK if few else None, strokeWidth=0.6)
        .encode(
            longitude="longitude:Q",
            latitude="latitude:Q",
            color=alt.Color("group:N", sort=list(dict(groups)), scale=palette(dict(groups)), legend=legend),
            tooltip=[
                alt.Tooltip("name:N", title="language"),
                alt.Tooltip("language:N", title="id"),
                alt.Tooltip("value:N", title=colour),
            ],
        )
    )


@dataclass(frozen=True)
class EqualEarth:
    """Equal Earth over a width in pixels.

    Parameters
    ----------
    width : float
        Of the whole world, in pixels.
    north, south : float
        Latitudes at the upper and the lower edge, in degrees.
    middle : float, default 11
        Longitude in the middle; 11 degrees east cuts the world in the Bering Strait and not through Chukotka.

    Notes
    -----
    Šavrič, Patterson and Jenny (2019), "The Equal Earth map projection", International Journal of Geographical
    Information Science 33(3): with sin t = sqrt(3)/2 sin(latitude),
    x = 2 sqrt(3) longitude cos t / (3 (9 A4 t^8 + 7 A3 t^6 + 3 A2 t^2 + A1)), y = A4 t^9 + A3 t^7 + A2 t^3 + A1 t.
    """

    width: float
    north: float = 84.0
    south: float = -57.0
    middle: float = 11.0

    @property
    def scale(self) -> float:
        """Pixels per unit of the formula."""
        return self.width / 2 / HALF_WIDTH

    @property
    def translate(self) -> tuple[float, float]:
        """Pixel at which the middle of the map lies."""
        return self.width / 2, self.scale * _raw(0.0, self.north)[1]

    @property
    def height(self) -> float:
        """Pixels from the northern to the southern edge."""
        return self.scale * (_raw(0.0, self.north)[1] - _raw(0.0, self.south)[1])

    def project(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Pixel of a place, from the upper left corner."""
        turned = (longitude - self.middle + 180) % 360 - 180
        x, y = _raw(turned, latitude)
        left, top = self.translate
        return left + self.scale * x, top - self.scale * y


def world_map(world: EqualEarth, *layers: Any) -> Any:
    """Layers on the land of the world, as a chart without title and look."""
    import altair as alt

    land = alt.InlineData(values=_land(), format=alt.TopoDataFormat(type="topojson", feature="land"))
    chart: Any = alt.layer(alt.Chart(land).mark_geoshape(fill=LAND, clip=True), *layers)
    return chart.project(
        type="equalEarth", rotate=[-world.middle, 0, 0], scale=world.scale, translate=list(world.translate)
    ).properties(width=world.width, height=round(world.height))


@lru_cache(maxsize=1)
def _land() -> Any:
    return json.loads(LAND_FILE.read_text(encoding="utf-8"))


def _raw(longitude: float, latitude: float) -> tuple[float, float]:
    a1, a2, a3, a4 = COEFFICIENTS
    t = math.asin(HALF_ROOT_3 * math.sin(math.radians(latitude)))
    t2 = t * t
    t6 = t2**3
    x = math.radians(longitude) * math.cos(t) / (HALF_ROOT_3 * (a1 + 3 * a2 * t2 + t6 * (7 * a3 + 9 * a4 * t2)))
    return x, t * (a1 + a2 * t2 + t6 * (a3 + a4 * t2))
