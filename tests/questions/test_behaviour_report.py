"""A report on behaviour says first what was found, then all that the table can be asked, and what it cannot mean."""

from __future__ import annotations

import re

import polars as pl
import pytest
from tests.behaviour.worlds import eclektic_world, ratings_world

import isogloss
from isogloss.errors import InputError

HOSTILE = "<script>alert(1)</script>\"'&\u202e"


@pytest.fixture(scope="module")
def answer():
    return isogloss.report_behaviour(ratings_world())


@pytest.fixture(scope="module")
def page(answer, tmp_path_factory):
    return answer.write(tmp_path_factory.mktemp("report") / "behaviour.html").read_text()


def test_the_title_is_the_finding_and_other_findings_follow(answer, page):
    assert answer.verdict.startswith("ours: 0 % of facts of a language's own country wrong, 75 % of others")
    assert "<h1>ours: 0 % of facts" in page
    assert len(answer.sentences) == 3


def test_what_the_table_can_be_asked_has_a_section_and_the_rest_a_reason(page):
    assert re.findall(r"<h2[^>]*>(.*?)</h2>", page) == [
        "Which facts it knows only at home", "Whether it answers alike in every language",
        "What other metrics say", "What it cannot mean", "What the table does not say",
        "Data, and how to make this report again",
    ]  # fmt: skip
    assert "Which language knows most about each topic: has no column" in page
    assert "KTS is 1 also if all is wrong" in page


def test_hostile_names_are_text(tmp_path):
    table = ratings_world().with_columns(model=pl.lit(HOSTILE), fact=pl.format("{}" + HOSTILE, "fact"))
    page = isogloss.report_behaviour(table).write(tmp_path / "behaviour.html").read_text()
    assert "<script" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_an_appendix_has_all_tables(tmp_path):
    plain, whole = (
        isogloss.report_behaviour(ratings_world(), appendix=one).write(tmp_path / f"{one}.html").read_text()
        for one in (False, True)
    )
    assert whole.count("<table") > plain.count("<table")


def test_a_table_without_countries_begins_with_another_question():
    assert isogloss.report_behaviour(eclektic_world()).verdict.startswith("ours: kappa")


def test_a_table_that_says_nothing_is_refused_with_the_reasons():
    with pytest.raises(InputError, match="says nothing of behaviour: has no column"):
        isogloss.report_behaviour(pl.DataFrame({"language": ["English"], "colour": ["blue"]}))
