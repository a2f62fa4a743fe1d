"""Forecasts to draw, and a reader of what was drawn."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from isogloss.forecasting import FORECAST

KINDS = {
    "known": {"flags": [], "nearest": None, "distance": None, "trust": "solid"},
    "unmeasured": {"flags": [], "nearest": "deu", "distance": 0.22, "trust": "fair"},
    "far": {"flags": ["far"], "nearest": "yue", "distance": 0.63, "trust": "shaky"},
}


def forecasts_of(*rows: tuple[str, float, float, float, str], train: str = "rus:700") -> pl.DataFrame:
    """Forecasts as `predict_interval` gives them, from (target, mean, lower, upper, key of KINDS)."""
    table = [
        {
            "query_row": position, "task": "T", "model": "M", "target": target, "target_as_reported": target,
            "train": train, "mean": mean, "lower": lower, "upper": upper, "level": 0.9, **KINDS[kind],
        }
        for position, (target, mean, lower, upper, kind) in enumerate(rows)
    ]  # fmt: skip
    return pl.DataFrame(table, schema=FORECAST)


def size(path: Path) -> tuple[int, int]:
    """Width and height of a PNG."""
    width, height = struct.unpack(">II", path.read_bytes()[16:24])
    return width, height


def pixels(path: Path) -> tuple[int, int, set[bytes]]:
    """Width, height and colours of a PNG with 8 bits per channel, decoded after its specification."""
    content = path.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    at, header, packed = 8, b"", b""
    while at < len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        chunk = content[at + 8 : at + 8 + length]
        assert zlib.crc32(kind + chunk) == struct.unpack(">I", content[at + 8 + length : at + 12 + length])[0]
        header, packed = (chunk if kind == b"IHDR" else header), packed + (chunk if kind == b"IDAT" else b"")
        at += 12 + length
    width, height, depth, colour_type = struct.unpack(">IIBB", header[:10])
    assert (depth, colour_type) in {(8, 2), (8, 6)}
    size = 3 if colour_type == 2 else 4
    raw = zlib.decompress(packed)
    above, colours = bytearray(width * size), set()
    for line in range(height):
        start = line * (width * size + 1)
        above = _unfilter(raw[start], bytearray(raw[start + 1 : start + 1 + width * size]), above, size)
        colours |= {bytes(above[k : k + size]) for k in range(0, len(above), size)}
    return width, height, colours


def _unfilter(kind: int, line: bytearray, above: bytearray, size: int) -> bytearray:
    for k in range(len(line)):
        left = line[k - size] if k >= size else 0
        corner = above[k - size] if k >= size else 0
        line[k] = (line[k] + (0, left, above[k], (left + above[k]) // 2, _paeth(left, above[k], corner))[kind]) & 255
    return line


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda value: abs(guess - value))


def rows_with(chart: Any, *columns: str) -> list[dict[str, Any]]:
    """The rows of the data sets inside a chart that have these columns."""
    sets = chart.to_dict()["datasets"].values()
    return [row for rows in sets for row in rows if rows and isinstance(rows[0], dict) and {*columns} <= {*rows[0]}]


def layers_with(chart: Any, channel: str) -> list[dict[str, Any]]:
    """The encodings of the layers, however deep, that have a channel."""
    return [encoding for encoding in _encodings(chart.to_dict()) if channel in encoding]


def _encodings(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield spec.get("encoding", {})
    for kind in ("layer", "hconcat", "vconcat"):
        for part in spec.get(kind, []):
            yield from _encodings(part)
