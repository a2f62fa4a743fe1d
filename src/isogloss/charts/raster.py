"""Many numbers as one image: a picture of forty thousand squares would be megabytes, and take seconds to draw."""

from __future__ import annotations

import re
import struct
import zlib
from base64 import b64encode
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from isogloss.charts.canvas import Canvas, inline
from isogloss.charts.theme import Scheme

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHADES = 256


def raster_layer(
    values: NDArray[np.float64], ends: tuple[float, float], scheme: Scheme, place: tuple[float, float, float, float]
) -> Any:
    """An image with one pixel per number, stretched without blurring.

    Parameters
    ----------
    values : array of shape (rows, columns)
        Numbers; NaN leaves a pixel blank.
    ends : (float, float)
        Numbers at the ends of the colours, the greater one first to reverse them.
    scheme : {"viridis", "greys"}
        Name of Vega's colour scale.
    place : (float, float, float, float)
        Left, top, width and height in units.
    """
    import altair as alt

    left, top, width, height = place
    shown = np.isfinite(values)
    share = np.clip((np.where(shown, values, ends[0]) - ends[0]) / ((ends[1] - ends[0]) or 1.0), 0, 1)
    pixels = np.zeros((*values.shape, 4), np.uint8)
    pixels[..., :3] = _shades(scheme)[np.rint(share * (SHADES - 1)).astype(int)]
    pixels[..., 3] = 255 * shown
    image = {"url": f"data:image/png;base64,{b64encode(_png(pixels)).decode()}", "x": left, "y": top}
    return (
        alt.Chart(inline([image]))
        .mark_image(width=width, height=height, aspect=False, smooth=False, align="left", baseline="top", aria=False)
        .encode(x=alt.X("x:Q", scale=None, axis=None), y=alt.Y("y:Q", scale=None, axis=None), url=alt.Url("url:N"))
    )


def legend_layer(ends: tuple[float, float], canvas: Canvas, title: str, *, reverse: bool = False) -> Any:
    """The scale of colours, which an image has not: two squares without a size."""
    import altair as alt

    legend = alt.Legend(orient="bottom", direction="horizontal", title=title, titleOrient="left",
                        gradientLength=180, gradientThickness=10, tickCount=4)  # fmt: skip
    scale = alt.Scale(scheme=canvas.colours.scheme, domain=list(ends), reverse=reverse)
    x, y = alt.X("x:Q", scale=None, axis=None), alt.Y("y:Q", scale=None, axis=None)
    squares = alt.Chart(inline([{"x": 0.0, "y": 0.0, "score": score} for score in ends])).mark_rect(aria=False)
    return squares.encode(
        x=x, x2=alt.X2("x:Q"), y=y, y2=alt.Y2("y:Q"), fill=alt.Fill("score:Q", scale=scale, legend=legend)
    )


@lru_cache(maxsize=4)
def _shades(scheme: Scheme) -> NDArray[np.uint8]:
    """The colours of a scale as Vega draws them, so that the image has those of its legend: (SHADES, 3)."""
    import altair as alt
    import vl_convert

    scale = alt.Scale(scheme=scheme, domain=[0, SHADES - 1])
    squares = alt.Chart(inline([{"shade": shade} for shade in range(SHADES)])).mark_rect()
    drawn = vl_convert.vegalite_to_svg(
        squares.encode(x=alt.X("shade:O"), fill=alt.Fill("shade:Q", scale=scale)).to_dict()
    )
    colours = re.findall(r'aria-roledescription="rect mark"[^>]* fill="rgb\((\d+), (\d+), (\d+)\)"', drawn)
    assert len(colours) == SHADES, "vl-convert writes colours in another way"
    return np.array(colours, dtype=np.uint8)


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG of red, green, blue and opacity (RFC 2083): every line begins with its filter, which is none."""
    rows, columns, _ = pixels.shape
    lines = np.hstack([np.zeros((rows, 1), np.uint8), pixels.reshape(rows, -1)])
    header = struct.pack(">IIBBBBB", columns, rows, 8, 6, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
