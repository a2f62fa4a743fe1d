"""Languages to test next: what each takes off what is not known about the rest, and what other choices would leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isogloss.charts.sources import OURS, ROW_HEIGHT, THEIRS
from isogloss.charts.style import INK, finished, inline, palette

if TYPE_CHECKING:
    import altair as alt

    from isogloss.planning.next import NextTests

CHOSEN, OTHERS = "tested one after another", "as many others"
PANEL = 430


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

    rows = _rows(tests)
    axis = alt.Axis(
        title="how unsure the rest is: standard deviation of their levels", format=".2~g", tickCount=7, grid=True
    )
    x: dict[str, Any] = {"axis": axis, "scale": alt.Scale(zero=False, nice=True)}
    colour = alt.Color(
        "who:N", title=None, legend=alt.Legend(orient="top"),
        scale=palette({CHOSEN: OURS, OTHERS: THEIRS}),
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
    chart = layers.properties(width=PANEL, height=ROW_HEIGHT * len(rows))
    return finished(chart, title or "Which languages to test next?", [f"{tests.task} · {tests.model}", *tests.notes])


def _rows(tests: NextTests) -> list[dict[str, Any]]:
    """Nothing tested, each test with whom it tells about, and the baselines, the best first."""
    left = dict(tests.baselines.iter_rows())
    nothing = left.pop("none")
    left.pop("this choice")
    rows, before = [{"label": "nothing tested yet", "who": CHOSEN, "before": nothing, "after": nothing}], nothing
    for row in tests.table.iter_rows(named=True):
        about = f" · tells about {row['tells_most_about']}" if row["tells_most_about"] else ""
        label = f"{row['order']} {row['name']} ({row['language']}){about}"
        rows.append({"label": label, "who": CHOSEN, "before": before, "after": row["deviation_of_rest"]})
        before = row["deviation_of_rest"]
    for name, after in sorted(left.items(), key=lambda one: one[1]):
        rows.append({"label": f"{tests.table.height} {name}", "who": OTHERS, "before": nothing, "after": after})
    return rows
