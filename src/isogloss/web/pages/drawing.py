"""Where the answer's page draws what `isogloss.charts` lays out: rows of an HTML table, and a map.

A page has links and headings that a picture has not; what is drawn, in which order and how strongly is the charts'.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from isogloss.charts.canvas import figure, score_range
from isogloss.charts.forecast_bars import PALEST, STRONGEST
from isogloss.charts.forecast_map import absent, lay_out, placed
from isogloss.charts.forecast_rows import GUESS, Row
from isogloss.charts.land import land_path
from isogloss.questions.scale import Scale

WIDTH = 400.0
"""Of a track, in its own units."""
MAP = 720, 420
COLOURS = ("#440154", "#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39", "#fde725")
"""Viridis, the charts' scale of colours, in eight steps from low to high."""
FADE = ((0.0, STRONGEST), (1.0, PALEST))
"""Offset and opacity of a bar, from the forecast to an end of its interval."""


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


def bar_of(row: Row, track: Track) -> dict[str, float]:
    """Places of a row on its track: the forecast, and the ends of its interval if it has one."""
    places = {"middle": track.at(row["mean"])}
    if row.get("lower") is not None:
        places |= {"from": track.at(row["lower"]), "to": track.at(row["upper"])}
    return places


def map_of(forecasts: Sequence[Row], measured: Sequence[Row], *, percent: bool) -> dict[str, Any] | None:
    """The map of the charts for a page; None where no place is known."""
    if not any(map(placed, forecasts)):
        return None
    layout = lay_out(forecasts, measured, *MAP, percent=percent)
    world, labels = layout.world, {row["name"]: row for row in layout.labels}

    def dot(row: Row) -> dict[str, Any]:
        x, y = world.project(row["longitude"], row["latitude"])
        share = (row["mean"] - layout.low) / ((layout.high - layout.low) or 1.0)
        label = labels.get(row["name"])
        return {
            "name": row["name"], "target": row["target"], "trust": row["trust"], "guess": row["kind"] == GUESS,
            "x": round(x, 1), "y": round(y, 1), "strength": row["strength"],
            "score": figure(row["mean"], 0 if percent else 2),
            "colour": COLOURS[min(max(int(share * len(COLOURS)), 0), len(COLOURS) - 1)],
            "label": None if label is None else (round(label["x"], 1), round(label["y"], 1)),
        }  # fmt: skip

    return {
        "width": round(world.width), "height": round(world.height), "land": land_path(world), "colours": COLOURS,
        "dots": [dot(row) for row in layout.dots], "specks": [dot(row) for row in layout.specks],
        "absent": absent(forecasts), "low": f"{layout.low:g}", "high": f"{layout.high:g}",
    }  # fmt: skip
