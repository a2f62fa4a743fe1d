"""What the pictures of a benchmark share: font, colours and titles."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import altair as alt

FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
"""The first comes with vl-convert, so that pictures are the same on machines without fonts."""
INK, PALE_INK, LINES = "#222222", "#666666", "#e4e4e4"


def inline(rows: Sequence[dict[str, Any]]) -> alt.InlineData:
    """Rows as data inside the chart: no limit on their number, no file beside it."""
    import altair as alt

    finite = [{name: None if _endless(value) else value for name, value in row.items()} for row in rows]
    return alt.InlineData(values=finite)


def palette(looks: Mapping[str, str]) -> alt.Scale:
    """The scale that gives each category its colour or shape."""
    import altair as alt

    return alt.Scale(domain=list(looks), range=list(looks.values()))


def panel_title(text: str) -> alt.TitleParams:
    """The title of one panel of a picture."""
    import altair as alt

    return alt.TitleParams(text=text, anchor="start", fontSize=13, offset=6)


def finished(chart: Any, title: str, lines: Sequence[str]) -> Any:
    """The whole picture, with its title, lines below it, and the look of all pictures."""
    import altair as alt

    heading = alt.TitleParams(text=title, subtitle=list(lines), anchor="start", frame="group")
    return (
        chart.properties(title=heading)
        .configure(font=FONT, background="white", padding=14)
        .configure_view(stroke=None)
        .configure_title(
            fontSize=18, subtitleFontSize=13, color=INK, subtitleColor=PALE_INK, offset=14, subtitlePadding=6
        )
        .configure_axis(
            labelFontSize=12, titleFontSize=12, labelColor=INK, titleColor=PALE_INK, titleFontWeight="normal",
            gridColor=LINES, domain=False, tickColor=LINES, labelFlush=False,
        )
        .configure_legend(
            labelFontSize=12, titleFontSize=12, labelColor=INK, titleColor=PALE_INK, titleFontWeight="normal"
        )
    )  # fmt: skip


def _endless(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
