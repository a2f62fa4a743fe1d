"""What a picture is told besides its tables, and the page that it is drawn on: title, room, fonts and text alternative.

Lengths are in units: a page is 800 of them wide, however many pixels it has, so that text keeps its share of a slide.

Three habits keep drawing fast: channels are objects, `alt.X2("to:Q")`, since altair compares each text with all its
classes; data are tuples; and a picture is finished in one step, since each step copies all its layers.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from isogloss.charts.files import META
from isogloss.charts.theme import Theme, find_theme
from isogloss.errors import BadValue
from isogloss.languages import resolve

if TYPE_CHECKING:
    import altair as alt

WIDTH = 800.0
PADDING = 16.0
LABEL_SIZE = 12.0
LINE_SIZE, LINE_HEIGHT = 12.5, 16.0
TITLE_SIZES = ((20.0, 2), (17.0, 3), (14.0, 6))
"""Font sizes of a title, each for so many lines at most."""
LETTER_WIDTH, BOLD_WIDTH = 0.49, 0.55
"""Of the font size, on average."""
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
"""The first comes with vl-convert, so that pictures are the same on machines without fonts."""
NARROW, WIDE = " .,:;'|!()[]/ijlftrI-·", "mwMW%…—"
"""Letters of about .29 and .7 of the font size across; others take .55."""
LEAST_PIXELS = 200
"""Of the shorter side of a picture."""
CODE = re.compile(r"[a-z]{2,3}([_-][A-Za-z0-9]{2,8})*")
"""What no reader would call the name of a language."""


@dataclass(frozen=True)
class Look:
    """How pictures look where their canvas does not say it.

    Attributes
    ----------
    theme : {"light", "dark", "print"}
    pixels : (int, int)
        Width and height of a PNG.
    titled : bool
        Whether the finding stands above the picture; in a document, it may stand there already.
    """

    theme: str = "light"
    pixels: tuple[int, int] = (1600, 900)
    titled: bool = True


USUAL = Look()
_LOOK: ContextVar[Look] = ContextVar("look")


@contextmanager
def look(
    *, theme: str | None = None, pixels: tuple[int, int] | None = None, titled: bool | None = None
) -> Iterator[None]:
    """Draw what is drawn within with another theme or size, or without a title; see `Look`.

    Raises
    ------
    UnknownName
        For a theme that there is not.
    BadValue
        For a size with no room for a picture.
    """
    if theme is not None:
        find_theme(theme)
    if pixels is not None and min(pixels) < LEAST_PIXELS:
        raise BadValue(f"{pixels[0]}x{pixels[1]} is too small", where="size", hint="write 1600x900, say")
    given = {"theme": theme, "pixels": pixels, "titled": titled}
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    token = _LOOK.set(replace(_LOOK.get(USUAL), **changes))
    try:
        yield
    finally:
        _LOOK.reset(token)


@dataclass(frozen=True)
class Canvas:
    """What every picture takes besides its tables.

    Attributes
    ----------
    title : str, optional
        The finding; by default what is drawn.
    lines : sequence of str
        Below the title; by default what the scores are of.
    score : str, default "score"
        What the scores are, such as `accuracy`.
    percent : bool, default False
        Whether scores, which are fractions, are shown times 100.
    names : mapping of str to str
        Languages as the user wrote them; others have the names of the catalogue.
    theme : {"light", "dark", "print"}
    pixels : (int, int)
        Width and height of a PNG. These and the next are those of `look`, by default light, (1600, 900) and titled.
    titled : bool
        Whether the title is drawn.
    """

    title: str | None = None
    lines: Sequence[str] = ()
    score: str = "score"
    percent: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    theme: str = field(default_factory=lambda: _LOOK.get(USUAL).theme)
    pixels: tuple[int, int] = field(default_factory=lambda: _LOOK.get(USUAL).pixels)
    titled: bool = field(default_factory=lambda: _LOOK.get(USUAL).titled)

    @property
    def colours(self) -> Theme:
        """The colours of the theme."""
        return find_theme(self.theme)

    @property
    def factor(self) -> float:
        """What scores are multiplied by."""
        return 100.0 if self.percent else 1.0

    @property
    def score_title(self) -> str:
        """What scores are, with the unit, for an axis."""
        return f"{self.score} (%)" if self.percent else self.score

    def name(self, language: str, reported: str | None = None) -> str:
        """A language for people: as the user wrote it, unless that was a code; else its name in the catalogue."""
        for written in (self.names.get(language), reported):
            if written and written != language and not CODE.fullmatch(written):
                return written
        return resolve(language).name

    def page(self, title: str, lines: Iterable[str] = ()) -> Page:
        """The page with its title, which is this canvas's or else the one given."""
        return Page(self, self.title or title, tuple(self.lines or lines))


@dataclass(frozen=True)
class Page:
    """A page with its heading; see `Canvas`."""

    canvas: Canvas
    title: str
    lines: tuple[str, ...]

    width = WIDTH - 2 * PADDING
    """Units between the margins."""

    @property
    def height(self) -> float:
        """Units below the heading."""
        size, title = self._title
        between = 6 if title and self._subtitle else 0
        below = 12 if title or self._subtitle else 0
        heading = len(title) * size * 1.2 + between + len(self._subtitle) * LINE_HEIGHT + below
        return WIDTH * self.canvas.pixels[1] / self.canvas.pixels[0] - 2 * PADDING - heading

    @property
    def _title(self) -> tuple[float, list[str]]:
        if not self.canvas.titled:
            return TITLE_SIZES[0][0], []
        for size, most in TITLE_SIZES:
            wrapped = textwrap.wrap(self.title, int(self.width / (size * BOLD_WIDTH))) or [""]
            if len(wrapped) <= most:
                break
        return size, wrapped[:most]

    @property
    def _subtitle(self) -> list[str]:
        across = int(self.width / (LINE_SIZE * LETTER_WIDTH))
        return [part for line in self.lines for part in textwrap.wrap(line, across)]

    def finish(self, chart: Any, description: str) -> Any:
        """The whole picture: the chart with its heading, text alternative and the look of all pictures.

        Parameters
        ----------
        chart : altair chart
        description : str
            What a person who cannot see the picture is read: what is drawn, with its figures.
        """
        import altair as alt

        colours = self.canvas.colours
        size, title = self._title
        heading: dict[str, Any] = {"text": title, "subtitle": self._subtitle}
        if not title:  # an empty one would take the room of a line
            heading = {"text": self._subtitle, "fontSize": LINE_SIZE, "lineHeight": LINE_HEIGHT,
                       "fontWeight": "normal", "color": colours.pale_ink}  # fmt: skip
        words: dict[str, Any] = {
            "labelFontSize": LABEL_SIZE, "titleFontSize": LABEL_SIZE, "labelColor": colours.ink,
            "titleColor": colours.pale_ink, "titleFontWeight": "normal",
        }  # fmt: skip
        given: dict[str, Any] = {
            "description": f"{self.title}{'' if self.title.endswith(('.', '?', '!')) else '.'} {description}",
            "usermeta": {META: {"pixels": list(self.canvas.pixels)}},
            "config": alt.Config(
                font=FONT, background=colours.background, padding=PADDING, view=alt.ViewConfig(stroke=None),
                title=alt.TitleConfig(
                    fontSize=size, lineHeight=size * 1.2, subtitleFontSize=LINE_SIZE, subtitleLineHeight=LINE_HEIGHT,
                    color=colours.ink, subtitleColor=colours.pale_ink, offset=12, subtitlePadding=6,
                ),
                axis=alt.AxisConfig(
                    **words, gridColor=colours.lines, domain=False, tickColor=colours.lines, labelFlush=False,
                    titlePadding=6,
                ),
                legend=alt.LegendConfig(**words, labelLimit=0, titleLimit=0),
            ),
        }  # fmt: skip
        if heading["text"]:
            given["title"] = alt.TitleParams(**heading, anchor="start", frame="bounds")
        return chart.properties(**given)  # all at once: each step would copy all panels and layers anew

    def panel_title(self, lines: Sequence[str]) -> alt.TitleParams:
        """The title of one panel of the picture."""
        import altair as alt

        return alt.TitleParams(text=list(lines), anchor="start", fontSize=13, offset=6, frame="bounds")


def text_width(text: str, size: float = LABEL_SIZE) -> float:
    """About how many units a text takes in the font of all pictures."""
    return size * sum(
        0.29 if letter in NARROW else 0.7 if letter.isupper() or letter in WIDE else 0.55 for letter in text
    )


def shorten(text: str, width: float, size: float = LABEL_SIZE) -> str:
    """A text that fits so many units, cut in its middle: names that differ often differ at their end."""
    for kept in range(len(text), 1, -1):
        short = text if kept == len(text) else f"{text[: kept - kept // 2]}…{text[len(text) - kept // 2 :]}"
        if text_width(short, size) <= width:
            return short
    return "…"


def inline(rows: Sequence[Mapping[str, Any]]) -> alt.InlineData:
    """Rows as data inside the chart: no limit on their number, no file beside it."""
    import altair as alt

    finite = [{name: None if _endless(value) else value for name, value in row.items()} for row in rows]
    return alt.InlineData(values=tuple(finite))  # altair copies a list again and again, and a tuple never


def _endless(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def score_range(values: Iterable[float], *, percent: bool = False) -> tuple[float, float]:
    """Round limits of an axis of scores; those of fractions and percentages start from 0, so that noise stays small.

    Parameters
    ----------
    values : iterable of float
        As drawn; those without an end do not count.
    percent : bool, default False
        Whether they are fractions times 100.
    """
    finite = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(finite), max(finite)
    if low >= 0 and high <= (100 if percent else 1):
        low = 0.0
    step = _round_step((high - low) or abs(high) or 1.0)
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step


def _round_step(span: float) -> float:
    """1, 2 or 5 times a power of ten: about a tenth of `span`."""
    power = 10.0 ** math.floor(math.log10(span / 10))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= span / 10 * 0.999)


def decimals(widths: Iterable[float]) -> int:
    """Digits after the point with which numbers that are known to within `widths` are written."""
    finite = sorted(width for width in widths if math.isfinite(width) and width > 0) or [1.0]
    typical = finite[len(finite) // 2]
    return min(max(math.ceil(0.7 - math.log10(typical)), 0), 4)


def figure(value: float, digits: int) -> str:
    """A number with so many digits after the point, never a negative zero."""
    if not math.isfinite(value):
        return "−∞" if value < 0 else "∞"
    return f"{value:z.{digits}f}".replace("-", "−")


def signed(value: float, digits: int) -> str:
    """A difference, with its sign unless it is zero in so many digits."""
    text = figure(value, digits)
    return text if text.startswith("−") or not text.strip("0.") else f"+{text}"
