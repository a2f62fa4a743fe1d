"""Claim: scoring alignment takes time by languages, not by their pairs, and by sentences to a power below 2.

CPU seconds of one layer of 384 dimensions, one thread: MEXA of every language against a pivot, CKA of all pairs of
languages. Once the languages grow and there are 1,004 sentences, once the sentences grow and there are 205 languages.
The growth is the slope of the logarithms over the three largest sizes. Vectors are planted, as in `align_speed`.
Writes benchmarks/results/align_growth.json and docs/images/align-growth.png.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.align_speed import WHOLE, WIDTH, planted, timed
from benchmarks.common import ROOT, machine, versions, write_result
from isogloss.alignment import score
from isogloss.threads import one_blas_thread

LANGUAGES, SENTENCES = (13, 26, 51, 103, 205), (63, 126, 251, 502, 1004)
MEASURES = {"mexa": ("MEXA, one pivot", False), "cka": ("CKA, all pairs", True)}
"""Name to what is drawn of it, and whether it is of all pairs."""


def main() -> None:
    rows = []
    with one_blas_thread():
        score(planted(2, 1, 20), ["mexa", "cka"])  # imports are not timed
        for axis, sizes in (("languages", LANGUAGES), ("sentences", SENTENCES)):
            for size in sizes:
                rows += measure(axis, size)
    growth = {f"{name} by {axis}": slope(rows, name, axis) for name in MEASURES for axis in ("languages", "sentences")}
    write_result(
        "align_growth",
        {
            "claim": __doc__.partition("\n")[0].removeprefix("Claim: ") if __doc__ else "",
            "machine": machine(), "versions": versions("numpy", "scipy"),
            "input": f"planted vectors of one layer, {WIDTH} dimensions", "growth": growth, "sizes": rows,
        },
    )  # fmt: skip
    draw(rows, growth)


def measure(axis: str, size: int) -> list[dict[str, Any]]:
    """CPU seconds of every measure at one size."""
    shape = {"languages": WHOLE["languages"], "sentences": WHOLE["sentences"]} | {axis: size}
    vectors = {code: rows[0] for code, rows in planted(shape["languages"], 1, shape["sentences"]).items()}
    found = []
    for name, (_, every) in MEASURES.items():
        _, spent = timed(lambda name=name, every=every: score(vectors, [name], all_pairs=every))
        found.append({"axis": axis, "size": size, "measure": name, "cpu_s": round(spent, 3)})
    return found


def slope(rows: list[dict[str, Any]], name: str, axis: str) -> float:
    """By what power of the size the seconds grow."""
    last = [row for row in rows if row["measure"] == name and row["axis"] == axis][-3:]
    sizes, seconds = (np.log([row[key] for row in last]) for key in ("size", "cpu_s"))
    return round(float(np.polyfit(sizes, seconds, 1)[0]), 2)


def draw(rows: list[dict[str, Any]], growth: dict[str, float]) -> None:
    """A panel for what grows, a line for each measure."""
    import altair as alt

    from isogloss.charts import Canvas, save
    from isogloss.charts.canvas import inline

    whole = [row["cpu_s"] for row in rows if row["axis"] == "languages" and row["size"] == LANGUAGES[-1]]
    title = f"205 languages of 1,004 sentences take {min(whole):.0f} to {max(whole):.0f} CPU seconds a layer"
    canvas = Canvas(title=title)
    page = canvas.page(title, ["Both axes are logarithmic; beside each line, the power of the size by which it grows."])
    colours = canvas.colours
    panels = []
    for axis, sizes, label in (
        ("languages", LANGUAGES, "languages (1,004 sentences)"),
        ("sentences", SENTENCES, "sentences (205 languages)"),
    ):
        data = [{**row, "name": MEASURES[row["measure"]][0]} for row in rows if row["axis"] == axis]
        ends = [
            {**row, "name": f"{row['name']}: {growth[row['measure'] + ' by ' + axis]:.1f}"}
            for row in data if row["size"] == sizes[-1]
        ]  # fmt: skip
        x = alt.X("size:Q", scale=alt.Scale(type="log", domain=[sizes[0] * 0.8, sizes[-1] * 1.25], nice=False),
                  axis=alt.Axis(values=list(sizes), title=label))  # fmt: skip
        y = alt.Y("cpu_s:Q", scale=alt.Scale(type="log", domain=[0.02, 20], nice=False),
                  axis=alt.Axis(values=[0.1, 1, 10], title="CPU seconds" if not panels else None))  # fmt: skip
        colour = alt.Color("measure:N", legend=None, scale=alt.Scale(
            domain=list(MEASURES), range=[colours.forecast, colours.measured]))  # fmt: skip
        lines = alt.Chart(inline(data)).mark_line(point=alt.OverlayMarkDef(size=50)).encode(x=x, y=y, color=colour)
        names = alt.layer(*(
            alt.Chart(inline([row])).encode(x=x, y=y, text="name:N", color=colour)
            .mark_text(align="right", dx=dx, dy=dy)
            for row, (dx, dy) in zip(ends, ((0, 95), (-12, -6)), strict=True)
        ))  # fmt: skip
        panels.append((lines + names).properties(width=page.width / 2 - 70, height=page.height - 60))
    said = "CPU seconds by size. Growth: " + "; ".join(f"{name}: {value}" for name, value in growth.items())
    save(page.finish(alt.hconcat(*panels), said), ROOT / "docs/images/align-growth.png")


if __name__ == "__main__":
    main()
