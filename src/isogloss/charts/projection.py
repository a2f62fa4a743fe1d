"""The Equal Earth projection of the world or of a part of it.

Places are projected here as the drawing library does it, so that labels can be placed first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from isogloss.charts.theme import Theme

Place = tuple[float, float]
"""Longitude and latitude, in degrees."""

LAND_FILE = Path(__file__).parent / "data" / "land-110m.json"
COEFFICIENTS = 1.340264, -0.081106, 0.000893, 0.003796
HALF_ROOT_3 = math.sqrt(3) / 2
HALF_WIDTH = 2.7066
"""Of the world, at scale 1."""
NORTH, SOUTH = 84.0, -57.0
"""Latitudes between which the world is drawn."""
ATLANTIC, PACIFIC = 11.0, -169.0
"""Longitudes in the middle of a map; the first cuts the world in the Bering Strait and not through Chukotka."""
MARGIN = 0.08
"""Of a map's sides, left free around what it is cropped to."""
MUCH_NARROWER = 0.6
LEAST_SPAN = 0.45
"""Least width or height of a cropped map, at scale 1: about 26 degrees, so that the reader sees where it is."""


@dataclass(frozen=True)
class EqualEarth:
    """Equal Earth on a rectangle of units.

    Parameters
    ----------
    width, height : float
        Of the map, in units.
    scale : float
        Units per unit of the formula.
    translate : (float, float)
        Where the middle longitude meets the equator, from the upper left corner.
    middle : float
        Longitude in the middle of the world.

    Notes
    -----
    Šavrič, Patterson and Jenny (2019), "The Equal Earth map projection", International Journal of Geographical
    Information Science 33(3): with sin t = sqrt(3)/2 sin(latitude),
    x = 2 sqrt(3) longitude cos t / (3 (9 A4 t^8 + 7 A3 t^6 + 3 A2 t^2 + A1)), y = A4 t^9 + A3 t^7 + A2 t^3 + A1 t.
    """

    width: float
    height: float
    scale: float
    translate: tuple[float, float]
    middle: float = ATLANTIC

    @classmethod
    def whole(cls, width: float) -> EqualEarth:
        """The whole world over a width, without the ice of the far south."""
        scale = width / 2 / HALF_WIDTH
        top, bottom = scale * _raw(0.0, NORTH)[1], scale * _raw(0.0, SOUTH)[1]
        return cls(width, round(top - bottom), scale, (width / 2, top))

    @classmethod
    def cropped(cls, places: Sequence[Place], width: float, height: float) -> EqualEarth:
        """The part of the world with these places and a margin, as large as it fits into a rectangle.

        Parameters
        ----------
        places : sequence of (longitude, latitude)
            At least one.
        width, height : float
            Of the rectangle, in units. A map of the whole world is less high, where that is too much.
        """
        middle, (west, north), (east, south) = _box(places)
        across, up = (max(span / (1 - 2 * MARGIN), LEAST_SPAN) for span in (east - west, north - south))
        scale = max(min(width / across, height / up), width / 2 / HALF_WIDTH)
        top, bottom = _raw(0.0, NORTH)[1], _raw(0.0, SOUTH)[1]
        height = min(height, round(scale * (top - bottom)))
        x = _within((west + east) / 2, width / scale, -HALF_WIDTH, HALF_WIDTH)
        y = _within((north + south) / 2, height / scale, bottom, top)
        return cls(width, height, scale, (width / 2 - scale * x, height / 2 + scale * y), middle)

    def project(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Where a place is drawn, from the upper left corner."""
        x, y = _raw(_turned(longitude, self.middle), latitude)
        return self.translate[0] + self.scale * x, self.translate[1] - self.scale * y

    def shows(self, longitude: float, latitude: float) -> bool:
        """Whether a place lies on the map."""
        x, y = self.project(longitude, latitude)
        return 0 <= x <= self.width and 0 <= y <= self.height


def world_map(world: EqualEarth, colours: Theme, *layers: Any) -> Any:
    """Layers on the land of the world, as a chart without title and look."""
    import altair as alt

    # As text, which altair passes on as it is; of lists, it makes a copy for every layer.
    land = alt.InlineData(values=_land(), format=alt.TopoDataFormat(type="topojson", feature="land"))
    chart: Any = alt.layer(alt.Chart(land).mark_geoshape(fill=colours.land, clip=True), *layers)
    return chart.project(
        type="equalEarth", rotate=[-world.middle, 0, 0], scale=world.scale, translate=list(world.translate)
    ).properties(width=world.width, height=world.height)


@lru_cache(maxsize=1)
def _land() -> str:
    return LAND_FILE.read_text(encoding="utf-8")


def is_wide(places: Sequence[Place], ratio: float) -> bool:
    """Whether places lie more than `ratio` times as far apart from west to east as from north to south."""
    _, (west, north), (east, south) = _box(places)
    return east - west > ratio * max(north - south, LEAST_SPAN)


def _box(places: Sequence[Place]) -> tuple[float, tuple[float, float], tuple[float, float]]:
    """The middle longitude of a map, and the two corners of the places on it at scale 1.

    The map is cut in the Atlantic where that makes it much narrower.
    """
    boxes = []
    for middle in (ATLANTIC, PACIFIC):
        raws = [_raw(_turned(longitude, middle), latitude) for longitude, latitude in places]
        x, y = [raw[0] for raw in raws], [raw[1] for raw in raws]
        boxes.append((middle, (min(x), max(y)), (max(x), min(y))))
    usual, turned = (box[2][0] - box[1][0] for box in boxes)
    return boxes[turned < MUCH_NARROWER * usual]


def _turned(longitude: float, middle: float) -> float:
    return (longitude - middle + 180) % 360 - 180


def _within(centre: float, length: float, low: float, high: float) -> float:
    """The centre nearest to this one from which half a length to either side stays between two ends."""
    return (low + high) / 2 if length >= high - low else min(max(centre, low + length / 2), high - length / 2)


def _raw(longitude: float, latitude: float) -> tuple[float, float]:
    a1, a2, a3, a4 = COEFFICIENTS
    t = math.asin(HALF_ROOT_3 * math.sin(math.radians(latitude)))
    t2 = t * t
    t6 = t2**3
    x = math.radians(longitude) * math.cos(t) / (HALF_ROOT_3 * (a1 + 3 * a2 * t2 + t6 * (7 * a3 + 9 * a4 * t2)))
    return x, t * (a1 + a2 * t2 + t6 * (a3 + a4 * t2))
