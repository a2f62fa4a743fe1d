"""Tables of a benchmark as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from isogloss.evaluation.strata import SCENARIO
from isogloss.evaluation.verdict import how_many, percent

if TYPE_CHECKING:
    from isogloss.evaluation.benchmark import Benchmark


def summary_table(benchmark: Benchmark, protocol: str) -> str:
    """Every forecaster in every table under one protocol, best first."""
    rows = benchmark.summary.filter(pl.col("protocol") == protocol)
    trial = benchmark.forecasters[0]
    found = benchmark.differences.filter((pl.col("protocol") == protocol) & (pl.col("forecaster") == trial))
    against = {(row["condition"], row["table"], row["other"]): row for row in found.iter_rows(named=True)}
    body: list[_Row] = []
    for (table, condition), part in rows.group_by("table", "condition", maintain_order=True):
        counted = how_many(part["groups"].to_list()[0], part["grouped_by"][0])
        body.append(_Row([" · ".join(word for word in (str(table), str(condition), counted) if word)], "part"))
        for row in part.sort("mae", maintain_order=True).iter_rows(named=True):
            marks = [" ◆" * row["hardest"], " (not all answered)" * (not row["complete"])]
            compared = against.get((row["condition"], row["table"], row["forecaster"]))
            cells = [row["forecaster"] + "".join(marks), *_errors(row), f"{row['rmse']:.2f}", *_difference(compared),
                     *_of_intervals(row), _number(row["interval_score"])]  # fmt: skip
            body.append(_Row(cells, "best" if row["best"] else ""))
    level = f" of {percent(benchmark.levels[0])} intervals" if benchmark.levels else ""
    head = ["forecaster", f"error, {rows['unit'][0]}", "95 % interval", "RMSE", f"error of {trial} less this",
            "95 % interval", "p", f"coverage{level}", "95 % interval", "mean width", "interval score"]  # fmt: skip
    return _table(head, body, texts=1)


def scenario_table(benchmark: Benchmark) -> str:
    """Every forecaster by what else was known about the question."""
    head = ["protocol", "same model and task, other languages", "same language, other models",
            "same language, other tasks", "forecaster", "questions", "error", "95 % interval", "coverage",
            "95 % interval", "mean width"]  # fmt: skip
    body = []
    scenarios = benchmark.scenarios.sort("protocol", "condition", *SCENARIO, "mae", maintain_order=True)
    for row in scenarios.iter_rows(named=True):
        known = ["yes" if row[flag] else "no" for flag in SCENARIO]
        named = " · ".join(part for part in (row["protocol"], row["condition"]) if part)
        cells = [named, *known, row["forecaster"], f"{row['questions']:,}", *_errors(row), *_of_intervals(row)]
        body.append(_Row(cells))
    return _table(head, body, texts=5)


class _Row(NamedTuple):
    """Cells, and the class of the row; a row that is a single cell spans all columns."""

    cells: Sequence[str]
    look: str = ""


def _table(head: Sequence[str], body: Iterable[_Row], *, texts: int) -> str:
    """Rows as HTML, the first columns as text, the others as numbers."""

    def cell(tag: str, text: str, place: int) -> str:
        return f"<{tag}{'' if place < texts else ' class=number'}>{escape(text)}</{tag}>"

    lines = [f"<tr>{''.join(cell('th', name, place) for place, name in enumerate(head))}</tr>"]
    for row in body:
        written = "".join(cell("td", text, place) for place, text in enumerate(row.cells))
        if len(row.cells) == 1:
            written = f'<td colspan="{len(head)}">{escape(row.cells[0])}</td>'
        lines.append(f"<tr{f' class={row.look}' if row.look else ''}>{written}</tr>")
    return '<div class="scroll"><table>' + "\n".join(lines) + "</table></div>"


def _errors(row: dict[str, Any]) -> list[str]:
    return [f"{row['mae']:.2f}", _ends(row["mae_low"], row["mae_high"])]


def _difference(found: dict[str, Any] | None) -> list[str]:
    if found is None:
        return ["", "", ""]
    p = "" if found["p_holm"] is None else f"{found['p_holm']:.2g}"
    return [_signed(found["difference"]), _ends(found["low"], found["high"]), p]


def _of_intervals(row: dict[str, Any]) -> list[str]:
    """Coverage, its interval, and the mean width."""
    if row["coverage"] is None:
        return ["", "", ""]
    ends = f"{100 * row['coverage_low']:.0f} to {100 * row['coverage_high']:.0f}"
    return [percent(row["coverage"]), ends, _number(row["mean_width"])]


def _ends(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{_signed(low)} to {_signed(high)}"


def _signed(value: float) -> str:
    """Two digits, without the sign of what is nothing."""
    return f"{value:z.2f}".replace("-", "−")


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return "∞" if value == float("inf") else f"{value:.1f}"
