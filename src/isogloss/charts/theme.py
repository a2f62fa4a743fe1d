"""Colours by what they mean: for a light screen, a dark one, and paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from isogloss.errors import UnknownName

OKABE_ITO = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#777777", "#222222")
"""Colours that people with any colour vision tell apart (Okabe and Ito 2008, "Color Universal Design")."""


Scheme = Literal["viridis", "greys"]
"""Names of Vega's colour scales."""


@dataclass(frozen=True)
class Theme:
    """The colours of a picture.

    Attributes
    ----------
    background, ink, pale_ink, lines, land : str
        Of the page, text, notes, grids and the continents.
    forecast, measured, alert : str
        Of what was forecast, what was measured, and goals, baselines or warnings.
    series : tuple of str
        For categories.
    scheme : str
        Name of Vega's colour scale for scores; its lightness grows with the score.
    """

    background: str
    ink: str
    pale_ink: str
    lines: str
    land: str
    forecast: str
    measured: str
    alert: str
    series: tuple[str, ...] = OKABE_ITO
    scheme: Scheme = "viridis"

    def fade(self, colour: str, strength: float) -> str:
        """`colour` at this strength, from 0 to 1, on the background."""
        ends = [[int(of[at : at + 2], 16) for at in (1, 3, 5)] for of in (self.background, colour)]
        return "#" + "".join(f"{round(low + strength * (high - low)):02x}" for low, high in zip(*ends, strict=True))


THEMES = {
    "light": Theme(
        background="#ffffff", ink="#222222", pale_ink="#5f5f5f", lines="#e4e4e4", land="#ececec",
        forecast="#0072b2", measured="#3c3c3c", alert="#d55e00",
    ),
    "dark": Theme(
        background="#15181d", ink="#f2f2f2", pale_ink="#b3b8c0", lines="#333943", land="#2b3039",
        forecast="#56b4e9", measured="#d9dce1", alert="#ef8a4b",
        series=("#56b4e9", "#ef8a4b", "#2fbf93", "#e0a3c5", "#f0c04a", "#4a90c4", "#a5abb4", "#f2f2f2"),
    ),
    "print": Theme(
        background="#ffffff", ink="#000000", pale_ink="#404040", lines="#d5d5d5", land="#e6e6e6",
        forecast="#00507e", measured="#000000", alert="#a34700",
    ),
}  # fmt: skip


def find_theme(name: str) -> Theme:
    """The theme of a name.

    Raises
    ------
    UnknownName
    """
    if name not in THEMES:
        raise UnknownName("theme", name, THEMES)
    return THEMES[name]
