"""Questions that a model answers: tables of questions, prompts, replies, and the table of items that comes of it."""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.behaviour.worlds import questions_world
from tests.lab.checkpoints import make_decoder
from tests.models import endpoint_server as servers
from typer.testing import CliRunner

import isogloss
from isogloss.behaviour import read_questions
from isogloss.behaviour.prompts import chosen_place, holds, listed_prompt
from isogloss.cli import app
from isogloss.errors import InputError

pytest.importorskip("torch", reason="needs the extra lab")
pytest.importorskip("httpx", reason="needs the extra behaviour")

KNOWN = {"sky": "blue", "Himmel": "grün", "snow": "white", "Schnee": "weiß"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_decoder(tmp_path_factory.mktemp("model") / "bytes")


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path))


def knowing(handler: servers.Handler, body: dict[str, Any]) -> None:
    """An endpoint that knows all but the colour of the German sky, and answers with the letter."""
    prompt = body["messages"][-1]["content"]
    answer = next(colour for word, colour in KNOWN.items() if word in prompt)
    letter = next((line[0] for line in prompt.splitlines() if line.endswith(f". {answer}")), answer)
    handler.reply({"choices": [{"message": {"content": f"{letter}."}}]})


@pytest.mark.parametrize("written", [["blau", "grün"], '["blau", "grün"]', "blau|grün", "blau, grün", "blau\ngrün"])
@pytest.mark.parametrize("answer", ["grün", 1, "1", "B", "b"])
def test_choices_and_the_right_one_in_every_spelling(written: Any, answer: Any) -> None:
    table = pl.DataFrame(
        {"lang": ["de"], "id": [7], "prompt": ["Gras ist [MASK]."], "candidates": [written], "answer": [answer]}
    )
    row = read_questions(table).row(0, named=True)
    assert (row["choices"], row["place"], row["answers"]) == (["blau", "grün"], 1, ["grün"])
    assert (row["language"], row["item"], row["question"]) == ("deu", "7", "Gras ist <mask>.")


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"answer": "Paris", "gold": "Paris|Lutetia"}, ["Paris", "Lutetia"]),
        ({"gold": '["Paris", "Lutetia"]'}, ["Paris", "Lutetia"]),
        ({"answer": None, "answers": "Paris"}, ["Paris"]),
        ({"choices": "Lyon|Paris", "answer": 1, "gold": "Paris"}, ["Paris"]),
        ({"choices": "Lyon|Paris", "gold": ["Paris"]}, ["Paris"]),
    ],
)
def test_both_columns_of_answers_count(columns: dict[str, Any], expected: list[str]) -> None:
    asked = {"item": "1", "language": "fra", "question": "?"}
    assert read_questions(pl.DataFrame([asked | columns], strict=False))["answers"].to_list() == [expected]


def test_columns_that_name_two_right_choices_are_refused() -> None:
    asked = {"item": "1", "language": "fra", "question": "?", "choices": "Lyon|Paris", "answer": "A", "gold": "Paris"}
    with pytest.raises(InputError, match="'Lyon' and 'Paris' are both right; give one right choice"):
        read_questions(pl.DataFrame([asked]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answer": "red"}, "the answer 'red' is no choice; give its text, its number from 0 or its letter"),
        ({"choices": "blue"}, "has one choice"),
        ({"choices": "blue||red"}, "has an empty choice"),
        ({"choices": "[1, 2"}, "has choices that are no list"),
        ({"question": " "}, "has no question"),
        ({"question": "<mask> or <mask>"}, "has 2 slots"),
        ({"language": "German", "item": "sky"}, "item sky is asked twice in German"),
    ],
)
def test_questions_that_cannot_be_asked(change: dict[str, str], message: str) -> None:
    rows = questions_world().to_dicts()
    rows[-1] |= change
    with pytest.raises(InputError, match=message.replace("[", r"\[")):
        read_questions(pl.DataFrame(rows))


def test_languages_without_questions_are_named() -> None:
    with pytest.raises(InputError, match="unknown language of the questions 'hin'; known: deu, eng"):
        read_questions(questions_world(), among=["eng", "hin"])


@given(
    place=st.integers(0, 3), form=st.sampled_from(["{}", "{}.", "({})", "The answer is {}.", "**{}**", "{}: that one"])
)
def test_a_letter_in_a_reply_is_understood(place: int, form: str) -> None:
    choices = ["red wine", "green", "white", "blue"]
    assert chosen_place(form.format(string.ascii_uppercase[place]), choices) == place


@pytest.mark.parametrize(
    ("reply", "place"),
    [("green", 1), ("It is Green!", 1), ("", None), ("A or B", None), ("E", None), ("green or white", None),
     ("greenish", None)],
)  # fmt: skip
def test_the_text_of_a_choice_is_understood_and_nothing_else(reply: str, place: int | None) -> None:
    assert chosen_place(reply, ["red", "green", "white", "blue"]) == place


@pytest.mark.parametrize(
    ("reply", "answer", "right"),
    [("It is Niger.", "niger", True), ("Nigeria", "Niger", False), ("東京です", "東京", True), ("", "", False),
     ("ＮＡＩＲＯＢＩ", "Nairobi", True)],
)  # fmt: skip
def test_a_reply_holds_an_answer_as_whole_words_where_there_are_words(reply: str, answer: str, right: bool) -> None:
    assert holds(reply, answer) == right


def test_braces_in_a_question_are_no_places() -> None:
    prompt = listed_prompt("What is {choices}?", ("{question}", "b"), "{question}\n{choices}")
    assert prompt.premise == "What is {choices}?\nA. {question}\nB. b"


def test_an_endpoint_that_chats_answers_by_letter_and_its_table_is_read_by_other_commands(tmp_path: Path) -> None:
    with servers.serving(knowing) as server:
        answer = isogloss.answer_questions(questions_world(), model=f"{server.address}#m")
        again = isogloss.answer_questions(questions_world(), model=f"{server.address}#m")
    assert answer.table["completion"].to_list() == ["blue", "white", "grün", "weiß"]
    assert answer.table["correct"].to_list() == [True, True, False, True]
    assert answer.verdict == "m: 4 answers in 2 languages; right: English 1.000 to German 0.500."
    assert (again.details["kept"], len(server.seen)) == (4, 4)
    answer.write(tmp_path / "answers.parquet")
    consistency = isogloss.factual_consistency(tmp_path / "answers.parquet").result
    assert consistency.pairs["agreement"].to_list() == [0.5]
    answer.write(tmp_path / "answers.png")


def test_open_questions_are_answered_in_words() -> None:
    table = questions_world().drop("choices")
    with servers.serving(knowing) as server:
        answer = isogloss.answer_questions(table, model=f"{server.address}#m", targets=["German"])
    assert answer.table["completion"].to_list() == ["grün.", "weiß."]
    assert answer.table["correct"].to_list() == [False, True]


def test_the_shell_runs_a_model_and_compares_languages(folder: Path, tmp_path: Path) -> None:
    """As `behaviour consistency` does of a table of the same answers."""
    facts = tmp_path / "facts.csv"
    questions_world().write_csv(facts)
    words = ["behaviour", "consistency", "--model", str(folder), "--facts", str(facts), "--languages", "eng,deu"]
    run = CliRunner().invoke(app, [*words, "--json"])
    assert run.exit_code == 0, run.output
    shown = json.loads(run.stdout)
    items = isogloss.answer_questions(facts, model=str(folder), candidates=True)
    assert items.table.select("candidate", "choice").head(2).rows() == [(0, "blue"), (1, "green")]
    pairs = isogloss.factual_consistency(items.table).result.pairs
    assert shown["tables"]["pairs"][0]["rankc"] == pytest.approx(pairs["rankc"][0])
    assert shown["details"]["prompts"] == 4


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, r"no items; give a table of answers, or facts=\.\.\. and the model=\.\.\. that answers them"),
        ({"facts": questions_world()}, r"no model to answer the facts; give model=\.\.\."),
        ({"facts": questions_world(), "items": questions_world(), "model": "a"}, "both items and facts"),
        ({"facts": questions_world(), "model": "a", "price": {"inputs": "1"}}, "unknown price 'inputs'"),
        ({"facts": questions_world(), "model": "a", "price": {"input": "x"}}, "'x' is no price"),
    ],
)
def test_what_consistency_needs_to_run_a_model(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        isogloss.factual_consistency(**fields)


def test_templates_and_kinds_of_questions_that_do_not_fit(folder: Path) -> None:
    with pytest.raises(InputError, match=r"\{question\} stands 0 times in 'Q: '; write it once"):
        isogloss.answer_questions(questions_world(), model=str(folder), template="Q: ")
    mixed = questions_world().with_columns(choices=pl.when(pl.col("item") == "sky").then("choices"))
    with pytest.raises(InputError, match="some questions have choices and some none"):
        isogloss.answer_questions(mixed, model=str(folder))
    with pytest.raises(InputError, match="questions have no choices; leave out candidates=True"):
        isogloss.answer_questions(questions_world().drop("choices"), model=str(folder), candidates=True)
