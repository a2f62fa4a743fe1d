"""The land of a map as one path of an SVG, for pages that draw their maps without a drawing library."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isogloss.charts.projection import LAND_FILE, EqualEarth

Ring = list[tuple[float, float]]
MOST_JUMP = 2.7
"""At scale 1, half of the world: a line that jumps further crosses its edge."""


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


def _polygons(geometry: dict[str, Any]) -> Iterator[list[list[int]]]:
    """Of every polygon, its rings: each the numbers of its arcs, `~number` for one that is walked backwards."""
    kind = geometry["type"]
    if kind == "GeometryCollection":
        for one in geometry["geometries"]:
            yield from _polygons(one)
    elif kind == "MultiPolygon":
        yield from geometry["arcs"]
    elif kind == "Polygon":
        yield geometry["arcs"]


@lru_cache(maxsize=4)
def _outlines(middle: float) -> list[NDArray[np.float64]]:
    """Outlines at scale 1, a row for each point: a map only moves and stretches them."""
    unit = EqualEarth(1.0, 1.0, 1.0, (0.0, 0.0), middle)
    return [np.array([unit.project(*place) for place in ring]) for ring in rings()]


@lru_cache(maxsize=64)
def land_path(world: EqualEarth) -> str:
    """The land on a map as the path of an SVG, without what lies outside, and no finer than it is drawn."""
    pieces = []
    for outline in _outlines(world.middle):
        points = np.rint(outline * world.scale + world.translate)
        low, high = points.min(axis=0), points.max(axis=0)
        if low[0] > world.width or low[1] > world.height or high[0] < 0 or high[1] < 0:
            continue
        moved = np.abs(np.diff(points, axis=0))
        kept = np.concatenate([[True], moved.any(axis=1)])
        begins = np.concatenate([[True], moved[:, 0] > MOST_JUMP * world.scale])[kept]
        pieces += [f"{'M' if new else 'L'}{x:.0f} {y:.0f}" for (x, y), new in zip(points[kept], begins, strict=True)]
    return "".join(pieces)
