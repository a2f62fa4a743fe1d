"""Questions that a model writes to texts: what is kept, what is left out and why, and that nothing is asked twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.lab.described import read
from tests.models import endpoint_server as servers
from typer.testing import CliRunner

from isogloss.cli import app

pytest.importorskip("httpx", reason="needs the extra behaviour")
pytest.importorskip("py3langid", reason="needs the extra behaviour")

TEXTS = {
    "bees": "Bienen tanzen, um den anderen zu zeigen, wo Blüten stehen und wie weit es bis dorthin ist.",
    "rain": "Regen entsteht, wenn der Wasserdampf in den Wolken abkühlt und die Tropfen zu schwer werden.",
    "tides": "Die Gezeiten entstehen, weil der Mond das Wasser des Meeres anzieht.",
}
QUESTIONS = {
    "bees": "How do bees tell each other where the flowers are?",
    "rain": "What makes water fall from the clouds?",
    "tides": "Why does the sea rise and fall every day?",
}
RATED = {"bees": "5", "rain": "Rating: 2", "tides": "good"}


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("ISOGLOSS_API_KEY", raising=False)


def item_in(prompt: str) -> str:
    return next(item for item in TEXTS if TEXTS[item] in prompt)


def right(prompt: str) -> str:
    """Asks what is answered, and rates; rewritten answers are in German."""
    item = item_in(prompt)
    if "Reply with the number" in prompt:
        return RATED[item]
    return f"Kurz gesagt: {TEXTS[item]}" if "Rewrite the text" in prompt else QUESTIONS[item]


def ran(
    folder: Path, says: Callable[[str], str], *options: str, texts: dict[str, str] | None = None
) -> tuple[dict[str, Any], list[dict[str, Any]], int]:
    """What the command shows, the examples that it wrote, and how often the endpoint was asked."""
    texts = TEXTS if texts is None else texts
    rows = [(item, "deu", text) for item, text in texts.items()]
    pl.DataFrame(rows, schema=["id", "language", "text"], orient="row").write_csv(folder / "texts.csv")

    def behave(handler: servers.Handler, body: dict[str, Any]) -> None:
        reply = {"message": {"content": says(body["messages"][-1]["content"])}}
        handler.reply({"choices": [reply], "usage": {"prompt_tokens": 100, "completion_tokens": 10}})

    into = folder / "written.jsonl"
    words = ["lab", "write-questions", str(folder / "texts.csv"), "--into", str(into), "--json"]
    with servers.serving(behave) as server:
        filled = [option.replace("ENDPOINT", f"{server.address}#m") for option in options]
        answer = CliRunner().invoke(app, [*words, "--model", f"{server.address}#m", *filled])
        assert answer.exit_code == 0, answer.output
        first = len(server.seen)
        again = CliRunner().invoke(app, [*words, "--model", f"{server.address}#m", *filled])
        assert (len(server.seen), json.loads(again.stdout)["details"]["requests"]) == (first, 0)
    return json.loads(answer.stdout), [*map(json.loads, into.read_text().splitlines())], first


def reasons(shown: dict[str, Any]) -> dict[str, int]:
    return {row["reason"]: row["texts"] for row in shown["tables"]["reasons"]}


def test_right_questions_are_kept_and_the_answers_are_the_texts_of_people(tmp_path: Path) -> None:
    shown, rows, requests = ran(tmp_path, right, "--price", "input=2", "--price", "output=10")
    assert (reasons(shown), requests) == ({}, 3)
    assert [row["output"] for row in rows] == [*TEXTS.values()]
    assert [row["instruction"] for row in rows] == [f"{one}\n\nAnswer in German." for one in QUESTIONS.values()]
    assert {(row["language"], row["answer_language"]) for row in rows} == {("eng", "deu")}
    assert shown["details"]["cost"] == pytest.approx((300 * 2 + 30 * 10) / 1e6)
    splits = {"by": "id", "shares": {"train": 0.5}}
    described: dict[str, object] = {
        "name": "own",
        "kind": "instructions",
        "file": "written.jsonl",
        "columns": {"item": "id"},
    }
    task = read(described | {"splits": splits}, tmp_path)
    assert {*task.train["eng"].items, *task.test["eng"].items} == {f"{item} deu" for item in TEXTS}


@pytest.mark.parametrize(("says", "reason"), [
    (lambda _: "Warum tanzen die Bienen im Stock vor den anderen?", {"question_language": 3}),
    (lambda prompt: TEXTS[item_in(prompt)], {"copied": 3}),
    (lambda _: "", {"no_question": 3}),
    (lambda _: "How do bees find the flowers?", {"too_short": 3}),
    (lambda _: " ".join(["Why do the bees dance, and"] * 12), {"too_long": 3}),
])  # fmt: skip
def test_a_model_that_does_it_wrong_leaves_nothing(
    tmp_path: Path, says: Callable[[str], str], reason: dict[str, int]
) -> None:
    options = {"copied": ["--question", "deu"], "too_short": ["--shortest", "9"]}.get(next(iter(reason)), [])
    shown, rows, _ = ran(tmp_path, says, *options)
    assert (rows, reasons(shown)) == ([], reason)
    assert shown["verdict"].startswith("0 of 3 texts have a question")


def test_the_same_question_to_other_texts_and_texts_without_words_are_left_out(tmp_path: Path) -> None:
    shown, rows, requests = ran(tmp_path, lambda _: "What is said in this text?", texts=TEXTS | {"none": " "})
    assert (len(rows), requests, reasons(shown)) == (1, 3, {"duplicate": 2, "no_text": 1})


def test_answers_are_rewritten_and_pairs_rated_where_that_is_wanted(tmp_path: Path) -> None:
    shown, rows, requests = ran(tmp_path, right, "--refine", "--judge", "ENDPOINT")
    assert [row["output"] for row in rows] == [f"Kurz gesagt: {TEXTS['bees']}"]
    assert (reasons(shown), requests) == ({"rated_low": 1, "unrated": 1}, 12)


def test_answers_that_are_rewritten_in_another_language_are_left_out(tmp_path: Path) -> None:
    shown, rows, _ = ran(tmp_path, lambda prompt: QUESTIONS[item_in(prompt)], "--refine")
    assert (rows, reasons(shown)) == ([], {"answer_language": 3})


def test_the_seed_decides_which_texts_are_asked_about_and_the_others_are_counted(tmp_path: Path) -> None:
    drawn = [ran(tmp_path, right, "--most", "1", "--seed", seed) for seed in ("0", "1", "2")]
    assert len({rows[0]["id"] for _, rows, _ in drawn}) > 1
    assert [(reasons(shown), requests) for shown, _, requests in drawn] == [({"not_drawn": 2}, 1)] * 3


@pytest.mark.parametrize(("options", "said"), [
    (["--question", "fra"], "wording: questions do not say that another language is to be answered in"),
    (["--question", "ewe"], "question: 'ewe' cannot be identified"),
    (["--prompt", "Ask."], "prompt: has {text} 0 times; write it once"),
    (["--wording", "Ask."], "wording: has {question} 0 times; write it once"),
    (["--column", "item=url"], "unknown column 'url'"),
])  # fmt: skip
def test_what_cannot_be_is_refused_before_anything_is_asked(tmp_path: Path, options: list[str], said: str) -> None:
    (tmp_path / "texts.csv").write_text("id,language,text\na,deu,Bienen tanzen.\n")
    words = ["lab", "write-questions", str(tmp_path / "texts.csv"), "--into", str(tmp_path / "no.jsonl")]
    answer = CliRunner().invoke(app, [*words, "--model", "http://127.0.0.1:9/v1#m", *options])
    assert answer.exit_code != 0
    assert said in str(answer.exception)
    assert not (tmp_path / "no.jsonl").exists()
