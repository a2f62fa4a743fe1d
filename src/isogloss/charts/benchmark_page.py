"""A benchmark as one page: words, tables and pictures, with nothing loaded from outside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

import polars as pl

from isogloss import __version__
from isogloss.charts.benchmark import conditions_plot, errors_plot, kinds_plot
from isogloss.charts.benchmark_tables import scenario_table, summary_table
from isogloss.charts.files import library, script_text
from isogloss.charts.style import FONT, INK, LINES, PALE_INK
from isogloss.evaluation.verdict import verdicts
from isogloss.files import atomic_write, check_place

if TYPE_CHECKING:
    from isogloss.evaluation.benchmark import Benchmark

TEMPLATE = Path(__file__).parent / "data" / "benchmark.html"
"""Its policy keeps the page from loading anything; the charts are drawn without `eval`."""

ENDINGS = (".html",)

EMBED = Template("""vegaEmbed("#$place", $spec, {mode: "vega-lite", renderer: "svg", ast: true,
 actions: {export: true, source: false, compiled: false, editor: false}});
""")


def write_report(benchmark: Benchmark, path: str | Path, *, title: str = "How good are the forecasts?") -> Path:
    """Write a benchmark as one HTML file, whole or not at all.

    Parameters
    ----------
    benchmark : isogloss.evaluation.benchmark.Benchmark
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
    said = verdicts(benchmark)
    sections: list[str] = []
    charts: list[str] = []
    for protocol, explained in benchmark.protocols.items():
        sections.append(
            f'<h2 id="{escape(protocol)}">{escape(explained)} <code class="pale">{escape(protocol)}</code></h2>'
        )
        sections.append(_list(said[protocol]))
        if benchmark.summary.filter(pl.col("protocol") == protocol).height:
            sections.append(summary_table(benchmark, protocol))
            for chart in _charts(benchmark, protocol):
                place = f"chart-{len(charts)}"
                sections.append(f'<div class="chart" id="{place}"></div>')
                charts.append(EMBED.substitute(place=place, spec=script_text(chart)))
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=escape(title), font=FONT, ink=INK, pale=PALE_INK, lines=LINES, contents=_contents(benchmark),
        unit=escape(" or ".join(benchmark.questions["unit"].unique(maintain_order=True))),
        protocols="\n".join(sections), scenarios=scenario_table(benchmark), library=library(), charts="".join(charts),
    )  # fmt: skip


def _charts(benchmark: Benchmark, protocol: str) -> Iterator[Any]:
    conditions = benchmark.summary.filter(pl.col("protocol") == protocol)["condition"].unique()
    if any(condition[:1].isdigit() for condition in conditions):
        yield conditions_plot(benchmark, protocol, title="Error by condition")
    yield errors_plot(benchmark, protocol, title="Error and coverage")
    yield kinds_plot(benchmark, protocol, title="By kind of language")


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
