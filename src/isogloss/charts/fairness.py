"""How evenly candidates serve languages: every language of every candidate, and the rules that pick it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from isogloss.charts.canvas import LABEL_SIZE, Canvas, decimals, figure, inline, score_range
from isogloss.charts.lines import GAP, Line, Scale, heights, lines_panel, most_lines, points
from isogloss.evidence import TrainingMix

if TYPE_CHECKING:
    import altair as alt

CELL = 46.0
SLANT = 46.0
"""Units for the names of the rules above their columns."""
MOST_CANDIDATES = 16


def draw_fairness(
    scores: pl.DataFrame, rules: Mapping[str, Sequence[str]], *, by: str = "model", canvas: Canvas | None = None
) -> alt.HConcatChart:
    """Draw every language of every candidate, and beside it the rules that pick it.

    Parameters
    ----------
    scores : polars.DataFrame
        `candidate`, `target`, `score`.
    rules : mapping of str to sequence of str
        Rule and the candidates that it picks.
    by : {"model", "recipe", "train"}
        What candidates are; a training mix is written in words.
    canvas : Canvas, optional

    Returns
    -------
    altair.HConcatChart

    Notes
    -----
    A line per candidate, the best mean first: pale dots are languages, the filled dot is the mean, the diamond the
    worst-off language, which is named. Of too many candidates, the best by mean and those that a rule picks are drawn.
    """
    import altair as alt

    canvas = canvas or Canvas()
    page = canvas.page("Which one serves languages most fairly?")
    means = scores.group_by("candidate", maintain_order=True).agg(pl.col("score").mean())
    order = means.sort("score", descending=True, maintain_order=True)["candidate"].to_list()
    picked = {name for winners in rules.values() for name in winners}
    most = min(MOST_CANDIDATES, most_lines(page.height - SLANT))
    drawn = [name for at, name in enumerate(order) if at < most or name in picked][: max(most, len(picked))]
    rest = f" {len(drawn)} of {len(order)} are drawn." if len(drawn) < len(order) else ""
    page = canvas.page(
        "Which one serves languages most fairly?",
        [f"Pale dots: languages; dots: means; diamonds: the worst-off language.{rest}"],
    )
    height, matrix = page.height - SLANT, CELL * len(rules) + SLANT
    names = {name: mix_name(name, canvas) if by == "train" else name for name in drawn}
    parts: Any = alt.hconcat(
        _strips(scores, names, canvas, page.width - matrix - GAP, height),
        _verdicts(rules, drawn, canvas, matrix, height),
        spacing=GAP,
    )
    return page.finish(parts, _in_words(scores, names, rules, canvas))


def mix_name(text: str, canvas: Canvas) -> str:
    """A training mix as a short name: `English 700 + Hindi 300`."""
    mix = TrainingMix.parse(text, language=str)
    sizes = {canvas.name(code): "" if size is None else f" {size:,}" for code, size in mix.items()}
    return " + ".join(f"{name}{size}" for name, size in sizes.items()) or "used as it is"


def _strips(scores: pl.DataFrame, names: Mapping[str, str], canvas: Canvas, width: float, height: float) -> Any:
    """Languages as pale dots under the mean and the worst-off language of each candidate."""
    import altair as alt

    factor, colours = canvas.factor, canvas.colours
    every = [factor * score for score in scores["score"]]
    digits = decimals([factor * 0.1])
    lines, dots = [], []
    for name, y in zip(names, heights(len(names), height), strict=True):
        rows = scores.filter(pl.col("candidate") == name)
        worst = rows.sort("score").row(0, named=True)
        mean, low = factor * rows["score"].to_numpy().mean(), factor * worst["score"]
        lines.append(
            Line(names[name], mean, start=low, figures=figure(mean, digits),
                 note=f"worst: {canvas.name(worst['target'])} {figure(low, digits)}")
        )  # fmt: skip
        dots += [
            {"name": canvas.name(row["target"]), "score": factor * row["score"], "y": y} for row in rows.to_dicts()
        ]
        dots.append({"name": canvas.name(worst["target"]), "score": low, "y": y, "worst": True})
    low, high = score_range(every, percent=canvas.percent)
    panel = lines_panel(lines, Scale(low, high, canvas.score_title), canvas, width, height)
    scale = next(layer.encoding.x for layer in panel.layer if getattr(layer.encoding.x, "shorthand", "") == "value:Q")
    x = scale.copy()
    x.shorthand = "score:Q"
    place = {"x": x, "y": alt.Y("y:Q", scale=None, axis=None), "tooltip": ["name:N", "score:Q"]}
    base = alt.Chart(inline([row for row in dots if "worst" not in row])).encode(**place)
    worst_dots = alt.Chart(inline([row for row in dots if "worst" in row])).encode(**place)
    pale = base.mark_point(filled=True, size=26, opacity=0.3, color=colours.forecast)
    worst_off = worst_dots.mark_point(filled=True, size=60, opacity=1, color=colours.alert, shape="diamond")
    return alt.layer(pale, *panel.layer, worst_off).properties(width=width, height=panel.height)


def _verdicts(
    rules: Mapping[str, Sequence[str]], order: Sequence[str], canvas: Canvas, width: float, height: float
) -> Any:
    """A dot in the column of each rule that picks a candidate."""
    import altair as alt

    ys = heights(len(order), height)
    colours = canvas.colours
    columns = {rule: (at + 0.5) * CELL for at, rule in enumerate(rules)}
    cells = [
        {
            "rule": rule, "candidate": name, "picked": name in winners, "x": columns[rule], "y": y, "size": 110,
            "shape": "circle", "stroke": colours.forecast if name in winners else colours.lines,
            "fill": colours.forecast if name in winners else colours.background,
        }
        for rule, winners in rules.items()
        for name, y in zip(order, ys, strict=True)
    ]  # fmt: skip
    slanted = (
        alt.Chart(inline([{"text": rule, "x": x - 6, "y": -10.0} for rule, x in columns.items()]))
        .mark_text(align="left", baseline="middle", angle=325, fontSize=LABEL_SIZE, color=colours.ink)
        .encode(x=alt.X("x:Q", scale=None, axis=None), y=alt.Y("y:Q", scale=None, axis=None), text=alt.Text("text:N"))
    )
    chart: Any = alt.layer(points(cells), slanted)
    return chart.properties(width=width, height=ys[-1] + ys[0])


def _in_words(
    scores: pl.DataFrame, names: Mapping[str, str], rules: Mapping[str, Sequence[str]], canvas: Canvas
) -> str:
    parts = []
    for name, said in names.items():
        rows = scores.filter(pl.col("candidate") == name).sort("score")
        mean, worst = canvas.factor * rows["score"].to_numpy().mean(), rows.row(0, named=True)
        digits = decimals([canvas.factor * 0.1])
        parts.append(
            f"{said} {figure(mean, digits)}, worst {canvas.name(worst['target'])} "
            f"{figure(canvas.factor * worst['score'], digits)}"
        )
    picks = "; ".join(f"{rule}: {', '.join(names.get(name, name) for name in of)}" for rule, of in rules.items())
    return f"Mean {canvas.score_title}: {'; '.join(parts)}. Picked by {picks}."
