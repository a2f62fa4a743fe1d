"""How the cost of a forecast grows with languages, mixes, and models of one table.

CPU time of fitting the default forecaster and forecasting, with 90 % intervals, five languages that are hidden under
five mixes: on the evidence that ships (SIB-200, accuracy) with more and more languages, and with more and more
mixes; on MTEB (where it is at hand) with more and more models, each a setting of its own, and one question. Each
point is a process of its own. Writes benchmarks/results/forecast_growth.json and docs/images/cost.png.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import DATA, ROOT, as_queries, machine, versions, write_result
from isogloss.evidence import Evidence, read_evidence
from isogloss.forecasting import Default

SIZES = {
    "languages": (10, 20, 40, 80, 160, 200),
    "mixes": (10, 20, 40, 80, 160, 320),
    "models": (23, 46, 91, 183, 365),
}
FIXED, ASKED = 40, 5
LEVEL = 0.9
WHAT = {
    "languages": f"languages ({FIXED} mixes)",
    "mixes": f"mixes ({FIXED} languages)",
    "models": "models on 19 tasks (MTEB)",
}


def main() -> None:
    """Measure every size in a process of its own; `languages 40` as arguments measures that one here."""
    if sys.argv[1:]:
        print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
        return
    rows: list[dict[str, Any]] = []
    for axis, sizes in SIZES.items():
        if axis == "models" and not (DATA / "observations" / "mteb").exists():
            continue
        for size in sizes:
            command = [sys.executable, "-m", "benchmarks.forecast_growth", axis, str(size)]
            answer = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
            rows.append({"axis": axis, "size": size} | json.loads(answer))
            print(rows[-1], flush=True)
    write_result(
        "forecast_growth",
        {
            "claim": "cost by observations, languages and mixes",
            "machine": machine(),
            "versions": versions("numpy", "scipy", "scikit-learn", "polars", "lightgbm"),
            "rows": rows,
        },
    )
    draw(rows)


def measure(axis: str, size: int) -> dict[str, Any]:
    """CPU seconds and megabytes for one size."""
    evidence, asked = _mteb(size) if axis == "models" else _shipped(axis, size)
    start = time.process_time()
    fitted = Default().fit(evidence, asked).conformalize()
    fit_seconds = time.process_time() - start
    fitted.predict_interval(asked, LEVEL)
    return {
        "observations": len(evidence),
        "fit_cpu_s": round(fit_seconds, 2),
        "cpu_s": round(time.process_time() - start, 2),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def _shipped(axis: str, size: int) -> tuple[Evidence, pl.DataFrame]:
    """A grid of so many languages or mixes, and questions about five languages more."""
    every = read_evidence("isogloss:sib200-ngram").filter(metric="accuracy").observations
    keys = ("model", "task", "metric", "target", "train")
    every = every.unique(keys, maintain_order=True)
    chance = np.random.default_rng(0)
    targets = chance.permutation(sorted(every["target"].unique()))
    mixes = chance.permutation(sorted(every["train"].unique()))
    languages, rows = (size, FIXED) if axis == "languages" else (FIXED, size)
    some = pl.col("train").is_in(mixes[:rows].tolist())
    known = every.filter(some & pl.col("target").is_in(targets[ASKED : ASKED + languages].tolist()))
    asked = every.filter(
        pl.col("train").is_in(mixes[:ASKED].tolist()) & pl.col("target").is_in(targets[:ASKED].tolist())
    )
    return Evidence(known), as_queries(asked)


def _mteb(size: int) -> tuple[Evidence, pl.DataFrame]:
    """All scores of so many models, and a question about a language that none of them was tested in."""
    found = read_evidence(DATA / "observations" / "mteb" / "scores.parquet")
    models = np.random.default_rng(0).permutation(sorted(found.observations["model"].unique()))[:size]
    some = found.with_observations(found.observations.filter(pl.col("model").is_in(models.tolist())))
    return some, as_queries(some.observations.head(1).with_columns(target=pl.lit("wol")))


def draw(rows: list[dict[str, Any]]) -> None:
    """Seconds against size, both by factors of ten, a panel for each axis."""
    import altair as alt

    from isogloss.charts import Canvas, save
    from isogloss.charts.canvas import inline

    canvas = Canvas()
    seconds = [row["cpu_s"] for row in rows]
    title = f"A first forecast takes {min(seconds):.1f} to {max(seconds):.0f} CPU seconds"
    page = canvas.page(title, ["Fit, size the intervals and forecast; beside each dot, the number of scores."])
    panels, colours = [], canvas.colours
    for axis, label in WHAT.items():
        data = inline([row | {"label": f"{row['observations']:,}"} for row in rows if row["axis"] == axis])
        scale = alt.Scale(type="log")
        x = alt.X("size:Q", scale=scale, title=label, axis=alt.Axis(values=[10, 20, 50, 100, 200, 500]))
        of_seconds = alt.Scale(type="log", domain=[0.3, 3], nice=False)
        y = alt.Y(
            "cpu_s:Q", scale=of_seconds, axis=alt.Axis(values=[0.5, 1, 2]),
            title="CPU seconds" if axis == "languages" else None,
        )  # fmt: skip
        base = alt.Chart(data).encode(x=x, y=y)
        text = base.mark_text(dx=-6, dy=-10, align="right", color=colours.pale_ink).encode(text="label:N")
        line = base.mark_line(color=colours.forecast, point=alt.OverlayMarkDef(color=colours.forecast, size=50))
        panels.append((line + text).properties(width=page.width / 3 - 40, height=page.height - 60))
    listed = "; ".join(f"{row['size']} {row['axis']}: {row['cpu_s']:.1f} s" for row in rows)
    save(page.finish(alt.hconcat(*panels), f"CPU seconds by size. {listed}."), ROOT / "docs" / "images" / "cost.png")


if __name__ == "__main__":
    main()
