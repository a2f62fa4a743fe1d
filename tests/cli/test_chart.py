"""`isogloss chart`: the picture of an answer, in the theme and size asked for, and in words."""

from __future__ import annotations

import re

import pytest
from tests.questions import worlds

from isogloss.charts.theme import THEMES
from isogloss.cli.chart import KINDS
from isogloss.questions.catalogue import QUESTIONS


@pytest.fixture
def scores(tmp_path):
    worlds.as_they_are(2).write_csv(tmp_path / "scores.csv")
    return str(tmp_path / "scores.csv")


def test_every_chart_is_the_picture_of_a_question():
    assert {kind.command for kind in KINDS.values()} <= set(QUESTIONS)


@pytest.mark.parametrize("theme", THEMES)
def test_a_chart_has_the_theme_and_the_size_asked_for(run, scores, tmp_path, theme):
    out = tmp_path / "map.svg"
    words = ["chart", "heatmap", scores, "--theme", theme, "--size", "800x600", "--out", str(out)]
    code, printed, _ = run(*words)
    assert code == 0
    assert "Mean accuracy (%) by model and language: model 0 in 12 of 12, 52 to 85" in " ".join(printed.split())
    drawn = out.read_text()
    assert re.match(r'<svg [^>]*width="800" height="600"', drawn)
    assert f'<rect width="800" height="600" fill="{THEMES[theme].background}"/>' in drawn


def test_the_views_of_one_answer_differ(run, scores, tmp_path):
    asked = [scores, "--model", "model 0", "--targets", "Yoruba,Wolof"]
    drawn = {}
    for view in ("map", "intervals"):
        code, printed, _ = run("chart", view, *asked, "--out", str(tmp_path / f"{view}.svg"))
        assert code == 0
        assert "Yoruba" in printed
        drawn[view] = (tmp_path / f"{view}.svg").read_text()
    assert "measured" in drawn["intervals"]  # words of trust, which a map has no room for
    assert drawn["map"].count("<path") != drawn["intervals"].count("<path")


def test_a_map_of_several_models_is_refused_with_the_option_that_chooses_one(run, scores, tmp_path):
    out = tmp_path / "map.svg"
    code, _, error = run("chart", "map", scores, "--targets", "Yoruba,Wolof", "--out", str(out))
    assert (code, out.exists()) == (2, False)
    assert "a map shows one model, and these are" in error
    assert "say which: --model 'model 0'" in error


def test_a_page_has_the_sentences_and_the_table_beside_the_picture(run, scores, tmp_path):
    code, _, _ = run("chart", "heatmap", scores, "--theme", "dark", "--out", str(tmp_path / "page.html"))
    page = (tmp_path / "page.html").read_text()
    assert code == 0
    assert "<table>" in page
    assert THEMES["dark"].background in page


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--theme", "neon", "unknown theme 'neon'"),
        ("--size", "wide", "'wide' is no size; write 1600x900"),
        ("--size", "16²x9", "'16²x9' is no size; write 1600x900"),
        ("--size", "10x10", "10x10 is too small; write 1600x900, say"),
        ("--out", "picture.bmp", ".png, .svg, .html"),
    ],
)
def test_what_cannot_be_drawn_is_said_before_work_begins(run, scores, option, value, message):
    code, _, error = run("chart", "heatmap", scores, option, value)
    assert code == 2
    assert message in error
