"""How evenly candidates serve languages, and which rule of choice picks which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from isogloss.charts.rows import FAR, UNMEASURED
from isogloss.charts.style import INK, KIND_COLOURS, PALE_INK, finished, inline, score_range
from isogloss.languages import resolve

if TYPE_CHECKING:
    import altair as alt

    from isogloss.planning.fairness import Fairness

ROW = 40
STRIP, CELL = 430, 62
MOST = 20


def fair_picture(fairness: Fairness, *, title: str | None = None) -> alt.HConcatChart:
    """Draw every language of every candidate, and beside it the rules that pick it.

    Parameters
    ----------
    fairness : isogloss.planning.fairness.Fairness
    title : str, optional

    Returns
    -------
    altair.HConcatChart

    Notes
    -----
    Of more than twenty candidates, the best twenty by mean and those that a rule picks are drawn.
    """
    import altair as alt

    order = fairness.measures["candidate"].to_list()
    if len(order) > MOST:
        picked = {name for rule in fairness.rules for name in rule.winners}
        order = [name for at, name in enumerate(order) if at < MOST or name in picked]
    parts: Any = alt.hconcat(_strips(fairness, order), _verdicts(fairness, order), spacing=16)
    lines = [
        f"{fairness.task} · {fairness.metric} in {len(fairness.targets)} languages · demand at tau {fairness.tau:g}"
        + ("" if fairness.weighted else ", every language the same"),
        "Dots: languages; bar: mean; orange: the worst-off language. Filled: what a rule picks.",
    ]
    if len(order) < len(fairness.candidates):
        lines.append(f"{len(order)} of {len(fairness.candidates)} drawn")
    return finished(parts, title or "Which is the fairest?", lines)


def _strips(fairness: Fairness, order: list[str]) -> Any:
    import altair as alt

    place = {name: at for at, name in enumerate(fairness.candidates)}
    rows, means, worst = [], [], []
    for name in order:
        scores = fairness.scores[place[name]]
        at = int(scores.argmin())
        rows += [
            {"candidate": name, "language": resolve(target).name, "score": float(score)}
            for target, score in zip(fairness.targets, scores, strict=True)
        ]
        means.append({"candidate": name, "score": float(scores.mean())})
        worst.append({"candidate": name, "score": float(scores[at]), "language": resolve(fairness.targets[at]).name})
    low, high = score_range([float(value) for value in np.ravel(fairness.scores)])
    x = alt.X(
        "score:Q", scale=alt.Scale(domain=[low, high], nice=False), axis=alt.Axis(title=fairness.metric, tickCount=6)
    )
    y = alt.Y("candidate:N", sort=order, title=None, axis=alt.Axis(labelLimit=230))
    told = ["language:N", alt.Tooltip("score:Q", format=".3f")]
    layers = [
        alt.Chart(inline(rows)).mark_point(filled=True, size=34, opacity=0.35, color=KIND_COLOURS[UNMEASURED]),
        alt.Chart(inline(means)).mark_tick(thickness=3, height=ROW - 20, color=INK),
        alt.Chart(inline(worst)).mark_point(filled=True, size=70, opacity=1, color=KIND_COLOURS[FAR]),
    ]
    drawn = [layer.encode(x=x, y=y) for layer in layers]
    drawn[0] = drawn[0].encode(tooltip=told)
    names = (
        alt.Chart(inline(worst)).mark_text(align="left", dx=-4, dy=-16, fontSize=11, color=PALE_INK).encode(
            x=x, y=y, text="language:N"
        )
    )  # fmt: skip
    return alt.layer(*drawn, names).properties(width=STRIP, height=ROW * len(order))


def _verdicts(fairness: Fairness, order: list[str]) -> Any:
    import altair as alt

    cells = [
        {"rule": rule.name, "candidate": name, "picked": name in rule.winners}
        for rule in fairness.rules
        for name in order
    ]
    rules = [rule.name for rule in fairness.rules]
    base = alt.Chart(inline(cells)).encode(
        x=alt.X("rule:N", sort=rules, title=None, axis=alt.Axis(orient="top", labelAngle=-35, ticks=False)),
        y=alt.Y("candidate:N", sort=order, title=None, axis=alt.Axis(labels=False, ticks=False)),
    )
    dots = base.mark_point(size=150, strokeWidth=1.5, opacity=1, color=KIND_COLOURS[UNMEASURED]).encode(
        fill=alt.condition("datum.picked", alt.value(KIND_COLOURS[UNMEASURED]), alt.value("white"))
    )
    return dots.properties(width=CELL * len(rules), height=ROW * len(order))
