"""A report says first how much is known, names what it rests on, and can be made again from what it prints."""

from __future__ import annotations

import re
import shlex
import sys

import polars as pl
import pytest
from tests.questions import worlds

import isogloss
from isogloss.cli import main
from isogloss.questions.report_text import main_grid


@pytest.fixture(scope="module")
def answer():
    return isogloss.report(worlds.as_they_are(2), ["Yoruba", "Wolof", "French"], k=1)


@pytest.fixture(scope="module")
def page(answer, tmp_path_factory):
    return answer.write(tmp_path_factory.mktemp("report") / "report.html").read_text()


def test_the_title_counts_what_is_measured_and_how_far_the_rest_can_be_trusted(answer):
    words = answer.table.filter(~pl.col("flags").list.contains("measured"))["trust"].unique().to_list()
    assert answer.verdict.startswith("model 0 in 3 languages: 1 is measured and 2 forecasts are ")
    assert all(word in answer.verdict for word in words)


def test_without_a_model_it_is_about_the_best_one_and_says_so(answer):
    why = "Of 2 models the report is about model 0, the best on average in the 11 languages that all were measured in."
    assert why in answer.sentences


def test_sections_stand_in_their_order(page):
    assert re.findall(r"<h2[^>]*>(.*?)</h2>", page) == [
        "What we do not know", "What to fund first, and what it would tell", "Method",
        "Data, and how to make this report again",
    ]  # fmt: skip


def test_scores_are_on_the_scale_of_the_reader_and_a_measured_one_has_no_interval(page):
    assert (
        '<tr><th scope="row">French</th><td class="number">79</td><td class="number"></td><td>measured</td></tr>'
        in page
    )


def test_the_words_of_trust_are_given_by_their_thresholds(page):
    assert "in points, is solid up to 15, fair up to 30, shaky up to 50; a guess is wider." in page


def test_it_is_small_and_needs_no_script(page):
    assert len(page) < 3_000_000
    assert "<script" not in page


def test_sections_can_be_chosen_and_the_appendix_has_all_tables(tmp_path):
    short = isogloss.report(worlds.as_they_are(), "Yoruba", sections=["method"], appendix=True)
    page = short.write(tmp_path / "report.html").read_text()
    assert re.findall(r"<h2[^>]*>(.*?)</h2>", page) == ["Method", "Appendix: all tables"]
    assert "<caption>Measured scores (accuracy)</caption>" in page
    with pytest.raises(isogloss.IsoglossError, match="sections: unknown section 'methods'; did you mean 'method'"):
        isogloss.report(worlds.as_they_are(), "Yoruba", sections=["methods"])


def test_what_the_evidence_cannot_tell_is_said_where_it_would_stand(tmp_path):
    few = worlds.as_they_are().head(1)
    page = isogloss.report(few, "Yoruba").write(tmp_path / "report.html").read_text()
    assert "Your 1 measured language is too few to try it" in page
    assert "Test Yoruba, the only one that was not measured." in page


def test_the_command_it_prints_makes_it_again(tmp_path, monkeypatch, capfd):
    folder = tmp_path / "with a space"
    folder.mkdir()
    worlds.as_they_are(2).write_csv(folder / "scores.csv")
    options = ["--for", "Yoruba,Wolof", "--sections", "finding,data", "--level", "0.8"]
    first = _run(["report", str(folder / "scores.csv"), *options], tmp_path / "my page.html", monkeypatch)
    printed = re.search(r"Command: (.*?)</li>", first)[1].replace("&#x27;", "'")
    words = shlex.split(printed)
    assert words[:2] == ["isogloss", "report"]
    assert words[-2:] == ["--out", "my page.html"]
    again = _run(words[1 : words.index("--out")], folder / "my page.html", monkeypatch)
    chosen = "Of 2 models"  # the second command names the model that the first one chose
    assert _lines(again, chosen) == _lines(first, chosen)


def _run(words, out, monkeypatch) -> str:
    monkeypatch.setattr(sys, "argv", ["isogloss", *words, "--out", str(out)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    return out.read_text()


def _lines(page: str, but: str) -> list[str]:
    """The lines of a page without its picture, in which names of gradients count up."""
    return [line for line in re.sub('src="[^"]*"', "", page).splitlines() if but not in line]


def test_of_too_many_languages_the_highest_and_the_lowest_are_shown():
    answer = isogloss.report(worlds.as_they_are(), ["flores"], sections=["finding"])
    grid = main_grid(answer)
    places = answer.table.sort("mean", "language", descending=[True, False])["language"].to_list()
    names = [row[0] for row in grid.rows]
    assert names[0] == places[0]
    assert names[-1] == places[-1]
    assert f"... {len(places) - 60} more between" in names
