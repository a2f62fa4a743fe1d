"""What holds for every question and every answer, through the function, the shell and the file."""

from __future__ import annotations

import inspect
import json
import sys

import polars as pl
import pytest
from docs.generator.stubs import STUB, stub
from tests.questions import worlds

import isogloss
from isogloss.cli import main
from isogloss.questions.answer import ENDINGS, PICTURES
from isogloss.questions.catalogue import question_kinds
from isogloss.questions.functions import FUNCTIONS
from isogloss.questions.question import read_question

ASKED = {
    "forecast": (worlds.as_they_are(2), {"targets": ["Yoruba", "wol"]}),
    "trust": (worlds.as_they_are(), {"levels": [0.5, 0.9], "every": 4}),
    "explain": (worlds.with_sources(), {"target": "Yoruba"}),
    "sources": (worlds.with_sources(), {"targets": ["Yoruba"]}),
    "next": (worlds.as_they_are(), {"among": ["africa"], "k": 2}),
    "plan": (worlds.with_sizes(), {"targets": ["deu", "pol"], "budget": 50, "fast": True, "rounds": 0}),
    "curve": (worlds.with_sizes(), {"target": "Polish", "goal": 0.6}),
    "goal": (worlds.with_sizes(), {"target": "Polish", "goal": 0.6}),
    "kinds": (worlds.with_sizes(), {"target": "Polish", "budget": 50}),
    "additions": (worlds.with_sizes(), {}),
    "compare": (worlds.with_recipes(), {"volume": 1000.0}),
    "fair": (worlds.as_they_are(2), {}),
    "benchmark": (worlds.as_they_are(), {"protocol": ["lolo"], "forecasters": ["additive", "nearest"], "every": 4}),
    "evidence show": (worlds.as_they_are(2), {"by": ["model"]}),
    "evidence conflicts": (worlds.with_conflicts(), {}),
    "evidence query": (worlds.as_they_are(), {"query": "select target, score from observations order by target"}),
    "background show": (None, {}),
    "background build": (worlds.with_tasks(), {"own_only": True}),
}
"""The smallest evidence that each question has an answer to, and what is asked beside it."""
ARGUMENTS = ("query",)
"""Fields that a shell takes without a flag."""
PRICED = ("plan", "goal", "kinds", "compare")
WITHOUT_EVIDENCE = ("background show", "background build")
"""Questions that public evidence alone answers."""


class Answers(dict):
    """Each question, answered once through its function when it is first needed."""

    def __init__(self, folder):
        self.folder = folder

    def __missing__(self, command):
        table, fields = ASKED[command]
        self[command] = ask(command, table, **fields, **files_of(command, self.folder))
        return self[command]


def ask(command, evidence, **fields):
    """Ask through the function, where there is one."""
    if command in FUNCTIONS:
        return getattr(isogloss, FUNCTIONS[command])(evidence, **fields)
    given = {} if evidence is None else {"evidence": evidence}
    return read_question(question_kinds()[command], {**given, **fields}).answer()


def files_of(command, folder):
    """Files that a question reads or writes beside its evidence."""
    if command == "background build":
        return {"save": folder / "background.json"}
    return {"costs": worlds.costs(folder)} if command in PRICED else {}


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    return Answers(tmp_path_factory.mktemp("costs"))


def test_every_question_is_asked_here():
    assert set(ASKED) == set(question_kinds())


@pytest.mark.parametrize("command", ASKED)
def test_an_answer_has_a_verdict_a_table_and_plain_values(answers, command):
    answer = answers[command]
    assert answer.question == command
    assert answer.verdict.endswith(".")
    assert answer.table.height > 0
    assert answer.to_pandas().shape == answer.table.shape
    record = json.loads(json.dumps(answer.to_dict(), allow_nan=False))
    assert record["verdict"] == answer.verdict
    assert [*record["tables"]] == [*answer.tables]


@pytest.mark.parametrize("command", ASKED)
def test_the_verdict_comes_first_and_no_line_is_too_long(answers, command):
    text = answers[command].text(60, why=True)
    assert " ".join(text.split()).startswith(" ".join(answers[command].verdict.split()))
    assert max(map(len, text.splitlines())) <= 60


@pytest.mark.parametrize("command", ASKED)
def test_an_answer_is_written_by_every_ending(answers, command, tmp_path):
    answer = answers[command]
    for ending in ENDINGS:
        if ending in PICTURES and answer.draw is None:
            continue
        path = answer.write(tmp_path / f"answer{ending}")
        assert path.stat().st_size > 50, ending
    assert pl.read_csv(tmp_path / "answer.csv").shape == answer.table.shape
    page = (tmp_path / "answer.html").read_text()
    assert "default-src 'none'" in page
    assert "src=" not in page.split("<script>")[0]


@pytest.mark.parametrize("command", ASKED)
def test_a_notebook_shows_verdict_table_and_picture(answers, command):
    shown = answers[command]._repr_html_()
    assert shown.index('class="verdict"') < shown.index("<table>")
    assert ("data:image/png" in shown) is (answers[command].draw is not None)


@pytest.mark.parametrize("command", ASKED)
def test_the_shell_asks_the_same_question(answers, command, tmp_path, monkeypatch, capfd):
    table, fields = ASKED[command]
    scores = []
    if table is not None:
        table.write_csv(tmp_path / "scores.csv")
        scores = [str(tmp_path / "scores.csv")]
    given = fields | files_of(command, tmp_path)
    options = [part for name, value in given.items() for part in _option(command, name, value)]
    monkeypatch.setattr(sys, "argv", ["isogloss", *command.split(), *scores, *options, "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    printed = json.loads(capfd.readouterr().out)
    assert printed["sentences"] == list(answers[command].sentences)
    answered = json.loads(json.dumps(answers[command].to_dict()))
    assert _without_files(printed["tables"]) == _without_files(answered["tables"])


def _without_files(tables: dict[str, list[dict[str, object]]]) -> dict[str, list[dict[str, object]]]:
    """Without the names of files that rows came from, which a table in memory has not."""
    return {
        name: [{key: value for key, value in row.items() if key != "origins"} for row in rows]
        for name, rows in tables.items()
    }


def _option(command: str, name: str, value: object) -> list[str]:
    flag = {"k": "-k", "levels": "--level"}.get(name, f"--{name.replace('_', '-')}")
    if value is True:
        return [flag]
    if name in ARGUMENTS:
        return [str(value)]
    return [flag, ",".join(map(str, value)) if isinstance(value, list) else str(value)]


@pytest.mark.parametrize("command", [command for command in ASKED if command not in WITHOUT_EVIDENCE])
def test_no_evidence_is_said_in_one_line(command):
    needed = {name: value for name, value in ASKED[command][1].items() if name in ("target", "goal", "query")}
    with pytest.raises(isogloss.IsoglossError, match=r"evidence|costs|prices"):
        ask(command, None, **needed)


def test_editors_complete_what_functions_take():
    assert STUB.read_text() == stub(), "run `make reference`"
    for function in FUNCTIONS.values():
        signature = inspect.signature(getattr(isogloss, function))
        assert "evidence" in signature.parameters
