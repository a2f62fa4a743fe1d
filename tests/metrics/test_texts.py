"""When two answers are the same, in several languages, and how much of one another they have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.metrics.texts import exact_match, f1, is_result, same_result, words_of

LANGUAGES = st.sampled_from(["eng", "spa", "deu", "vie", "hin", "ara", "zho", "tha", "fin"])


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("The Panthers' defense!", "eng", ["panthers", "defense"]),
        ("El equipo de la ciudad", "spa", ["equipo", "de", "ciudad"]),
        ("Dem «Rhein»", "deu", ["rhein"]),
        ("la ciudad", "eng", ["la", "ciudad"]),
        ("136 次。", "zho", ["136", "次"]),
        ("黑豹队 NFL", "zho", ["黑", "豹", "队", "nfl"]),
        ("黑豹队", "eng", ["黑豹队"]),
        ("المدينة", "arb", ["مدينة"]),
        ("पैंथर्स के।", "hin", ["पैंथर्स", "के"]),
        ("ไทย", "tha", ["ไ", "ท", "ย"]),
    ],
)
def test_answers_are_compared_by_their_words(text: str, language: str, words: list[str]) -> None:
    assert list(words_of(text, language)) == words


def test_f1_counts_words_as_often_as_they_stand_there() -> None:
    assert f1("red red fox", "red fox fox", "eng") == pytest.approx(2 / 3)
    assert f1("the red fox", "red fox", "eng") == 1.0
    assert f1("blue", "red fox", "eng") == 0.0


@given(st.text(), st.text(), LANGUAGES)
def test_f1_is_symmetric_and_one_where_answers_match(said: str, right: str, language: str) -> None:
    assert f1(said, right, language) == pytest.approx(f1(right, said, language))
    assert 0 <= f1(said, right, language) <= 1
    assert f1(said, right, language) == 1.0 or not exact_match(said, right, language)


@given(st.text(), LANGUAGES)
def test_case_punctuation_and_spaces_do_not_count(text: str, language: str) -> None:
    assert words_of(f"  «{text.upper().lower()}». ", language) == words_of(text.upper(), language)


def test_of_a_worked_answer_what_it_ends_with_counts() -> None:
    worked = "Hier sind es 9 * 2 Eier. #### 18"
    assert same_result("so it is \\boxed{18} in 3 steps", worked, "eng") == 1.0
    assert same_result("#### 17\nno: #### 18", worked, "eng") == 1.0
    assert same_result("18, or rather #### 19", worked, "eng") == 0.0
    assert same_result("the answer is 18", worked, "eng") == 1.0
    assert same_result("\\boxed{Rhine} or Elbe", "rivers: \\boxed{the Rhine}", "eng") == 1.0
    assert same_result("\\boxed{} 18", "18", "eng") == 1.0
    assert is_result("I do not know", worked, "eng") == 0.0


def test_a_result_is_right_if_the_last_number_is() -> None:
    assert same_result("Step 1: 9 * 2. The answer is 18 dollars", "18", "eng") == 1.0
    assert same_result("18 is wrong, it is 19", "18", "eng") == 0.0
    assert same_result("no idea", "18", "eng") == 0.0
    assert same_result("উত্তর ৭০,০০০", "70000", "ben") == 1.0


def test_a_result_that_is_no_number_is_compared_by_its_words() -> None:
    assert same_result("The Rhine.", "Rhine", "eng") == 1.0
    assert same_result("the Rhine, I think", "Rhine", "eng") == 0.0


def test_outputs_are_valid_if_they_are_of_the_kind_of_the_right_answer() -> None:
    """A number where one is wanted, whichever; otherwise a word, whichever."""
    assert [is_result(said, "18", "eng") for said in ("18", "it is ১৯", "I do not know", "")] == [1, 1, 0, 0]
    assert [is_result(said, "Rhine", "eng") for said in ("Elbe", "19", "...", "the")] == [1, 1, 0, 0]
