"""What pictures share: fonts, colours, and scales of numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import altair as alt

MEASURED, UNMEASURED, FAR = "measured language", "unmeasured language", "far from everything measured"
WIDTH = 900
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
"""The first comes with vl-convert, so that pictures are the same on machines without fonts."""
INK, PALE_INK, LINES, LAND = "#222222", "#666666", "#e4e4e4", "#ececec"
KIND_COLOURS = {MEASURED: "#777777", UNMEASURED: "#0072b2", FAR: "#d55e00"}
"""From the palette of Okabe and Ito, which people with any colour vision tell apart."""
KIND_SHAPES = {MEASURED: "circle", UNMEASURED: "circle", FAR: "diamond"}
SCORE_COLOURS: Literal["viridis"] = "viridis"


def inline(rows: Sequence[dict[str, Any]]) -> alt.InlineData:
    """Rows as data inside the chart: no limit on their number, no file beside it."""
    import altair as alt

    finite = [{name: None if _endless(value) else value for name, value in row.items()} for row in rows]
    return alt.InlineData(values=finite)


def score_range(values: Sequence[float]) -> tuple[float, float]:
    """Round limits around scores; fractions start from 0, so that lengths can be compared."""
    finite = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(finite), max(finite)
    if low >= 0 and high <= 1:
        low = 0.0
    step = _round_step((high - low) or abs(high) or 1.0)
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step


def number_format(low: float, high: float) -> str:
    """Two digits where scores are fractions, three figures elsewhere."""
    return ".2f" if low >= 0 and high <= 1 else ".3~g"


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


def _round_step(span: float) -> float:
    """1, 2 or 5 times a power of ten: about a tenth of `span`."""
    power = 10.0 ** math.floor(math.log10(span / 10))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= span / 10 * 0.999)


def _endless(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
