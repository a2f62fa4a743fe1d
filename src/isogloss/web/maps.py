"""Maps drawn on the server: land as one path, places in the units of the drawing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache

from isogloss.charts.projection import LAND_FILE, EqualEarth

Ring = list[tuple[float, float]]
MOST_JUMP = 0.5
"""Of a map's width: a line that jumps further crosses the edge of the world."""


@lru_cache(maxsize=1)
def rings() -> tuple[Ring, ...]:
    """Outlines of the land, in degrees; the file is TopoJSON, whose arcs are differences in whole steps."""
    topology = json.loads(LAND_FILE.read_text(encoding="utf-8"))
    (scale_x, scale_y), (west, south) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for step_x, step_y in arc:
            x, y = x + step_x, y + step_y
            points.append((x * scale_x + west, y * scale_y + south))
        arcs.append(points)
    made = []
    for shape in _polygons(topology["objects"]["land"]):
        for ring in shape:
            points = []
            for number in ring:
                arc = arcs[number] if number >= 0 else arcs[~number][::-1]
                points += arc[1:] if points else arc
            made.append(points)
    return tuple(made)


def _polygons(geometry: dict) -> Iterator[list[list[int]]]:  # type: ignore[type-arg]
    kind = geometry["type"]
    if kind == "GeometryCollection":
        for one in geometry["geometries"]:
            yield from _polygons(one)
    elif kind == "MultiPolygon":
        yield from geometry["arcs"]
    elif kind == "Polygon":
        yield geometry["arcs"]


@lru_cache(maxsize=16)
def land_path(world: EqualEarth) -> str:
    """The land as the path of an SVG."""
    pieces = []
    for ring in rings():
        points = [world.project(*place) for place in ring]
        if not any(-world.width < x < 2 * world.width and -world.height < y < 2 * world.height for x, y in points):
            continue
        last, text = None, []
        for x, y in points:
            jump = last is None or abs(x - last) > MOST_JUMP * 5.4 * world.scale
            text.append(f"{'M' if jump else 'L'}{x:.0f} {y:.0f}")
            last = x
        pieces.append("".join(text))
    return "".join(pieces)


def place_at(
    world: EqualEarth, x: float, y: float, places: Sequence[tuple[str, float, float]], count: int
) -> list[str]:
    """The codes of the places that are drawn nearest to a point."""
    drawn = [(code, world.project(longitude, latitude)) for code, longitude, latitude in places]
    return [code for code, _ in sorted(drawn, key=lambda one: (one[1][0] - x) ** 2 + (one[1][1] - y) ** 2)[:count]]
