"""What to train on: sources and sets of sources of one target, and sources chosen for many."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from isogloss.charts.canvas import Canvas, decimals, figure, score_range
from isogloss.charts.lines import GAP, Line, Scale, lines_panel
from isogloss.text import counted

if TYPE_CHECKING:
    import altair as alt
    import polars as pl

LEAST_LOSS = 0.1
"""Of the range of scores: where an axis of losses ends at least, so that small ones look small."""
REGRET = 0.34
"""Of the page's width, for the regrets."""
TOP = 8
MOST_BASELINES = 4
"""Sources that only baselines choose, at most."""
BEST, BASELINE = "among the best", "what a simpler rule picks"
NAMED_RULES = 2


def draw_sources(
    sources: pl.DataFrame,
    baselines: pl.DataFrame | None = None,
    *,
    target: str,
    top: int = TOP,
    canvas: Canvas | None = None,
) -> alt.HConcatChart:
    """Draw the best languages to train on for a target and those that simpler rules pick: scores and regrets.

    Parameters
    ----------
    sources : polars.DataFrame
        `source`, `mean`, `lower`, `upper`, `regret` and `regret_upper`, best first; maybe `source_as_reported`.
    baselines : polars.DataFrame, optional
        `baseline` and the `source` that it picks.
    target : str
        The language to serve.
    top : int, default 8
        How many of the best are drawn.
    canvas : Canvas, optional

    Returns
    -------
    altair.HConcatChart
    """
    import altair as alt

    canvas = canvas or Canvas()
    page = canvas.page(
        f"Which language to train on for {canvas.name(target)}?",
        ["Loss: against the best source, whichever it is; its band reaches to what is lost at most."],
    )
    picks: dict[str, list[str]] = {}
    for baseline, source in [] if baselines is None else baselines.select("baseline", "source").iter_rows():
        picks.setdefault(source, []).append(baseline)
    best = sources.head(top)["source"].to_list()
    others = [source for source in sources["source"] if source in picks and source not in best][:MOST_BASELINES]
    rows = [row for row in sources.iter_rows(named=True) if row["source"] in (*best, *others)]
    colours = canvas.colours
    shade = {True: colours.forecast, False: colours.alert}
    looks = {BEST: {"colour": shade[True]}, BASELINE: {"colour": shade[False], "shape": "diamond"}}
    factor = canvas.factor
    digits = decimals([factor * (row["upper"] - row["lower"]) for row in rows])
    scores, regrets = [], []
    for row in rows:
        of_best = row["source"] in best
        name = canvas.name(row["source"], row.get("source_as_reported"))
        look: dict[str, Any] = {"colour": shade[of_best], "shape": "circle" if of_best else "diamond"}
        mean, low, high = (factor * row[end] for end in ("mean", "lower", "upper"))
        written = f"{figure(mean, digits)} ({figure(low, digits)} to {figure(high, digits)})"
        scores.append(Line(name, mean, low, high, written, note=_rules(picks.get(row["source"], [])), **look))
        lost = factor * row["regret"]
        regrets.append(Line(name, lost, 0.0, factor * row["regret_upper"], figure(lost, digits), **look))
    width = page.width * (1 - REGRET) - 2 * GAP
    score = Scale(*score_range([end for line in scores for end in (line.lower, line.upper) if end is not None],
                               percent=canvas.percent), canvas.score_title)  # fmt: skip
    most = max(line.upper or 0.0 for line in [*scores, *regrets])
    least = LEAST_LOSS * factor if most <= factor else 0.0
    regret = Scale(
        0.0,
        max(score_range([0.0, *(line.upper or 0.0 for line in regrets)])[1], least),
        f"loss against the best source{' (points)' if canvas.percent else ''}",
    )
    parts: Any = alt.hconcat(
        lines_panel(scores, score, canvas, width, page.height, key=looks if others else None),
        lines_panel(regrets, regret, canvas, page.width * REGRET, page.height, named=False),
        spacing=2 * GAP,
    )
    return page.finish(parts, f"Expected {canvas.score_title} by source, best first: {_listed(scores)}.")


def draw_source_sets(sets: pl.DataFrame, *, target: str, top: int = 12, canvas: Canvas | None = None) -> alt.LayerChart:
    """Draw the best sets of languages to train on together for a target.

    Parameters
    ----------
    sets : polars.DataFrame
        `sources` (ids, comma between), `mean`, `lower`, `upper`, best first.
    target, top, canvas
        As for `draw_sources`.
    """
    canvas = canvas or Canvas()
    page = canvas.page(f"Which languages to train on together for {canvas.name(target)}?")
    factor = canvas.factor
    rows = sets.head(top).to_dicts()
    digits = decimals([factor * (row["upper"] - row["lower"]) for row in rows])
    lines = []
    for row in rows:
        mean, low, high = (factor * row[end] for end in ("mean", "lower", "upper"))
        written = f"{figure(mean, digits)} ({figure(low, digits)} to {figure(high, digits)})"
        lines.append(Line(_together(row["sources"], canvas), mean, low, high, written))
    ends = [end for line in lines for end in (line.lower, line.upper) if end is not None]
    scale = Scale(*score_range(ends, percent=canvas.percent), canvas.score_title)
    parts = lines_panel(lines, scale, canvas, page.width, page.height)
    return page.finish(parts, f"Forecast {canvas.score_title} by set of sources, best first: {_listed(lines)}.")


def draw_chosen_sources(
    targets: pl.DataFrame, baselines: pl.DataFrame | None = None, *, canvas: Canvas | None = None
) -> alt.TopLevelMixin:
    """Draw the few sources chosen for many targets: what each target gets, and what other choices would reach.

    Parameters
    ----------
    targets : polars.DataFrame
        `target`, the `source` that serves it and the `mean` score, with `basis` (`measured` or `forecast`).
    baselines : polars.DataFrame, optional
        `choice`, its `sources` and the `mean` over targets.
    canvas : Canvas, optional
    """
    import altair as alt

    canvas = canvas or Canvas()
    chosen = list(dict.fromkeys(targets["source"]))
    names = ", ".join(canvas.name(source) for source in chosen)
    page = canvas.page(f"{names} serve {counted(targets.height, 'target')}")
    colours, factor = canvas.colours, canvas.factor
    digits = decimals([factor * 0.1])
    looks = {"measured": {"colour": colours.measured, "shape": "square"}, "forecast": {"colour": colours.forecast}}
    rows = sorted(targets.iter_rows(named=True), key=lambda row: (chosen.index(row["source"]), -row["mean"]))
    lines = [
        Line(
            canvas.name(row["target"]), factor * row["mean"], figures=figure(factor * row["mean"], digits),
            note=f"from {canvas.name(row['source'])}", colour=looks[row["basis"]]["colour"],
            shape=looks[row["basis"]].get("shape", "circle"),
        )
        for row in rows
    ]  # fmt: skip
    scale = Scale(*score_range([line.value or 0.0 for line in lines], percent=canvas.percent), canvas.score_title)
    rivals = [] if baselines is None else baselines.sort("mean", descending=True).to_dicts()
    width = page.width * (1 - REGRET) - 2 * GAP if rivals else page.width
    parts = lines_panel(lines, scale, canvas, width, page.height, key=looks)
    if rivals:
        means = [
            Line(row["choice"], factor * row["mean"], figures=figure(factor * row["mean"], digits),
                 note=_together(row["sources"], canvas), bar=True,
                 colour=colours.forecast if row["choice"] == "this choice" else colours.pale_ink)
            for row in rivals
        ]  # fmt: skip
        mean = Scale(scale.low, scale.high, f"mean {canvas.score_title}")
        other = lines_panel(means, mean, canvas, page.width * REGRET, page.height, title="Other choices")
        parts = alt.hconcat(parts, other, spacing=2 * GAP)
    return page.finish(parts, f"{canvas.score_title} by target: {_listed(lines)}.")


def _rules(names: list[str]) -> str:
    """The simpler rules that pick a source, for a note."""
    if not names:
        return ""
    return f"picked by {', '.join(names) if len(names) <= NAMED_RULES else counted(len(names), 'rule')}"


def _together(sources: str, canvas: Canvas) -> str:
    return " + ".join(canvas.name(source) for source in sources.split(",") if source)


def _listed(lines: Iterable[Line]) -> str:
    return "; ".join(f"{line.name} {line.figures}" for line in lines)
