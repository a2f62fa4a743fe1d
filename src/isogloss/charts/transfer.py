"""Transfer from every source to every target as a heatmap, one panel per recipe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from isogloss.charts.canvas import Canvas, decimals, inline, score_range
from isogloss.charts.transfer_blocks import draw_blocks
from isogloss.errors import BadValue
from isogloss.evidence.training_mix import TrainingMix
from isogloss.languages import resolve
from isogloss.text import counted

if TYPE_CHECKING:
    import altair as alt

MOST_SQUARES = 4_000
"""Cells up to which each is a square of its own; more are one image."""
LEAST_STEP = 9.0
"""Units of a cell beside which a name can be read."""
MOST_WRITTEN = 14
"""Languages up to which scores are written into the cells."""
MOST_NAMED = 2
"""Languages of a mix that are named; those of larger ones are given by their codes."""
NAMES = 110.0
"""Units for names of languages beside and below the cells, and for the scale of colours."""
BARE, LEGEND = 46.0, 80.0
"""Units beside and below cells without names, and for the scale of colours then."""


def draw_transfer(cells: pl.DataFrame, *, canvas: Canvas | None = None) -> alt.HConcatChart | alt.LayerChart:
    """Draw scores as colours: sources in rows, targets in columns, languages of one script and family together.

    Parameters
    ----------
    cells : polars.DataFrame
        `source` (a language, or a training mix as `eng:350,swh:350`), `target`, `score` and the keys of panels: `pair`,
        `model`, `recipe`, `size`, where present. Of one task and metric, one row per cell; as
        `isogloss.lab.Findings.cells` gives them, without shots.
    canvas : Canvas, optional

    Returns
    -------
    altair.HConcatChart or altair.LayerChart
        The latter of more than 4,000 cells: an image, beside which families and scripts are named.

    Raises
    ------
    BadValue
        If there is no cell, or scores of several tasks or metrics are mixed.
    """
    import altair as alt

    if cells.is_empty():
        raise BadValue("there is nothing to draw", where="cells", hint="measure at least one source")
    for column in ("task", "metric"):
        if column in cells.columns and (several := cells[column].n_unique()) > 1:
            raise BadValue(f"{several} of '{column}' cannot be drawn as one", where="cells", hint=f"keep one {column}")
    canvas = canvas or Canvas()
    cells = cells.with_columns(score=canvas.factor * pl.col("score"))
    keys = [name for name in ("pair", "model", "recipe", "size") if name in cells.columns]
    panels = cells.partition_by(keys, maintain_order=True) if keys else [cells]
    limits = score_range(cells["score"].to_list(), percent=canvas.percent)
    sources, targets = cells["source"].n_unique(), cells["target"].n_unique()
    line = "Rows: trained on; columns: tested on; by script and family."
    title = f"{canvas.score.capitalize()} from {counted(sources, 'source')} to {counted(targets, 'target')}"
    page = canvas.page(title, [f"{cells['task'][0]} · {line}" if "task" in cells.columns else line])
    best = cells.sort("score", descending=True).head(1).row(0, named=True)
    origin = _source_name(best["source"], canvas)
    described = f"{title}; best from {origin} to {canvas.name(best['target'])}, {best['score']:.3g}."
    if sources * targets > MOST_SQUARES:
        languages = (_ordered(cells["source"].unique().to_list()), _ordered(cells["target"].unique().to_list()))
        named_panels = {_about(panel, keys): panel for panel in panels}
        return page.finish(draw_blocks(named_panels, languages, limits, canvas, page), described)
    side = min(page.height - NAMES, page.width / len(panels) - NAMES)
    named = side / max(sources, targets) >= LEAST_STEP
    if not named:
        side = min(page.height - BARE, (page.width - LEGEND) / len(panels) - BARE)
    drawn = [_panel(panel, keys, canvas, limits, side, named=named) for panel in panels]
    return page.finish(alt.hconcat(*drawn, spacing=24), described)


def _panel(
    panel: pl.DataFrame, keys: Sequence[str], canvas: Canvas, limits: tuple[float, float], side: float, *, named: bool
) -> Any:
    import altair as alt

    sources, targets = (_ordered(panel[side].unique().to_list()) for side in ("source", "target"))
    digits = f".{decimals([(limits[1] - limits[0]) / 3])}f"
    names = {code: _source_name(code, canvas) for code in {*sources, *targets}}
    rows = [
        {"source": names[source], "target": names[target], "score": value}
        for source, target, value in panel.select("source", "target", "score").iter_rows()
    ]
    step = max(1.5, min(40.0, side / max(len(targets), len(sources))))
    sources, targets = ([names[code] for code in of] for of in (sources, targets))

    def axis(languages: list[str], role: str, angle: int) -> alt.Axis:
        title = None if named else f"{role} {counted(len(languages), 'language')}"
        return alt.Axis(labels=named, ticks=False, title=title, labelAngle=angle, grid=False, labelOverlap=False)

    base = alt.Chart(inline(rows)).encode(
        x=alt.X("target:N", sort=targets, axis=axis(targets, "tested on", -60)),
        y=alt.Y("source:N", sort=sources, axis=axis(sources, "trained on", 0)),
    )
    tooltip = [
        alt.Tooltip("source:N", title="trained on"),
        alt.Tooltip("target:N", title="tested on"),
        alt.Tooltip("score:Q", title=canvas.score_title, format=digits),
    ]
    colour = alt.Color(
        "score:Q",
        title=canvas.score_title,
        scale=alt.Scale(scheme=canvas.colours.scheme, domain=list(limits)),
        legend=alt.Legend(format=digits),
    )
    squares = base.mark_rect().encode(color=colour, tooltip=tooltip)
    layers: Any = alt.layer(squares)
    if max(len(sources), len(targets)) <= MOST_WRITTEN:
        middle = sum(limits) / 2
        ink = alt.condition(f"datum.score > {middle}", alt.value("#222222"), alt.value("white"))
        layers = alt.layer(
            squares, base.mark_text(fontSize=10).encode(text=alt.Text("score:Q", format=digits), color=ink)
        )
    part = alt.TitleParams(
        text=_about(panel, keys), anchor="start", frame="group", fontSize=13, fontWeight="normal", offset=6
    )
    return layers.properties(width=alt.Step(step), height=alt.Step(step), title=part)


def _about(panel: pl.DataFrame, keys: Sequence[str]) -> str:
    """What tells a panel from the others."""
    properties = [(key, panel[key][0]) for key in keys if panel[key][0] is not None]
    return " · ".join(str(value) + (" examples" if key == "size" else "") for key, value in properties)


def _source_name(source: str, canvas: Canvas) -> str:
    """What stands beside a row: a language, or the languages of a mix, with their examples where these differ."""
    mix = TrainingMix.parse(source)
    languages = [canvas.name(language) if len(mix) <= MOST_NAMED else language for language in mix]
    if len({*mix.values()}) == 1:
        return " + ".join(languages)
    return " + ".join(f"{size} {language}" for language, size in zip(languages, mix.values(), strict=True))


def _ordered(sources: list[str]) -> list[str]:
    """Languages of one script beside each other, and of one family within it; below them mixes, small ones first."""
    mixes = {source: [*TrainingMix.parse(source)] for source in sources}
    resolved = {source: resolve(languages[0]) for source, languages in mixes.items()}
    return sorted(
        sources, key=lambda one: (len(mixes[one]), resolved[one].script, resolved[one].family, one)
    )  # fmt: skip
