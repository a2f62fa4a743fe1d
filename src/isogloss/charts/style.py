"""What the pictures of a benchmark share: font, colours and titles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from isogloss.charts.canvas import FONT

if TYPE_CHECKING:
    import altair as alt

INK, PALE_INK, LINES = "#222222", "#666666", "#e4e4e4"


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

    words: dict[str, Any] = {
        "labelFontSize": 12, "titleFontSize": 12, "labelColor": INK, "titleColor": PALE_INK,
        "titleFontWeight": "normal",
    }  # fmt: skip
    config = alt.Config(
        font=FONT, background="white", padding=14, view=alt.ViewConfig(stroke=None),
        title=alt.TitleConfig(
            fontSize=18, subtitleFontSize=13, color=INK, subtitleColor=PALE_INK, offset=14, subtitlePadding=6
        ),
        axis=alt.AxisConfig(**words, gridColor=LINES, domain=False, tickColor=LINES, labelFlush=False),
        legend=alt.LegendConfig(**words),
    )  # fmt: skip
    heading = alt.TitleParams(text=title, subtitle=list(lines), anchor="start", frame="group")
    return chart.properties(title=heading, config=config)
