"""What was measured and what is missing: models by languages, in the colours of their scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from isogloss.charts.canvas import LABEL_SIZE, Canvas, figure, inline, score_range, text_width
from isogloss.charts.lines import GAP, HEADER, text_layer, word
from isogloss.text import counted

if TYPE_CHECKING:
    import altair as alt

MOST_NAMED = 44
"""Languages whose names there is room for below the cells."""
MOST_WRITTEN = 20
"""Languages up to which scores are written into the cells."""
MOST_MODELS, MOST_ROW = 24, 44.0
NAMES = 82.0
"""Units below the cells for names of languages."""
LEGEND = 34.0
MOST_NAME = 150.0


def draw_evidence(observations: pl.DataFrame, *, canvas: Canvas | None = None) -> alt.LayerChart:
    """Draw the mean score of every model in every language; what was not measured is left blank.

    Parameters
    ----------
    observations : polars.DataFrame
        `model`, `target`, `score` of one metric; scores of several tasks and mixes are averaged.
    canvas : Canvas, optional

    Returns
    -------
    altair.LayerChart

    Notes
    -----
    Models with most languages come first, languages in the order of their mean score. Of more than 24 models those
    with most languages are drawn, and how many are not is said.
    """

    canvas = canvas or Canvas()
    cells = observations.group_by("model", "target", maintain_order=True).agg(pl.col("score").mean())
    counts = cells.group_by("model", maintain_order=True).agg(pl.len(), pl.col("score").mean())
    models = counts.sort(["len", "score", "model"], descending=[True, True, False])["model"].to_list()
    left_out, models = models[MOST_MODELS:], models[:MOST_MODELS]
    cells = cells.filter(pl.col("model").is_in(models))
    means = cells.group_by("target", maintain_order=True).agg(pl.col("score").mean())
    targets = means.sort(["score", "target"], descending=[True, False])["target"].to_list()
    share = cells.height / (len(models) * len(targets))
    lines = [f"{counted(cells.height, 'mean score')}, {100 * share:.0f} % of the cells; blank: not measured."]
    lines += [f"Not drawn, with fewer languages: {len(left_out)} models."] if left_out else []
    page = canvas.page(f"{counted(len(models), 'model')} in {counted(len(targets), 'language')}", lines)
    named = len(targets) <= MOST_NAMED
    height = min((page.height - LEGEND - HEADER - NAMES * named) / len(models), MOST_ROW) * len(models)
    chart = _cells(cells, models, targets, canvas, page.width, height, named)
    return page.finish(chart, _in_words(cells, models, targets, left_out, canvas))


def _cells(
    cells: pl.DataFrame, models: list[str], targets: list[str], canvas: Canvas, width: float, height: float, named: bool
) -> Any:
    import altair as alt

    colours, factor = canvas.colours, canvas.factor
    left = min(max(text_width(model) for model in models), MOST_NAME) + GAP
    counts = dict(cells.group_by("model").len().iter_rows())
    right = width - text_width("000 of 000") - GAP
    across, down = (right - left) / len(targets), height / len(models)
    column, line = ({name: at for at, name in enumerate(of)} for of in (targets, models))
    low, high = score_range([factor * score for score in cells["score"]], percent=canvas.percent)
    names = {target: canvas.name(target) for target in targets}
    rows = [
        {
            "language": names[target], "model": model, "score": factor * score,
            "x": left + column[target] * across, "x2": left + (column[target] + 1) * across - 0.6 * (across > 4),
            "y": line[model] * down, "y2": (line[model] + 1) * down - 1.0 * (down > 4),
        }
        for model, target, score in cells.select("model", "target", "score").iter_rows()
    ]  # fmt: skip
    x, y = (alt.X("x:Q", scale=None, axis=None), alt.Y("y:Q", scale=None, axis=None))
    legend = alt.Legend(orient="bottom", direction="horizontal", title=canvas.score_title, titleOrient="left",
                        gradientLength=180, gradientThickness=10, tickCount=4)  # fmt: skip
    colour = alt.Fill("score:Q", scale=alt.Scale(scheme=colours.scheme, domain=[low, high]), legend=legend)
    ground = [{"x": left, "x2": right, "y": 0.0, "y2": height}]
    words = [word(model, 0.0, (line[model] + 0.5) * down, colours.ink) for model in models]
    words += [
        word(f"{counts[model]} of {len(targets)}", right + GAP, (line[model] + 0.5) * down, colours.pale_ink)
        for model in models
    ]
    layers = [
        alt.Chart(inline(ground)).mark_rect(color=colours.land, opacity=0.6).encode(
            x=x, x2=alt.X2("x2:Q"), y=y, y2=alt.Y2("y2:Q")
        ),
        alt.Chart(inline(rows)).mark_rect().encode(
            x=x, x2=alt.X2("x2:Q"), y=y, y2=alt.Y2("y2:Q"), fill=colour,
            tooltip=[alt.Tooltip("model:N"), alt.Tooltip("language:N"), alt.Tooltip("score:Q", format=".3~g")],
        ),
        text_layer(words, limit=MOST_NAME),
    ]  # fmt: skip
    if len(targets) <= MOST_WRITTEN and down > LABEL_SIZE:
        layers.append(_written(rows, (low + high) / 2, 0 if canvas.percent else 2))
    if named:
        layers.append(_language_names(names, left, across, height, colours.ink))
    chart: Any = alt.layer(*layers)
    return chart.properties(width=width, height=height + NAMES * named)


def _written(rows: list[dict[str, Any]], middle: float, digits: int) -> Any:
    """Scores in their cells, dark on light ones."""
    words = [
        word(figure(row["score"], digits), (row["x"] + row["x2"]) / 2 - 7, (row["y"] + row["y2"]) / 2,
             "#222222" if row["score"] > middle else "#ffffff")
        for row in rows
    ]  # fmt: skip
    return text_layer(words, 11.0)


def _language_names(names: dict[str, str], left: float, across: float, height: float, colour: str) -> Any:
    import altair as alt

    rows = [{"text": name, "x": left + (at + 0.5) * across, "y": height + 6} for at, name in enumerate(names.values())]
    return (
        alt.Chart(inline(rows))
        .mark_text(align="right", baseline="middle", angle=300, fontSize=LABEL_SIZE - 1, color=colour, limit=NAMES + 8)
        .encode(x=alt.X("x:Q", scale=None, axis=None), y=alt.Y("y:Q", scale=None, axis=None), text=alt.Text("text:N"))
    )


def _in_words(cells: pl.DataFrame, models: list[str], targets: list[str], left_out: list[str], canvas: Canvas) -> str:
    parts = []
    for model in models:
        scores = cells.filter(pl.col("model") == model)["score"]
        low, high = canvas.factor * scores.to_numpy().min(), canvas.factor * scores.to_numpy().max()
        parts.append(f"{model} in {len(scores)} of {len(targets)}, {low:.3g} to {high:.3g}")
    rest = f" {counted(len(left_out), 'more model')} not drawn." if left_out else ""
    return f"Mean {canvas.score_title} by model and language: {'; '.join(parts)}.{rest}"
