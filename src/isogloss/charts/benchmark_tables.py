"""Tables of a benchmark as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import polars as pl

from isogloss.forecast.circumstances import SCENARIO
from isogloss.forecast.verdict import how_many, percent

if TYPE_CHECKING:
    from isogloss.forecast.benchmark import Benchmark


def summary_table(benchmark: Benchmark, protocol: str) -> str:
    """Every forecaster in every table under one protocol."""
    rows = benchmark.summary.filter(pl.col("protocol") == protocol)
    trial = benchmark.forecasters[0]
    keys = ["protocol", "condition", "table", "other"]
    against = {
        tuple(row[key] for key in keys): row
        for row in benchmark.differences.filter(pl.col("forecaster") == trial).iter_rows(named=True)
    }
    several = rows["condition"].n_unique() > 1
    head = ["table", "condition", "forecaster", "counted", f"error, {rows['unit'][0]}", "RMSE",
            f"difference of {trial}", "coverage", "width", "interval score"]  # fmt: skip
    body = []
    for row in rows.iter_rows(named=True):
        found = against.get((row["protocol"], row["condition"], row["table"], row["forecaster"]))
        marks = [" ◆" * row["hardest"], " (not all answered)" * (not row["complete"])]
        error = _with_ends(row["mae"], row["mae_low"], row["mae_high"])
        cells = [row["table"], row["condition"], row["forecaster"] + "".join(marks),
                 how_many(row["groups"], row["grouped_by"]), error, f"{row['rmse']:.2f}", _difference(found),
                 *_of_intervals(row)]  # fmt: skip
        if not several:
            del cells[1]
        body.append((cells, row["best"]))
    if not several:
        del head[1]
    return _table(head, body, texts=2 + several)


def _difference(found: dict[str, Any] | None) -> str:
    if found is None:
        return ""
    p = "" if found["p_holm"] is None else f", p = {found['p_holm']:.2g}"
    return _with_ends(found["difference"], found["low"], found["high"]) + p


def _of_intervals(row: dict[str, Any]) -> list[str]:
    if row["coverage"] is None:
        return ["", "", ""]
    ends = f"{100 * row['coverage_low']:.0f} to {100 * row['coverage_high']:.0f}"
    held = f"{percent(row['coverage'])} ({ends}) of {percent(row['level'])}"
    return [held, _number(row["mean_width"]), _number(row["interval_score"])]


def scenario_table(benchmark: Benchmark) -> str:
    """Every forecaster by what else was known about the question."""
    head = ["protocol", "same model and task, other languages", "same language, other models",
            "same language, other tasks", "forecaster", "questions", "error", "coverage", "width"]  # fmt: skip
    body = []
    for row in benchmark.scenarios.sort("protocol", "condition", *SCENARIO, "mae", maintain_order=True).iter_rows(
        named=True
    ):
        known = ["yes" if row[flag] else "no" for flag in SCENARIO]
        named = " · ".join(part for part in (row["protocol"], row["condition"]) if part)
        cells = [named, *known, row["forecaster"], f"{row['questions']:,}",
                 _with_ends(row["mae"], row["mae_low"], row["mae_high"]), *_of_intervals(row)[:2]]  # fmt: skip
        body.append((cells, False))
    return _table(head, body, texts=5)


def _table(head: Sequence[str], body: Iterable[tuple[Sequence[str], bool]], *, texts: int) -> str:
    """Rows as HTML, the first columns as text, those said to be best in bold."""
    lines = [f"<tr>{''.join(f'<th>{escape(name)}</th>' for name in head)}</tr>"]
    for cells, best in body:
        written = "".join(
            f"<td{'' if place < texts else ' class=number'}>{escape(cell)}</td>" for place, cell in enumerate(cells)
        )
        lines.append(f"<tr{' class=best' if best else ''}>{written}</tr>")
    return '<div class="scroll"><table>' + "\n".join(lines) + "</table></div>"


def _with_ends(value: float, low: float | None, high: float | None) -> str:
    return f"{value:.2f}" if low is None else f"{value:.2f} ({low:.2f} to {high:.2f})"


def _number(value: float) -> str:
    return "∞" if value == float("inf") else f"{value:.1f}"
