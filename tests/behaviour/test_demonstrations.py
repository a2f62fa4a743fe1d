"""Demonstrations before questions: what is shown, what is scored, and bad input."""

from __future__ import annotations

import polars as pl
import pytest

pytest.importorskip("torch", reason="models need torch, of the extra lab")

from tests.behaviour.worlds import cultural_questions
from tests.lab.checkpoints import make_decoder

import isogloss
from isogloss.behaviour import answer_with_demonstrations, read_questions
from isogloss.behaviour.demonstrations import FORMAT, drawn_sets, set_aside, shown_text
from isogloss.errors import InputError
from isogloss.models.respondents import open_respondent


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return str(make_decoder(tmp_path_factory.mktemp("decoder") / "tiny"))


def test_no_question_is_both_shown_and_scored_and_controls_are_shown_alone():
    questions = read_questions(cultural_questions(items=10))
    scored, pools = set_aside(questions, 3, ["Wales"], seed=0)
    shown = pl.concat(pools.values())
    assert not {*scored["item"]} & {*shown["item"]}
    assert dict(scored["country"].value_counts().iter_rows()) == {"Egypt": 5, "Jordan": 5}
    assert {country: pool.height for country, pool in pools.items()} == {"Egypt": 5, "Jordan": 5, "Wales": 10}


def test_sets_are_of_one_country_with_its_right_answers_and_the_control_of_the_form_has_random_ones():
    questions = read_questions(cultural_questions(items=40))
    _, pools = set_aside(questions, 6, ["Wales"], seed=0)
    sets = list(drawn_sets(pools, 6, 4, ["Wales"], seed=0))
    assert [(one.source, one.draw) for one in sets[:5]] == [*(("Egypt", draw) for draw in range(4)), ("Jordan", 0)]
    for one in sets:
        if one.source != FORMAT:
            assert one.questions["country"].unique().to_list() == [one.source]
            assert one.questions["shown"].to_list() == one.questions["answers"].list.first().to_list()
    mixed = pl.concat(one.questions for one in sets if one.source == FORMAT)
    assert {*mixed["country"]} == {"Egypt", "Jordan"}
    assert 0.2 < (mixed["shown"] == mixed["answers"].list.first()).mean() < 0.8


def test_demonstrations_are_put_as_the_question_is():
    rows = read_questions(cultural_questions(items=2)).head(1).with_columns(shown=pl.lit("tea"))
    assert shown_text(rows, "", listed=False, is_chat=False) == "Question: Egypt drinks 0\nAnswer: tea\n\n"
    assert shown_text(rows, "", listed=True, is_chat=False) == (
        "Egypt drinks 0\nA. tea\nB. beer\nAnswer: A\n\n"
    )  # fmt: skip
    slot = rows.with_columns(question=pl.lit("In Egypt one drinks <mask>."))
    assert shown_text(slot, "", listed=False, is_chat=False) == "In Egypt one drinks tea.\n\n"


def test_a_model_is_asked_without_and_with_every_set_of_demonstrations(model):
    questions = cultural_questions(items=8)
    answer = isogloss.cultural_transfer(questions, model=model, demonstrations=2, draws=2, controls=["Wales"])
    gains = answer.result.gains
    assert {*gains["demonstrations_country"]} == {"Egypt", "Jordan", "Wales", FORMAT}
    assert dict(gains.select("demonstrations_country", "kind").filter(pl.col("kind") == "control").iter_rows()) == {
        "Wales": "control", FORMAT: "control"
    }  # fmt: skip
    assert gains["items"].unique().to_list() == [4]
    assert gains["draws"].unique().to_list() == [2]
    assert answer.details["prompts"] == 8 * (1 + 4 * 2)
    again = isogloss.cultural_transfer(questions, model=model, demonstrations=2, draws=2, controls=["Wales"])
    assert again.result.gains.equals(gains)
    assert again.details["kept"] == again.details["prompts"]


def test_the_same_item_in_two_languages_counts_as_two(model):
    german = cultural_questions(items=8).with_columns(language=pl.lit("German"))
    questions = read_questions(pl.concat([cultural_questions(items=8), german]))
    items = answer_with_demonstrations(open_respondent(model), questions, demonstrations=2, draws=1)
    assert items.filter(demonstrations_country="")["item"].n_unique() == questions.height - 3 * 6


@pytest.mark.parametrize(
    ("change", "fields", "message"),
    [
        (lambda t: t.drop("country"), {}, "no column 'country'"),
        (lambda t: t.drop("answer"), {}, "has no right answer"),
        (lambda t: t, {"controls": ["Atlantis"]}, "Atlantis"),
        (lambda t: t, {"controls": ["Egypt", "Jordan", "Wales"]}, "every country is a control"),
        (lambda t: t, {"demonstrations": 5}, "Egypt has 8 questions, too few to show 5 .* at least 10"),
        (lambda t: t, {"model": None}, "no model to show demonstrations to"),
    ],
)
def test_what_cannot_be_asked_is_said_with_what_to_do(model, change, fields, message):
    asked = {"model": model, "demonstrations": 2, **fields}
    with pytest.raises(InputError, match=message):
        isogloss.cultural_transfer(change(cultural_questions(items=8)), **asked)
