"""Needles: lists that are the same in every language, and a model that copies finds the number in each."""

from __future__ import annotations

import polars as pl
import pytest
from tests.lab.checkpoints import make_decoder

import isogloss
from isogloss.behaviour import needle_questions, read_questions
from isogloss.errors import IsoglossError

pytest.importorskip("babel")


def test_lists_are_parallel_and_hold_the_number_once_beside_its_country() -> None:
    table = needle_questions(["German", "Swahili", "Japanese"], [8], items=5)
    assert read_questions(table).height == table.height == 2 * 5 * 3
    for row in table.iter_rows(named=True):
        *lines, blank, asked = row["question"].split("\n")
        right = row["choices"][row["answer"]]
        assert (len(lines), blank) == (8, "")
        assert [line for line in lines if line.endswith(f": {right}")] == [asked.replace("<mask>", right)]
        assert lines.index(asked.replace("<mask>", right)) == round(row["depth"] * 7)
        wrong = {*row["choices"]} - {right}
        in_list = sum(one in row["question"] for one in wrong)
        assert in_list == (3 if row["kind"] == "several" else 0)
    same = table.group_by("task", "item").agg(pl.col("choices").n_unique(), pl.col("depth").n_unique())
    assert same["choices"].to_list() == same["depth"].to_list() == [1] * 10
    assert table.filter(item="0")["depth"].unique().to_list() == [0.0]
    assert table.filter(item="4")["depth"].unique().to_list() == [1.0]
    assert table.equals(needle_questions(["German", "Swahili", "Japanese"], [8], items=5))
    assert table["answer"].n_unique() > 1


def test_a_model_is_asked_and_its_share_stands_beside_that_of_a_guess(tmp_path) -> None:
    pytest.importorskip("torch", reason="needs the extra lab")
    make_decoder(tmp_path / "decoder")
    answer = isogloss.find_needles(
        model=str(tmp_path / "decoder"), languages=["German", "Swahili"], lengths=[4], items=3, kinds=["one"]
    )
    assert answer.result.height == 6
    assert answer.tables["shares"].frame["items"].to_list() == [3, 3]
    assert answer.sentences[0].endswith("right; a guess has 0.250.")
    assert "4 lines with one number" in answer.sentences[0]


def test_each_list_is_asked_about_with_each_instruction(tmp_path) -> None:
    """Lists, numbers and choices are the same, whatever language they are asked about in."""
    wordings = {"English": "Copy the number.", "deu": "Schreib die Zahl ab."}
    table = needle_questions(["German", "Swahili"], [8], items=2, kinds=["one"], instructions=wordings)
    plain = needle_questions(["German", "Swahili"], [8], items=2, kinds=["one"])
    assert (table.height, plain.height) == (8, 4)
    for name, text in (("eng", "Copy the number."), ("deu", "Schreib die Zahl ab.")):
        own = table.filter(instruction=name)
        assert own["task"].unique().to_list() == [f"needle-one-8-{name}"]
        assert own["question"].to_list() == [f"{text}\n\n{one}" for one in plain["question"]]
        assert own["choices"].to_list() == plain["choices"].to_list()
    with pytest.raises(IsoglossError, match="the instruction in 'eng' is empty"):
        needle_questions(["German"], [8], instructions={"eng": " "})
    with pytest.raises(IsoglossError, match="Quenyan"):
        needle_questions(["German"], [8], instructions={"Quenyan": "x"})
    pytest.importorskip("torch", reason="needs the extra lab")
    make_decoder(tmp_path / "decoder")
    (tmp_path / "wordings.csv").write_text("language,instruction\neng,Copy the number.\ndeu,Schreib die Zahl ab.\n")
    answer = isogloss.find_needles(
        model=str(tmp_path / "decoder"), languages=["German", "Swahili"], lengths=[4], items=3, kinds=["one"],
        instructions=str(tmp_path / "wordings.csv"),
    )  # fmt: skip
    assert answer.tables["shares"].frame.select("language", "instruction", "items").rows() == [
        ("deu", "eng", 3), ("deu", "deu", 3), ("swa", "eng", 3), ("swa", "deu", 3),
    ]  # fmt: skip
    assert [", asked in English:" in one for one in answer.sentences] == [True, False]
    assert answer.picture() is not None


def lines_of(language: str) -> list[str]:
    return [f"{language} {number}" for number in range(12)]


def test_texts_stand_around_the_needle_in_their_order_at_the_same_place_in_all_languages() -> None:
    texts = {"deu": lines_of("deu"), "Swahili": lines_of("swa")}
    table = needle_questions(["German", "Swahili"], [6], kinds=["one"], items=6, texts=texts)
    starts = []
    for row in table.iter_rows(named=True):
        lines = row["question"].split("\n")[:6]
        (needle,) = [place for place, line in enumerate(lines) if ": " in line]
        first = int(lines[-1 if needle == 0 else 0].split()[1]) - (5 if needle == 0 else 0)
        whole = [f"{row['language']} {first + place}" for place in range(6)]
        assert [*lines[:needle], *lines[needle + 1 :]] == [*whole[:needle], *whole[needle + 1 :]]
        assert needle == round(row["depth"] * 5)
        starts.append(first)
    assert starts[::2] == starts[1::2]
    assert len({*starts}) > 1
    with pytest.raises(IsoglossError, match="0 lines of text in 'swa', for contexts of 6"):
        needle_questions(["German", "Swahili"], [6], texts={"German": lines_of("deu")})


def test_the_number_of_a_country_that_is_not_there_is_none() -> None:
    """And every other question has that choice, too."""
    table = needle_questions(["German", "Swahili"], [8], kinds=["absent", "one"], items=4, none="none")
    for row in table.iter_rows(named=True):
        *lines, _, asked = row["question"].split("\n")
        assert (len(lines), len(row["choices"]), row["choices"][-1]) == (8, 5, "none")
        country = asked.removesuffix(": <mask>")
        is_there = any(line.startswith(f"{country}: ") for line in lines)
        assert is_there == (row["kind"] == "one") == (row["choices"][row["answer"]] != "none")
        assert sum(one in row["question"] for one in row["choices"][:-1]) == 1
    plain = needle_questions(["German", "Swahili"], [8], kinds=["one"], items=4)
    assert table.filter(kind="one")["question"].to_list() == plain["question"].to_list()
    with pytest.raises(IsoglossError, match="absent needs an answer that says that nothing is there"):
        needle_questions(["German"], [8], kinds=["absent"])


def test_how_often_a_model_says_that_nothing_is_there_stands_beside_what_is_right(tmp_path) -> None:
    pytest.importorskip("torch", reason="needs the extra lab")
    make_decoder(tmp_path / "decoder")
    (tmp_path / "wordings.csv").write_text("language,instruction,none\neng,Copy it or say none.,none\n")
    (tmp_path / "book.csv").write_text(
        "language,text\n" + "".join(f"{one},{line}\n" for one in ("deu", "swa") for line in lines_of(one))
    )
    answer = isogloss.find_needles(
        model=str(tmp_path / "decoder"), languages=["German", "Swahili"], lengths=[4], items=3, kinds=["one", "absent"],
        instructions=str(tmp_path / "wordings.csv"), texts=str(tmp_path / "book.csv"),
    )  # fmt: skip
    shares = answer.tables["shares"].frame
    absent = shares.filter(kind="absent")
    assert absent["none_share"].to_list() == absent["accuracy"].to_list()
    assert "the number of another country alone, asked in English" in answer.sentences[1]
    assert answer.sentences[1].endswith("a guess has 0.200.")


@pytest.mark.parametrize(
    ("languages", "lengths", "reason"),
    [
        (["German"], [2], r"a context of 2 lines, where \d+ countries .* give 4 to"),
        (["German"], [10_000], "a context of 10000 lines"),
        (["Quenya"], [8], "Quenya"),
    ],
)
def test_lists_that_cannot_be_made_are_refused(languages, lengths, reason: str) -> None:
    with pytest.raises(IsoglossError, match=reason):
        needle_questions(languages, lengths)
