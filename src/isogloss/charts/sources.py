"""Sources of one target: what is expected of each, and what choosing it can cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isogloss.charts.style import finished, inline, number_format, palette
from isogloss.languages import resolve

if TYPE_CHECKING:
    import altair as alt

    from isogloss.planning.sources import SourceRanking

OURS, THEIRS = "#0072b2", "#d55e00"
BEST, BASELINE = "among the best", "a baseline's choice"
ROW_HEIGHT, PANEL = 22, 330


def sources_plot(ranking: SourceRanking, *, top: int = 10, title: str | None = None) -> alt.HConcatChart:
    """Draw the best sources and those that the baselines choose: expected scores, and regret with its band.

    Parameters
    ----------
    ranking : isogloss.planning.sources.SourceRanking
    top : int, default 10
        How many of the best sources are drawn.
    title : str, optional

    Returns
    -------
    altair.HConcatChart
    """
    import altair as alt

    rows = _rows(ranking, top)
    order = [row["label"] for row in rows]
    scale = palette({BEST: OURS, BASELINE: THEIRS})
    colour = alt.Color("who:N", title=None, legend=alt.Legend(orient="top"), scale=scale)
    scores = [row[name] for row in rows for name in ("lower", "upper")]
    digits = number_format(min(scores), max(scores))
    base = alt.Chart(inline(rows)).encode(color=colour)
    parts: list[Any] = []
    for value, low, high, name in (
        ("mean", "lower", "upper", "expected score"),
        ("regret", "none", "regret_upper", "regret: expected loss against the best"),
    ):
        axis = alt.Axis(title=name, format=digits if value == "mean" else ".2~f", grid=True)
        named = alt.Axis(labels=not parts, labelLimit=0, ticks=False, domain=False)
        y = alt.Y("label:N", sort=order, title=None, axis=named)
        shared = base.encode(y=y, tooltip=[alt.Tooltip("label:N"), alt.Tooltip(f"{value}:Q", format=".3f")])
        band = shared.mark_rule(strokeWidth=5, opacity=0.3).encode(
            x=alt.X(f"{low}:Q", axis=axis, scale=alt.Scale(zero=False)), x2=f"{high}:Q"
        )
        dot = shared.mark_point(filled=True, size=75, opacity=1).encode(x=alt.X(f"{value}:Q", axis=axis))
        parts.append(alt.layer(band, dot).properties(width=PANEL, height=ROW_HEIGHT * len(rows)))
    lines = [f"{ranking.task} · {ranking.model} · bands hold with {100 * ranking.level:g} %", *ranking.notes]
    title = title or f"Which language to train on for {resolve(ranking.target).name}?"
    return finished(alt.hconcat(*parts, spacing=30), title, lines)


def _rows(ranking: SourceRanking, top: int) -> list[dict[str, Any]]:
    """The best, and below them what the baselines choose beside them."""
    best = ranking.table.head(top)["source"].to_list()
    chosen: dict[str, list[str]] = {}
    for baseline, source in ranking.baselines.select("baseline", "source").iter_rows():
        chosen.setdefault(source, []).append(baseline)
    rows = []
    for row in ranking.table.to_dicts():
        source = row["source"]
        if source not in best and source not in chosen:
            continue
        named = f"{resolve(source).name} ({source})"
        said = (
            f" · {', '.join(chosen[source][:2])}{' …' if len(chosen[source]) > 2 else ''}" if source in chosen else ""
        )
        who = BEST if source in best else BASELINE
        rows.append({**row, "label": named + said, "who": who, "none": 0.0})
    return rows
