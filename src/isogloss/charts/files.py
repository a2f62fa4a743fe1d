"""Charts as files and as parts of pages, made without a network, a browser or installed fonts."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from functools import lru_cache
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from isogloss.files import atomic_write, check_place

META = "isogloss"
"""Key in a chart's metadata of the size of its picture."""
PIXELS_PER_UNIT = 2.0
"""Of charts that were not drawn on a canvas."""
ENDINGS = (".png", ".svg", ".html", ".json")

PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:">
<title>$title</title>
<style>body {margin: 0; background: $background}</style>
</head>
<body>
$chart
</body>
</html>
""")
"""The policy keeps the page from loading anything, whatever the chart says."""
EMBEDDED = Template("""<div id="$id" role="img" aria-label="$description"></div>
<script>$library</script>
<script>
vegaEmbed("#$id", $spec, {mode: "vega-lite", renderer: "svg", ast: true,
 actions: {export: true, source: false, compiled: false, editor: false}});
</script>""")
"""`ast` does without `eval`, which a policy may forbid."""
SVG = Template("""<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img" \
width="$width" height="$height" viewBox="0 0 $width $height"><title>$title</title><desc>$description</desc>\
<rect width="$width" height="$height" fill="$background"/>$drawn</svg>""")
"""A drawing on a page of the size asked for."""
ROOT = re.compile(r"<svg [^>]*>")
SIDES = re.compile(r' (?:width|height)="([\d.]+)"')
"""Of the drawing in its first element: width, then height."""


def save(chart: Any, path: str | Path, *, scale: float = 1.0) -> Path:
    """Write a chart whole or not at all; the ending of `path` names the format.

    Parameters
    ----------
    chart : altair chart
    path : str or pathlib.Path
        `.png`, `.svg`, `.html` (one file with everything in it) or `.json` (Vega-Lite).
    scale : float, default 1
        Of a PNG: by how much it is larger than its canvas, or, of other charts, than their own size.

    Returns
    -------
    pathlib.Path
        What was written.

    Raises
    ------
    BadValue
        For another ending.
    BadFile
        If the file cannot be written.
    """
    path = Path(path)
    check_place(path, ENDINGS)
    writers: dict[str, Callable[[], bytes]] = {
        ".png": lambda: png(chart, scale),
        ".svg": lambda: to_svg(chart).encode(),
        ".html": lambda: to_html(chart).encode(),
        ".json": lambda: json.dumps(_spec(chart), ensure_ascii=False).encode(),
    }
    content = writers[path.suffix]()
    atomic_write(path, lambda whole: whole.write_bytes(content))
    return path


def png(chart: Any, scale: float = 1.0) -> bytes:
    """The picture as PNG, as many pixels wide and high as its canvas says, times `scale`."""
    import vl_convert

    spec = _spec(chart)
    paged = META in (spec.get("usermeta") or {})
    made: bytes = vl_convert.svg_to_png(_svg(spec), scale=scale * (1 if paged else PIXELS_PER_UNIT))
    return made


def to_svg(chart: Any, *, whole_page: bool = True) -> str:
    """The picture as SVG with its title and description, on a page as large as its canvas says.

    Parameters
    ----------
    chart : altair chart
    whole_page : bool, default True
        Whether a page that the drawing does not fill keeps its empty part, as slides do and pages of text do not.
    """
    return _svg(_spec(chart), whole_page=whole_page)


def _svg(spec: dict[str, Any], *, whole_page: bool = True) -> str:
    import vl_convert

    drawn: str = vl_convert.vegalite_to_svg(spec, vl_version=_version(), allowed_base_urls=[])
    pixels = spec.get("usermeta", {}).get(META, {}).get("pixels")
    if not pixels:
        return drawn
    width, height = pixels
    root = ROOT.search(drawn)
    assert root is not None, "vl-convert wrote no svg element"
    if not whole_page:
        across, down = (float(side) for side in SIDES.findall(root[0])[:2])
        height = min(height, math.ceil(width * down / across))
    inner = re.sub(r' (width|height)="[^"]*"', "", root[0])
    fitted = inner.replace("<svg ", f'<svg width="{width}" height="{height}" preserveAspectRatio="xMinYMin meet" ')
    return SVG.substitute(
        width=width, height=height, title=escape(_title(spec)), description=escape(_description(spec)),
        background=spec.get("config", {}).get("background", "white"), drawn=ROOT.sub(lambda _: fitted, drawn, count=1),
    )  # fmt: skip


def to_html(chart: Any) -> str:
    """A whole page that needs no network: the interactive chart, with the program that draws it."""
    spec = _spec(chart)
    background = spec.get("config", {}).get("background", "white")
    return PAGE.substitute(title=escape(_title(spec)), background=escape(background), chart=_embedded(spec, "chart"))


def embedded(chart: Any, name: str = "chart") -> str:
    """The interactive chart as a part of a page: an element of this name, and the scripts that fill it."""
    return _embedded(_spec(chart), name)


def _embedded(spec: dict[str, Any], name: str) -> str:
    return EMBEDDED.substitute(
        id=escape(name), description=escape(_description(spec)), library=library(), spec=_script(spec)
    )


def describe(chart: Any) -> str:
    """What the picture shows, in words, for who cannot see it."""
    return _description(chart.to_dict(validate=False))


def script_text(chart: Any) -> str:
    """A chart as it may stand in a script of a page, for `vegaEmbed`."""
    return _script(_spec(chart))


def _script(spec: dict[str, Any]) -> str:
    said = {name: value for name, value in spec.items() if name != "$schema"}  # the embedding is told what it is
    # No tag may begin inside a script: a language's name could hold one.
    return json.dumps(said, ensure_ascii=False).replace("<", "\\u003c")


@lru_cache(maxsize=1)
def library() -> str:
    """JavaScript that defines `vegaEmbed`, whole; putting it together takes a second or two."""
    import vl_convert

    made: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", _version())
    return made


def _spec(chart: Any) -> dict[str, Any]:
    spec: dict[str, Any] = chart.to_dict()
    return spec


def _description(spec: dict[str, Any]) -> str:
    return str(spec.get("description", _title(spec)))


def _title(spec: dict[str, Any]) -> str:
    title = spec.get("title", "isogloss")
    text = title["text"] if isinstance(title, dict) else title
    return " ".join(text) if isinstance(text, list) else str(text)


def _version() -> str:
    """The Vega-Lite that altair writes for, as vl-convert names it."""
    import altair as alt

    return ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
