"""A benchmark as one HTML page: sentences, tables and charts, with nothing loaded from outside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from isogloss import __version__
from isogloss.charts.benchmark import conditions_plot, errors_plot
from isogloss.charts.canvas import FONT
from isogloss.charts.files import library, script_text
from isogloss.charts.strata import strata_plot
from isogloss.charts.style import INK, LINES, PALE_INK
from isogloss.evaluation.runs import SCENARIO
from isogloss.evaluation.trust import count_units, percent, verdicts
from isogloss.files import atomic_write, check_place

if TYPE_CHECKING:
    from isogloss.evaluation import Benchmark

TEMPLATE = Path(__file__).parent / "data" / "benchmark.html"
"""Its content policy forbids loading anything; charts are drawn without `eval`."""

ENDINGS = (".html",)

EMBED = Template("""vegaEmbed("#$place", $spec, {mode: "vega-lite", renderer: "svg", ast: true,
 actions: {export: true, source: false, compiled: false, editor: false}});
""")


def write_report(benchmark: Benchmark, path: str | Path, *, title: str = "How good are the forecasts?") -> Path:
    """Write a benchmark as one HTML file, whole or not at all.

    Parameters
    ----------
    benchmark : isogloss.evaluation.Benchmark
    path : str or pathlib.Path
        Ending in `.html`.
    title : str

    Returns
    -------
    pathlib.Path
        What was written.

    Raises
    ------
    BadValue
        For another ending.
    BadFile
        If the file cannot be written.
    """
    path = Path(path)
    check_place(path, ENDINGS)
    content = report_page(benchmark, title=title).encode()
    atomic_write(path, lambda whole: whole.write_bytes(content))
    return path


def report_page(benchmark: Benchmark, *, title: str) -> str:
    """The whole page as text."""
    sentences = verdicts(benchmark)
    sections: list[str] = []
    charts: list[str] = []
    for protocol, description in benchmark.protocols.items():
        sections.append(
            f'<h2 id="{escape(protocol)}">{escape(description)} <code class="pale">{escape(protocol)}</code></h2>'
        )
        sections.append(_list(sentences[protocol]))
        if benchmark.summary.filter(pl.col("protocol") == protocol).height:
            sections.append(_summary_table(benchmark, protocol))
            for chart in _charts(benchmark, protocol):
                place = f"chart-{len(charts)}"
                sections.append(f'<div class="chart" id="{place}"></div>')
                charts.append(EMBED.substitute(place=place, spec=script_text(chart)))
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=escape(title), font=FONT, ink=INK, pale=PALE_INK, lines=LINES, contents=_contents(benchmark),
        unit=escape(" or ".join(benchmark.questions["unit"].unique(maintain_order=True))),
        protocols="\n".join(sections), scenarios=_scenario_table(benchmark), library=library(), charts="".join(charts),
    )  # fmt: skip


def _charts(benchmark: Benchmark, protocol: str) -> Iterator[Any]:
    conditions = benchmark.summary.filter(pl.col("protocol") == protocol)["condition"].unique()
    if any(condition[:1].isdigit() for condition in conditions):
        yield conditions_plot(benchmark, protocol, title="Error by condition")
    yield errors_plot(benchmark, protocol, title="Error and coverage")
    yield strata_plot(benchmark, protocol, title="By kind of language")


def _contents(benchmark: Benchmark) -> str:
    languages = benchmark.questions["target"].n_unique()
    names = ", ".join(f"<b>{escape(name)}</b>" if not place else escape(name)
                      for place, name in enumerate(benchmark.forecasters))  # fmt: skip
    links = [*benchmark.protocols, "scenarios"]
    nav = " ".join(f'<a href="#{escape(name)}">{escape(name)}</a>' for name in links)
    return (
        f"<p>{benchmark.questions.height:,} questions about {languages} languages, put to {names}. Every one is about "
        f"a score that was measured but kept from the forecaster. Seed {benchmark.seed}, isogloss {__version__}.</p>\n"
        f"<nav>{nav}</nav>"
    )


def _list(sentences: Sequence[str]) -> str:
    if len(sentences) == 1:
        return f"<p>{escape(sentences[0])}</p>"
    return "<ul>" + "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences) + "</ul>"


def _summary_table(benchmark: Benchmark, protocol: str) -> str:
    """Every forecaster in every table under one protocol, best first."""
    rows = benchmark.summary.filter(pl.col("protocol") == protocol)
    candidate = benchmark.forecasters[0]
    pairs = benchmark.differences.filter((pl.col("protocol") == protocol) & (pl.col("forecaster") == candidate))
    against = {(row["condition"], row["table"], row["other"]): row for row in pairs.iter_rows(named=True)}
    body: list[_Row] = []
    for (table, condition), part in rows.group_by("table", "condition", maintain_order=True):
        units = count_units(part["groups"][0], part["grouped_by"][0])
        body.append(_Row([" · ".join(word for word in (str(table), str(condition), units) if word)], "part"))
        for row in part.sort("mae", maintain_order=True).iter_rows(named=True):
            marks = [" ◆" * row["strongest_baseline"], " (not all answered)" * (not row["complete"])]
            compared = against.get((row["condition"], row["table"], row["forecaster"]))
            cells = [row["forecaster"] + "".join(marks), *_errors(row), f"{row['rmse']:.2f}", *_difference(compared),
                     *_of_intervals(row), _number(row["interval_score"])]  # fmt: skip
            body.append(_Row(cells, "best" if row["best"] else ""))
    level = f" of {percent(benchmark.levels[0])} intervals" if benchmark.levels else ""
    head = ["forecaster", f"error, {rows['unit'][0]}", "95 % interval", "RMSE", f"error of {candidate} less this",
            "95 % interval", "p", f"coverage{level}", "95 % interval", "mean width", "interval score"]  # fmt: skip
    return _table(head, body, texts=1)


def _scenario_table(benchmark: Benchmark) -> str:
    """Every forecaster by the evidence beside the question."""
    head = ["protocol", "same model and task, other languages", "same language, other models",
            "same language, other tasks", "forecaster", "questions", "error", "95 % interval", "coverage",
            "95 % interval", "mean width"]  # fmt: skip
    body = []
    scenarios = benchmark.scenarios.sort("protocol", "condition", *SCENARIO, "mae", maintain_order=True)
    for row in scenarios.iter_rows(named=True):
        scenario = ["yes" if row[flag] else "no" for flag in SCENARIO]
        named = " · ".join(part for part in (row["protocol"], row["condition"]) if part)
        cells = [named, *scenario, row["forecaster"], f"{row['questions']:,}", *_errors(row), *_of_intervals(row)]
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


def _difference(compared: dict[str, Any] | None) -> list[str]:
    if compared is None:
        return ["", "", ""]
    p = "" if compared["p_holm"] is None else f"{compared['p_holm']:.2g}"
    return [_signed(compared["difference"]), _ends(compared["low"], compared["high"]), p]


def _of_intervals(row: dict[str, Any]) -> list[str]:
    """Coverage, its interval, and the mean width."""
    if row["coverage"] is None:
        return ["", "", ""]
    ends = f"{100 * row['coverage_low']:.0f} to {100 * row['coverage_high']:.0f}"
    return [percent(row["coverage"]), ends, _number(row["mean_width"])]


def _ends(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{_signed(low)} to {_signed(high)}"


def _signed(value: float) -> str:
    """Two digits, zero without a sign."""
    return f"{value:z.2f}".replace("-", "−")


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return "∞" if value == float("inf") else f"{value:.1f}"
