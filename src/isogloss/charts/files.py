"""Charts as files, made without a network, a browser or installed fonts."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from isogloss.files import atomic_write, check_place

ENDINGS = (".png", ".svg", ".html", ".json")

PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:">
<title>$title</title>
</head>
<body>
<div id="chart"></div>
<script>$library</script>
<script>
vegaEmbed("#chart", $spec, {mode: "vega-lite", renderer: "svg", ast: true,
 actions: {export: true, source: false, compiled: false, editor: false}});
</script>
</body>
</html>
""")
"""The policy keeps the page from loading anything, whatever the chart says; `ast` does without `eval`."""


def save(chart: Any, path: str | Path, *, scale: float = 2.0) -> Path:
    """Write a chart whole or not at all; the ending of `path` names the format.

    Parameters
    ----------
    chart : altair chart
    path : str or pathlib.Path
        `.png`, `.svg`, `.html` (one file with everything in it) or `.json` (Vega-Lite).
    scale : float, default 2
        Pixels of a PNG for each unit of the chart.

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
        ".png": lambda: _png(chart, scale),
        ".svg": lambda: _svg(chart),
        ".html": lambda: _page(chart).encode(),
        ".json": lambda: json.dumps(chart.to_dict(), ensure_ascii=False).encode(),
    }
    content = writers[path.suffix]()
    atomic_write(path, lambda whole: whole.write_bytes(content))
    return path


def _png(chart: Any, scale: float) -> bytes:
    import vl_convert

    made: bytes = vl_convert.vegalite_to_png(chart.to_dict(), scale=scale, **_offline())
    return made


def _svg(chart: Any) -> bytes:
    import vl_convert

    made: str = vl_convert.vegalite_to_svg(chart.to_dict(), **_offline())
    return made.encode()


def _page(chart: Any) -> str:
    return PAGE.substitute(title=escape(_title(chart.to_dict())), library=library(), spec=script_text(chart))


def script_text(chart: Any) -> str:
    """A chart as it may stand in a script of a page, for `vegaEmbed`."""
    spec = chart.to_dict()
    spec.pop("$schema", None)  # the embedding is told that it is Vega-Lite
    # No tag may begin inside a script: a language's name could hold one.
    return json.dumps(spec, ensure_ascii=False).replace("<", "\\u003c")


@lru_cache(maxsize=1)
def library() -> str:
    """JavaScript that defines `vegaEmbed`, whole; putting it together takes a second or two."""
    import vl_convert

    made: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", _version())
    return made


def _title(spec: dict[str, Any]) -> str:
    title = spec.get("title", "isogloss")
    return str(title["text"] if isinstance(title, dict) else title)


def _offline() -> dict[str, Any]:
    return {"vl_version": _version(), "allowed_base_urls": []}


def _version() -> str:
    """The Vega-Lite that altair writes for, as vl-convert names it."""
    import altair as alt

    return ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
