"""Pictures and the page of a benchmark: what they show, and that nothing is loaded from outside."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
from drawn import pixels

from isogloss import read_evidence
from isogloss.charts import conditions_plot, errors_plot, save, strata_plot, write_report
from isogloss.charts.benchmark import CANDIDATE, ROLE_COLOURS, STRONGEST
from isogloss.errors import BadFile, BadValue
from isogloss.evaluation import Benchmark, run_benchmark

TARGETS = "deu fra ita spa nld swe rus ukr ell hin tha swa yor zul".split()
HOSTILE = "<script>alert(1)</script>"


def evidence(model: str = "toy"):
    rows = [
        (model, target, train, 0.8 - 0.03 * place + bonus)
        for place, target in enumerate(TARGETS)
        for train, bonus in (("eng:10", 0.0), ("eng:100", 0.05))
    ]
    table = pl.DataFrame(rows, schema=["model", "target", "train", "score"], orient="row")
    return read_evidence(table.with_columns(task=pl.lit("topics"), metric=pl.lit("accuracy")))


@pytest.fixture(scope="module")
def found() -> Benchmark:
    return run_benchmark(
        evidence(), protocols=["lolo", "anchors", "configs", "models"], forecasters=["additive", "mean"], folds=2,
        levels=(0.8, 0.5),
    )  # fmt: skip


@pytest.fixture(scope="module")
def page(found, tmp_path_factory) -> str:
    return write_report(found, tmp_path_factory.mktemp("report") / "report.html").read_text(encoding="utf-8")


def values(chart: dict) -> list[dict]:
    """All rows of data in a chart."""
    return [row for rows in chart["datasets"].values() for row in rows]


def test_errors_and_coverage_of_every_forecaster_are_drawn(found):
    rows = values(errors_plot(found, "lolo").to_dict())
    errors = {row["forecaster"]: row["mae"] for row in rows if "mae" in row}
    assert errors == dict(found.summary.filter(pl.col("protocol") == "lolo").select("forecaster", "mae").rows())
    assert {row["level"] for row in rows if "coverage_per_question" in row} == {0.8, 0.5}


def test_the_one_on_trial_and_the_one_to_beat_look_different(found):
    rows = values(errors_plot(found, "lolo").to_dict())
    assert {row["forecaster"]: row["role"] for row in rows} == {"additive": CANDIDATE, "mean": STRONGEST}


def test_errors_are_drawn_in_the_colours_of_their_roles(found, tmp_path):
    _, _, colours = pixels(save(errors_plot(found, "lolo"), tmp_path / "errors.png"))
    for role in (CANDIDATE, STRONGEST):
        assert bytes.fromhex(ROLE_COLOURS[role][1:]) in {colour[:3] for colour in colours}


def test_the_error_is_drawn_against_the_number_of_anchors(found):
    rows = values(conditions_plot(found, "anchors").to_dict())
    assert sorted({row["number"] for row in rows}) == [0, 1, 3]


def test_a_protocol_without_numbered_conditions_has_no_curve(found):
    with pytest.raises(BadValue, match="protocol 'lolo' has no numbered conditions"):
        conditions_plot(found, "lolo")


@pytest.mark.parametrize("plot", [errors_plot, strata_plot, conditions_plot])
def test_what_was_not_answered_cannot_be_drawn(found, plot):
    with pytest.raises(BadValue, match="nothing was answered under the protocol 'models'"):
        plot(found, "models")


def test_kinds_are_labelled_with_how_many_languages_they_have(found):
    rows = values(strata_plot(found, "lolo").to_dict())
    labels = {row["label"] for row in rows if row["stratum"] == "script"}
    assert labels == {"Latn (9)", "Cyrl (2)", "Deva (1)", "Grek (1)", "Thai (1)"}


class Tags(HTMLParser):
    """Every tag with its attributes, and the text of table cells."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[tuple[str | None, list[str]]] = []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag == "tr":
            self.rows.append((dict(attributes).get("class"), []))
        self._inside = tag == "td"

    def handle_endtag(self, tag):
        self._inside = False

    def handle_data(self, data):
        if self._inside:
            self.rows[-1][1].append(data)


def test_the_page_loads_nothing_from_outside(page):
    for tag, attributes in Tags(page).tags:
        assert tag not in ("link", "img", "iframe", "object")
        assert "src" not in attributes
        if "href" in attributes:
            assert attributes["href"].startswith("#")
    assert "default-src 'none'" in page


def test_every_protocol_has_a_section_and_what_was_answered_its_charts(page, found):
    tags = Tags(page).tags
    headings = [attributes.get("id") for tag, attributes in tags if tag == "h2"]
    assert headings == ["lolo", "anchors", "configs", "models", "scenarios"]
    charts = [attributes["id"] for tag, attributes in tags if attributes.get("class") == "chart"]
    assert charts == [f"chart-{number}" for number in range(7)]  # two each, and the curve of the anchors
    assert re.findall(r'vegaEmbed\("#(chart-\d+)"', page) == charts


def test_the_best_is_bold_and_the_one_to_beat_is_marked(page, found):
    rows = Tags(page).rows
    best = [cells[0].removesuffix(" ◆") for look, cells in rows if look == "best"]
    assert best == found.summary.filter("best")["forecaster"].to_list()
    marked = [cells[0] for _, cells in rows if cells and "◆" in cells[0]]
    assert marked == ["mean ◆"] * found.summary.filter("strongest_baseline").height


def test_what_could_not_be_asked_is_said_in_its_section(page):
    section = page.split('<h2 id="models">')[1].split("<h2")[0]
    assert "Not asked: there is only one model." in section


def test_names_cannot_break_out_of_the_page(tmp_path):
    hostile = run_benchmark(evidence(HOSTILE), forecasters={"additive": forecaster(), HOSTILE: forecaster()}, levels=())
    written = write_report(hostile, tmp_path / "r.html", title=HOSTILE).read_text(encoding="utf-8")
    own = sum(1 for tag, _ in Tags(written).tags if tag == "script")
    assert own == 2
    assert HOSTILE not in written


def forecaster():
    from isogloss.forecasting import Mean

    return Mean()


def test_a_report_without_intervals_has_no_coverage(tmp_path):
    plain = run_benchmark(evidence(), forecasters=["mean", "additive"], levels=())
    written = write_report(plain, tmp_path / "r.html").read_text(encoding="utf-8")
    assert "coverage of" not in written.split("<script>")[0]


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        ("report.pdf", BadValue, "report.pdf: unknown ending '.pdf'; write to .html"),
        ("nowhere/report.html", BadFile, "cannot be written: No such file or directory; choose another place"),
    ],
)
def test_a_place_that_cannot_be_written_to_is_one_line(found, tmp_path, path, error, message):
    with pytest.raises(error, match=re.escape(message)):
        write_report(found, Path(tmp_path) / path)
