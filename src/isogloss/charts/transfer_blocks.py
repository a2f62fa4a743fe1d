"""Transfer between very many languages: an image of the cells, beside which blocks of one script and family are named.

Names of two hundred languages cannot be read beside their cells; that languages of one family and script do alike can
be seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

from isogloss.charts.canvas import LABEL_SIZE, Canvas, Page, inline
from isogloss.charts.lines import GAP, text_layer, word
from isogloss.charts.raster import legend_layer, raster_layer
from isogloss.evidence.training_mix import TrainingMix
from isogloss.languages import resolve
from isogloss.languages.writing import SCRIPT_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

LEFT, BELOW, ABOVE, LEGEND = 142.0, 96.0, 18.0, 36.0
"""Units for names of blocks beside the cells, and below them where columns are not in the order of rows;
for what a panel is of, and for the scale of colours."""
MOST_STRETCHED = 2.6
"""How much wider than high a cell may be."""
LEAST_LANGUAGES = 4
"""Of a block with a name."""


class Block(NamedTuple):
    """Neighbours of one script and family: their name, and where they begin and end."""

    name: str
    start: int
    end: int

    @property
    def middle(self) -> float:
        """Where its name stands."""
        return (self.start + self.end) / 2


def draw_blocks(
    panels: Mapping[str, pl.DataFrame],
    languages: tuple[Sequence[str], Sequence[str]],
    limits: tuple[float, float],
    canvas: Canvas,
    page: Page,
) -> Any:
    """Panels beside each other: what one is of, and its cells.

    Parameters
    ----------
    panels : mapping of str to polars.DataFrame
        `source`, `target` and `score`.
    languages : (sequence of str, sequence of str)
        Sources and targets, in order.
    limits : (float, float)
        Scores at the ends of the colours.
    canvas : Canvas
    page : Page
    """
    import altair as alt

    sources, targets = languages
    below = BELOW if [*sources] != [*targets] else 0.0
    height = page.height - below - ABOVE - LEGEND
    room = (page.width - LEFT - GAP * (len(panels) - 1)) / len(panels)
    width = min(room, MOST_STRETCHED * height * len(targets) / len(sources))
    top, layers, words = ABOVE, [], list[dict[str, Any]]()
    for number, (about, cells) in enumerate(panels.items()):
        left = LEFT + number * (width + GAP)
        words.append(word(about, left, 6.0, canvas.colours.pale_ink))
        layers.append(
            raster_layer(_values(cells, *languages), limits, canvas.colours.scheme, (left, top, width, height))
        )
        layers += _borders(_blocks(sources), _blocks(targets), (left, top, width, height), canvas)
        if below:
            layers.append(_names_below(_blocks(targets), left, top + height, width, canvas))
    layers += [
        _names_beside(_blocks(sources), top, height, canvas),
        text_layer(words),
        legend_layer(limits, canvas, canvas.score_title),
    ]
    chart: Any = alt.layer(*layers)
    return chart.properties(width=LEFT + len(panels) * (width + GAP) - GAP, height=top + height + below)


def _values(cells: pl.DataFrame, sources: Sequence[str], targets: Sequence[str]) -> Any:
    """Scores as an array of sources by targets, NaN where there is none."""
    row, column = ({code: at for at, code in enumerate(of)} for of in (sources, targets))
    values = np.full((len(row), len(column)), np.nan)
    at = ([row[code] for code in cells["source"]], [column[code] for code in cells["target"]])
    values[at] = cells["score"].to_numpy()
    return values


def _blocks(languages: Sequence[str]) -> list[Block]:
    """Runs of neighbours that share script and family."""
    blocks, start = [], 0
    for name, group in groupby(languages, _block_name):
        end = start + len(list(group))
        blocks.append(Block(name, start, end))
        start = end
    return blocks


def _block_name(source: str) -> str:
    first, *others = TrainingMix.parse(source)
    if others:
        return "several languages"
    language = resolve(first)
    script = next((name for name, code in SCRIPT_NAMES.items() if code == language.script), language.script)
    family = language.family[0] if language.family else "no family known"
    return f"{family}, {script.capitalize()}"


def _readable(blocks: Sequence[Block], step: float) -> list[Block]:
    """Those that are named, the largest first as far as names have room: their languages are some, not one or two."""
    kept: list[Block] = []
    for block in sorted(blocks, key=lambda one: (one.start - one.end, one.start)):
        apart = all(abs(block.middle - other.middle) * step >= LABEL_SIZE - 1 for other in kept)
        if block.end - block.start >= LEAST_LANGUAGES and apart:
            kept.append(block)
    return sorted(kept, key=lambda one: one.start)


def _names_beside(blocks: Sequence[Block], top: float, height: float, canvas: Canvas) -> Any:
    step = height / blocks[-1].end
    return _labels(
        [(block.name, LEFT - 6, top + block.middle * step) for block in _readable(blocks, step)],
        canvas, angle=0,
    )  # fmt: skip


def _names_below(blocks: Sequence[Block], left: float, bottom: float, width: float, canvas: Canvas) -> Any:
    step = width / blocks[-1].end
    return _labels(
        [(block.name, left + block.middle * step, bottom + 6) for block in _readable(blocks, step / 1.3)],
        canvas, angle=300,
    )  # fmt: skip


def _labels(places: Sequence[tuple[str, float, float]], canvas: Canvas, *, angle: int) -> Any:
    import altair as alt

    rows = [{"text": text, "x": x, "y": y} for text, x, y in places]
    return (
        alt.Chart(inline(rows))
        .mark_text(align="right", baseline="middle", angle=angle, fontSize=LABEL_SIZE - 2, color=canvas.colours.ink,
                   limit=LEFT - 8 if angle == 0 else BELOW + 16)
        .encode(x=alt.X("x:Q", scale=None, axis=None), y=alt.Y("y:Q", scale=None, axis=None), text=alt.Text("text:N"))
    )  # fmt: skip


def _borders(
    rows: Sequence[Block], columns: Sequence[Block], place: tuple[float, float, float, float], canvas: Canvas
) -> list[Any]:
    """Thin lines between blocks with a name."""
    import altair as alt

    left, top, width, height = place
    across, down = width / columns[-1].end, height / rows[-1].end
    ends = [(left, left + width, top + at * down, top + at * down) for at in _ends(rows, down)]
    ends += [(left + at * across, left + at * across, top, top + height) for at in _ends(columns, across)]
    lines = [dict(zip(("x", "x2", "y", "y2"), end, strict=True)) for end in ends]
    x, y = alt.X("x:Q", scale=None, axis=None), alt.Y("y:Q", scale=None, axis=None)
    rule = alt.Chart(inline(lines)).mark_rule(color=canvas.colours.background, strokeWidth=1)
    return [rule.encode(x=x, x2=alt.X2("x2:Q"), y=y, y2=alt.Y2("y2:Q"))] if lines else []


def _ends(blocks: Sequence[Block], step: float) -> list[int]:
    last = blocks[-1].end
    return sorted({at for block in _readable(blocks, step) for at in block[1:] if 0 < at < last})
