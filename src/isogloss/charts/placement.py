"""Where to write labels beside dots so that none covers another: the nearest free place, tried in turn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]

RADII = (10, 15, 22, 30, 40, 52, 66, 82, 100, 125, 150)
ANGLES = tuple(math.radians(angle) for angle in (0, 180, 330, 30, 210, 150, 300, 60, 240, 120, 270, 90))
ROUNDS = 4
"""Passes over all labels; each may move again after the others have."""
DOT = 8.0
"""Half the width of a dot with its outline, in pixels."""
COVERED_LABEL, COVERED_DOT, CROSSED, COVERED_SPECK = 1000.0, 600.0, 300.0, 6.0


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels; y grows downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Box) -> bool:
        """Whether the two share any area."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def holds(self, x: float, y: float, margin: float = 0.0) -> bool:
        """Whether a point lies in it, or within `margin` of it."""
        return self.left - margin < x < self.right + margin and self.top - margin < y < self.bottom + margin


@dataclass(frozen=True)
class Label:
    """A place for the text of one dot.

    Attributes
    ----------
    x, y : float
        Where the text begins, half-way up.
    box : Box
    anchor : tuple of float
        Where a line from the dot would end.
    distance : float
        From the dot.
    """

    x: float
    y: float
    box: Box
    anchor: Point
    distance: float


def place_labels(
    dots: Sequence[Point],
    widths: Sequence[float],
    height: float,
    inside: Box,
    specks: Sequence[Point] = (),
    *,
    farthest: float = RADII[-1],
) -> list[Label | None]:
    """Find a place for the label of each dot.

    Parameters
    ----------
    dots : sequence of (x, y)
    widths : sequence of float
        Of each text, in pixels.
    height : float
        Of a line of text.
    inside : Box
        What labels may not leave.
    specks : sequence of (x, y)
        Points better left uncovered.
    farthest : float
        How far from its dot a label may stand.

    Returns
    -------
    list of Label or None
        In the order of the dots; None where a label would cover another or a dot wherever it stood.
        The same input gives the same places.
    """
    options = [_options(dot, width, height, inside, farthest) for dot, width in zip(dots, widths, strict=True)]
    fixed = [
        [place.distance + _cost_of_dots(place, own, dots, specks) for place in of] for own, of in enumerate(options)
    ]
    chosen = [places[0] for places in options]
    for _ in range(ROUNDS):
        for own, places in enumerate(options):
            others = [(dots[k], chosen[k]) for k in range(len(dots)) if k != own]
            chosen[own] = _best(places, fixed[own], dots[own], others)
    return _free(chosen, dots)


def _best(places: Sequence[Label], fixed: Sequence[float], dot: Point, others: Sequence[tuple[Point, Label]]) -> Label:
    """The cheapest place; what costs too much already is not compared with the other labels."""
    best, least = places[0], math.inf
    for place, cost in sorted(zip(places, fixed, strict=True), key=lambda priced: priced[1]):
        if cost >= least:
            break
        cost += _cost_of_labels(place, dot, others)
        if cost < least:
            best, least = place, cost
    return best


def _free(chosen: Sequence[Label], dots: Sequence[Point]) -> list[Label | None]:
    kept: list[Label | None] = []
    for label in chosen:
        covers = any(label.box.holds(*dot) for dot in dots)
        covers = covers or any(other is not None and label.box.overlaps(other.box) for other in kept)
        kept.append(None if covers else label)
    return kept


def _options(dot: Point, width: float, height: float, inside: Box, farthest: float) -> list[Label]:
    """Places around a dot, nearest first, that lie inside."""
    x, y = dot
    found = []
    for radius in (radius for radius in RADII if radius <= farthest):
        for angle in ANGLES:
            near_x, near_y = x + radius * math.cos(angle), y + radius * math.sin(angle)
            across = math.cos(angle)
            left = near_x - width / 2 if abs(across) < 0.1 else (near_x if across > 0 else near_x - width)
            box = Box(left, near_y - height / 2, left + width, near_y + height / 2)
            if (
                box.left >= inside.left
                and box.right <= inside.right
                and box.top >= inside.top
                and box.bottom <= inside.bottom
            ):
                found.append(Label(left, near_y, box, (near_x, near_y), radius))
    if not found:  # a text wider than the picture, or a dot at its very edge
        left = min(max(x + RADII[0], inside.left), max(inside.right - width, inside.left))
        found.append(Label(left, y, Box(left, y - height / 2, left + width, y + height / 2), (left, y), RADII[0]))
    return found


def _cost_of_dots(place: Label, own: int, dots: Sequence[Point], specks: Sequence[Point]) -> float:
    covered = sum(place.box.holds(x, y, DOT) for other, (x, y) in enumerate(dots) if other != own)
    crossed = sum(
        _distance_to_line((x, y), dots[own], place.anchor) < DOT for other, (x, y) in enumerate(dots) if other != own
    )
    hidden = sum(place.box.holds(x, y) for x, y in specks)
    return COVERED_DOT * (covered + place.box.holds(*dots[own], DOT - 2)) + CROSSED * crossed + COVERED_SPECK * hidden


def _cost_of_labels(place: Label, dot: Point, others: Sequence[tuple[Point, Label]]) -> float:
    cost = 0.0
    for other_dot, other in others:
        if math.dist(dot, other_dot) > place.distance + other.distance + _width(place) + _width(other):
            continue  # too far off to meet
        cost += COVERED_LABEL * place.box.overlaps(other.box)
        cost += CROSSED * (_crosses(dot, place.anchor, other.box) + _crosses(other_dot, other.anchor, place.box))
        cost += CROSSED * _lines_cross(dot, place.anchor, other_dot, other.anchor)
    return cost


def _width(label: Label) -> float:
    return label.box.right - label.box.left + label.box.bottom - label.box.top


def _crosses(start: Point, end: Point, box: Box) -> bool:
    steps = 12
    return any(
        box.holds(start[0] + (end[0] - start[0]) * k / steps, start[1] + (end[1] - start[1]) * k / steps)
        for k in range(1, steps)
    )


def _lines_cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    def side(p: Point, q: Point, r: Point) -> bool:
        return (q[0] - p[0]) * (r[1] - p[1]) > (q[1] - p[1]) * (r[0] - p[0])

    return side(a, c, d) != side(b, c, d) and side(a, b, c) != side(a, b, d)


def _distance_to_line(point: Point, start: Point, end: Point) -> float:
    along_x, along_y = end[0] - start[0], end[1] - start[1]
    length = along_x**2 + along_y**2 or 1.0
    share = ((point[0] - start[0]) * along_x + (point[1] - start[1]) * along_y) / length
    share = min(1.0, max(0.0, share))
    return math.hypot(point[0] - start[0] - share * along_x, point[1] - start[1] - share * along_y)
