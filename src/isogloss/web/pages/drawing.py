"""What the answer's page draws itself: intervals as they fade, and a map of the languages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp
from typing import Any

from isogloss.charts.canvas import score_range
from isogloss.charts.land import land_path
from isogloss.charts.projection import EqualEarth
from isogloss.languages import resolve
from isogloss.questions.scale import Scale

NORMAL = 1.645
"""Standard deviations from the middle to the end of a 90 % interval."""
REACH = 1.5
"""How far beyond the interval's ends a bar fades, in its half widths."""
STEPS = 7
WIDTH = 400.0
"""Of a track, in its own units."""
MAP = 720, 420
COLOURS = ("#440154", "#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39", "#fde725")
"""Viridis, from low to high: its lightness grows, so that it is read without colour, too."""


@dataclass(frozen=True)
class Track:
    """The line on which scores are drawn, from `low` to `high`."""

    low: float
    high: float

    def at(self, score: float) -> float:
        """Where a score lies, in units of the drawing."""
        share = (score - self.low) / ((self.high - self.low) or 1.0)
        return round(WIDTH * min(max(share, 0.0), 1.0), 1)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Places and labels of the scale."""
        span = self.high - self.low
        return [
            (round(WIDTH * part / 4, 1), f"{self.low + span * part / 4:.{0 if span > 4 else 2}f}") for part in range(5)
        ]


def track_of(scores: Iterable[float], scale: Scale) -> Track:
    """The track for some scores on the reader's scale: to the end of the scale, where it has one."""
    low, high = score_range(scores, percent=scale.name == "percent")
    return Track(low, {"percent": 100.0, "fraction": 1.0}.get(scale.name, high))


def gradient_stops() -> list[tuple[float, float]]:
    """Offset and opacity of a bar that fades as a normal density does, from its middle to beyond the interval."""
    return [
        (share, round(exp(-((share * REACH * NORMAL) ** 2) / 2), 3))
        for share in (step / STEPS for step in range(STEPS + 1))
    ]


def bar_of(row: dict[str, Any], track: Track) -> dict[str, Any]:
    """Places of a row on its track; the halves of an interval fade from the forecast to each side."""
    middle = track.at(row["mean"])
    if row["lower"] is None:
        return {"middle": middle}
    below = row["mean"] - REACH * (row["mean"] - row["lower"])
    above = row["mean"] + REACH * (row["upper"] - row["mean"])
    span = (track.high - track.low) or 1.0
    scale = WIDTH / span
    left, right = (below - track.low) * scale, (above - track.low) * scale  # beyond the track, which cuts them off
    return {
        "middle": middle, "left": round(left, 1), "left_width": max(round(middle - left, 1), 0.5),
        "right_width": max(round(right - middle, 1), 0.5), "from": track.at(row["lower"]), "to": track.at(row["upper"]),
    }  # fmt: skip


def map_of(forecasts: Sequence[dict[str, Any]], others: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The part of the world with the languages that were asked about, and the measured ones in it."""
    placed = [(row, place) for row in forecasts if (place := _place(row["target"])) is not None]
    if not placed:
        return None
    world = EqualEarth.cropped([place for _, place in placed], *MAP)
    scores = [row["mean"] for row in (*forecasts, *others)]
    low, high = min(scores), max(scores)
    codes = {row["target"] for row in forecasts}
    specks = [
        (row, place) for row in others
        if row["target"] not in codes and (place := _place(row["target"])) is not None and world.shows(*place)
    ]  # fmt: skip
    widths = [row["upper"] - row["lower"] for row in forecasts if row["lower"] is not None]
    widest = max(widths, default=0.0) or 1.0

    def dot(row: dict[str, Any], place: tuple[float, float]) -> dict[str, Any]:
        x, y = world.project(*place)
        share = (row["mean"] - low) / ((high - low) or 1.0)
        width = None if row["lower"] is None else (row["upper"] - row["lower"]) / widest
        return {
            "name": row["name"], "target": row["target"], "trust": row["trust"], "x": round(x, 1), "y": round(y, 1),
            "colour": COLOURS[min(int(share * len(COLOURS)), len(COLOURS) - 1)], "mean": row["mean"],
            "opacity": 1.0 if width is None else round(1 - 0.45 * width, 2),
        }  # fmt: skip

    return {
        "width": round(world.width), "height": round(world.height), "land": land_path(world),
        "dots": _labelled([dot(*one) for one in placed]), "specks": [dot(*one) for one in specks],
        "absent": [row["name"] for row in forecasts if _place(row["target"]) is None],
        "low": low, "high": high, "colours": COLOURS,
    }  # fmt: skip


def _labelled(dots: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Dots with labels where these do not lie on another label or dot."""
    from isogloss.charts.canvas import text_width
    from isogloss.charts.placement import Box, place_labels

    points = [(dot["x"], dot["y"]) for dot in dots]
    widths = [text_width(dot["name"], 13) + 4 for dot in dots]
    places = place_labels(points, widths, 15.0, Box(0, 0, float(MAP[0]), float(MAP[1])), [], farthest=30.0)
    return [
        {**dot, "label": None if place is None else (round(place.x, 1), round(place.y, 1))}
        for dot, place in zip(dots, places, strict=True)
    ]


def _place(code: str) -> tuple[float, float] | None:
    language = resolve(code)
    if language.longitude is None or language.latitude is None:
        return None
    return language.longitude, language.latitude
