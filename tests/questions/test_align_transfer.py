"""Transfer against distance: the verdict, each regression, one probe for all, and what is refused."""

from __future__ import annotations

import pytest
from tests.questions import worlds

from isogloss.errors import InputError, UnknownName
from isogloss.questions.align_transfer import TransferQuestion
from isogloss.questions.question import read_question


def ask(**fields):
    return read_question(TransferQuestion, {"folds": 2, "seeds": 1, "permutations": 199} | fields).answer()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return worlds.labelled(tmp_path_factory.mktemp("reps"), languages=6)


def test_the_verdict_compares_other_languages_with_their_own(world):
    answer = ask(**world, layer=1)
    pairs = answer.tables["pairs"].frame
    others = pairs.filter(pairs["source"] != pairs["target"])["accuracy"].mean()
    assert answer.verdict.startswith("A linear probe of topic at layer 1 of planted that learnt from one language has")
    assert f"accuracy {others:.2f} in others" in answer.verdict


def test_each_response_is_regressed_on_each_distance_with_corrected_p_values(world):
    answer = ask(**world, against=["geographic", "genetic"], metrics=["cka", "p@1"])
    fits = answer.table
    assert fits["response"].unique(maintain_order=True).to_list() == [
        "topic transfer", "topic transfer less own", "cka", "p@1",
    ]  # fmt: skip
    assert fits.height == 8
    assert (fits["p_holm"] >= fits["p"]).all()
    said = [one for one in answer.sentences if " against " in one]
    assert len(said) == 8


def test_without_a_task_measures_alone_are_regressed(world):
    answer = ask(encodings=world["encodings"], metrics=["cka"])
    assert answer.verdict.startswith("Cka against geographic distance: it ")
    assert [*answer.tables] == ["distance"]
    with pytest.raises(InputError, match="task: nothing to regress"):
        ask(encodings=world["encodings"], metrics=[])


def test_languages_are_told_apart_and_who_is_taken_for_whom_is_said(world):
    answer = ask(encodings=world["encodings"], task="language", metrics=[])
    assert answer.verdict.startswith("A linear probe tells 6 languages apart at layer 2 of planted with accuracy ")
    assert answer.sentences[1].startswith("Most often taken for another: ")
    assert answer.table["response"].to_list() == ["confusion"]


def test_too_few_languages_have_no_regression_and_the_rest_is_answered(world):
    answer = ask(**world, languages=["arb", "ary", "arz"])
    assert "no regression, too few to permute: 3" in " ".join(answer.sentences)
    assert answer.tables["languages"].frame.height == 3
    assert answer.picture() is not None


def test_a_distance_that_there_is_not_is_named(world):
    with pytest.raises(UnknownName, match="geographical"):
        ask(**world, against=["geographical"])
