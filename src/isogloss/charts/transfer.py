"""Transfer from every source to every target as a heatmap, one panel per recipe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from isogloss.charts.style import INK, SCORE_COLOURS, finished, inline, number_format, score_range
from isogloss.errors import BadValue
from isogloss.languages import resolve

if TYPE_CHECKING:
    import altair as alt
    import polars as pl

MOST_NAMED = 55
"""Languages on an axis that there is room to name."""
MOST_WRITTEN = 14
"""Languages up to which scores are written into the cells."""
SIDE = 620


def transfer_heatmap(cells: pl.DataFrame, *, score: str = "score", title: str | None = None) -> alt.VConcatChart:
    """Draw scores as colours: sources in rows, targets in columns, languages of one script and family together.

    Parameters
    ----------
    cells : polars.DataFrame
        `source`, `target`, `score` and the keys of panels: `pair`, `model`, `recipe`, `size`, where present. Of
        one task and metric, one row per cell; as `isogloss.lab.Findings.cells` gives them, without shots.
    score : str, default "score"
        What the scores are, such as `accuracy`.
    title : str, optional

    Returns
    -------
    altair.VConcatChart

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
    keys = [name for name in ("pair", "model", "recipe", "size") if name in cells.columns]
    panels = cells.partition_by(keys, maintain_order=True) if keys else [cells]
    low, high = score_range(cells["score"].to_list())
    drawn = [_panel(panel, keys, score, (low, high)) for panel in panels]
    sources, targets = cells["source"].n_unique(), cells["target"].n_unique()
    title = title or f"{score.capitalize()} from {sources} source{'' if sources == 1 else 's'} to {targets} targets"
    return finished(alt.vconcat(*drawn, spacing=28), title, [_about(cells)])


def _panel(panel: pl.DataFrame, keys: Sequence[str], score: str, limits: tuple[float, float]) -> Any:
    import altair as alt

    sources, targets = (_ordered(panel[side].unique().to_list()) for side in ("source", "target"))
    digits = number_format(*limits)
    names = {code: resolve(code).name for code in {*sources, *targets}}
    rows = [
        {"source": source, "target": target, "score": value, "from": names[source], "to": names[target]}
        for source, target, value in panel.select("source", "target", "score").iter_rows()
    ]
    step = max(3, min(34, SIDE // max(len(targets), len(sources))))

    def axis(languages: list[str], angle: int) -> alt.Axis:
        named = len(languages) <= MOST_NAMED
        return alt.Axis(labels=named, ticks=False, title=None, labelAngle=angle, grid=False, labelOverlap=False)

    base = alt.Chart(inline(rows)).encode(
        x=alt.X("target:N", sort=targets, axis=axis(targets, -60)),
        y=alt.Y("source:N", sort=sources, axis=axis(sources, 0)),
    )
    tooltip = [
        alt.Tooltip("from:N", title="trained on"),
        alt.Tooltip("to:N", title="tested on"),
        alt.Tooltip("score:Q", title=score, format=digits),
    ]
    colour = alt.Color(
        "score:Q",
        title=score,
        scale=alt.Scale(scheme=SCORE_COLOURS, domain=list(limits)),
        legend=alt.Legend(format=digits),
    )
    squares = base.mark_rect().encode(color=colour, tooltip=tooltip)
    properties = [(key, panel[key][0]) for key in keys if panel[key][0] is not None]
    about = " · ".join(str(value) + (" examples" if key == "size" else "") for key, value in properties)
    layers: Any = alt.layer(squares)
    if max(len(sources), len(targets)) <= MOST_WRITTEN:
        middle = sum(limits) / 2
        ink = alt.condition(f"datum.score > {middle}", alt.value(INK), alt.value("white"))
        layers = alt.layer(
            squares, base.mark_text(fontSize=10).encode(text=alt.Text("score:Q", format=digits), color=ink)
        )
    part = alt.TitleParams(text=about, anchor="start", frame="group", fontSize=13, fontWeight="normal", offset=6)
    return layers.properties(width=alt.Step(step), height=alt.Step(step), title=part)


def _ordered(languages: list[str]) -> list[str]:
    """Languages of one script beside each other, and of one family within it."""
    resolved = {code: resolve(code) for code in languages}
    return sorted(languages, key=lambda code: (resolved[code].script, resolved[code].family, code))


def _about(cells: pl.DataFrame) -> str:
    task = f"{cells['task'][0]} · " if "task" in cells.columns else ""
    return f"{task}rows: trained on, columns: tested on; by script and family"
