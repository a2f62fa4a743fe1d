"""The world in the Equal Earth projection, computed as the drawing library does, so that labels can be placed first.

Areas are true to each other, which matters where dots of different continents are compared.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from isogloss.charts.style import LAND

LAND_FILE = Path(__file__).parent / "data" / "land-110m.json"
COEFFICIENTS = 1.340264, -0.081106, 0.000893, 0.003796
HALF_ROOT_3 = math.sqrt(3) / 2
HALF_WIDTH = 2.7066
"""Of the world, at scale 1."""


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
