"""What to train on and what to test next: each choice with what is expected of it, beside those of baselines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isogloss.charts.style import INK, finished, inline, number_format, palette
from isogloss.languages import resolve

if TYPE_CHECKING:
    import altair as alt

    from isogloss.planning.next import NextTests
    from isogloss.planning.sources import SourceRanking

TESTED, ALTERNATIVES = "tested one after another", "as many others"
NEXT_PANEL = 430
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
        marks = (
            f" · {', '.join(chosen[source][:2])}{' …' if len(chosen[source]) > 2 else ''}" if source in chosen else ""
        )
        who = BEST if source in best else BASELINE
        rows.append({**row, "label": named + marks, "who": who, "none": 0.0})
    return rows


def next_plot(tests: NextTests, *, title: str | None = None) -> alt.LayerChart:
    """Draw how unsure the rest is after each test, from nothing tested on, with the baselines below.

    Parameters
    ----------
    tests : isogloss.planning.next.NextTests
    title : str, optional

    Returns
    -------
    altair.LayerChart

    Notes
    -----
    A bar is what a test (of a baseline: all its tests) takes off; the dot is what is left, and the dashed line
    what is left after the last test of the choice.
    """
    import altair as alt

    rows = _next_rows(tests)
    axis = alt.Axis(
        title="how unsure the rest is: standard deviation of their levels", format=".2~g", tickCount=7, grid=True
    )
    x: dict[str, Any] = {"axis": axis, "scale": alt.Scale(zero=False, nice=True)}
    colour = alt.Color(
        "who:N", title=None, legend=alt.Legend(orient="top"),
        scale=palette({TESTED: OURS, ALTERNATIVES: THEIRS}),
    )  # fmt: skip
    named = alt.Axis(labelLimit=0, ticks=False, domain=False)
    base = alt.Chart().encode(
        y=alt.Y("label:N", sort=[row["label"] for row in rows], title=None, axis=named),
        color=colour,
        tooltip=[alt.Tooltip("label:N"), alt.Tooltip("after:Q", title="left", format=".4f")],
    )
    layers: Any = alt.layer(
        alt.Chart().mark_rule(color=INK, strokeDash=[4, 3]).encode(x=alt.datum(tests.table["deviation_of_rest"][-1])),
        base.mark_rule(strokeWidth=5, opacity=0.3).encode(x=alt.X("before:Q", **x), x2="after:Q"),
        base.mark_point(filled=True, size=75, opacity=1).encode(x=alt.X("after:Q", **x)),
        data=inline(rows),
    )
    chart = layers.properties(width=NEXT_PANEL, height=ROW_HEIGHT * len(rows))
    return finished(chart, title or "Which languages to test next?", [f"{tests.task} · {tests.model}", *tests.notes])


def _next_rows(tests: NextTests) -> list[dict[str, Any]]:
    """Nothing tested, each test with whom it tells about, and the baselines, the best first."""
    left = dict(tests.baselines.iter_rows())
    nothing = left.pop("none")
    left.pop("this choice")
    rows, before = [{"label": "nothing tested yet", "who": TESTED, "before": nothing, "after": nothing}], nothing
    for row in tests.table.iter_rows(named=True):
        about = f" · tells about {row['tells_most_about']}" if row["tells_most_about"] else ""
        label = f"{row['order']} {row['name']} ({row['language']}){about}"
        rows.append({"label": label, "who": TESTED, "before": before, "after": row["deviation_of_rest"]})
        before = row["deviation_of_rest"]
    for name, after in sorted(left.items(), key=lambda one: one[1]):
        rows.append({"label": f"{tests.table.height} {name}", "who": ALTERNATIVES, "before": nothing, "after": after})
    return rows
