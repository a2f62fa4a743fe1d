"""What holds for every question and every answer, through the function, the shell and the file."""

from __future__ import annotations

import contextlib
import inspect
import json
import re
import sys

import polars as pl
import pydantic
import pytest
import typer
from docs.generator.commands import walk
from docs.generator.stubs import STUB, stub
from tests.questions.asked import CASES
from tests.questions.typed import typed

import isogloss
from isogloss.cli import app, main
from isogloss.languages.varieties import clear_variety_caches
from isogloss.questions.about import AboutEvidence
from isogloss.questions.answer import ENDINGS, PICTURES
from isogloss.questions.catalogue import question_kind, question_kinds
from isogloss.questions.functions import FUNCTIONS
from isogloss.questions.question import read_question


def needs_evidence(command):
    """Whether a question has no answer without evidence; a background may be built of what ships alone."""
    return issubclass(question_kind(command), AboutEvidence) and command != "background build"


class Answers(dict):
    """Each question, answered once through its function when it is first needed, in a folder of its own."""

    def __init__(self, make_folder):
        self.make_folder = make_folder
        self.writing = set()

    def __missing__(self, command):
        folder = self.make_folder()
        fields = CASES[command](folder)
        before = _files(folder)
        with contextlib.chdir(folder):
            self[command] = ask(command, fields)
        if _files(folder) != before:
            self.writing.add(command)
        return self[command]


def ask(command, fields):
    """Ask through the function, where there is one."""
    if command in FUNCTIONS:
        return getattr(isogloss, FUNCTIONS[command])(**fields)
    return read_question(question_kind(command), fields).answer()


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    return Answers(lambda: tmp_path_factory.mktemp("case"))


@pytest.fixture(autouse=True, scope="module")
def folders(tmp_path_factory):
    """Folders of their own, so that those of whoever runs this are left alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ISOGLOSS_VARIETIES", str(tmp_path_factory.mktemp("varieties")))
        patch.setenv("ISOGLOSS_SIMILARITIES", str(tmp_path_factory.mktemp("similarities")))
        patch.setenv("ISOGLOSS_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
    clear_variety_caches()


def test_every_command_of_the_shell_asks_a_question_and_every_question_is_asked_here():
    shell = {name.removeprefix("isogloss ") for name, _ in walk(typer.main.get_command(app), "isogloss")}
    # The browser asks what it is asked there, and charts are the pictures of the same answers.
    asking = {name for name in shell - {"open", "serve"} if not name.startswith("chart ")}
    assert asking == set(question_kinds()) == set(CASES)


def test_a_command_is_called_as_its_question_is():
    assert {command: kind.command for command, kind in question_kinds().items()} == dict(zip(CASES, CASES, strict=True))


@pytest.mark.parametrize("command", CASES)
def test_an_answer_has_a_verdict_a_table_and_plain_values(answers, command):
    answer = answers[command]
    assert answer.question == command
    assert answer.verdict.endswith(".")
    assert answer.table.height > 0
    assert answer.to_pandas().shape == answer.table.shape
    record = json.loads(json.dumps(answer.to_dict(), allow_nan=False))
    assert record["verdict"] == answer.verdict
    assert [*record["tables"]] == [*answer.tables]


@pytest.mark.parametrize("command", CASES)
def test_the_verdict_comes_first_and_no_line_is_too_long(answers, command):
    text = answers[command].text(60, why=True)
    assert " ".join(text.split()).startswith(" ".join(answers[command].verdict.split()))
    assert max(map(len, text.splitlines())) <= 60


@pytest.mark.parametrize("command", CASES)
def test_an_answer_is_written_by_every_ending(answers, command, tmp_path):
    answer = answers[command]
    for ending in ENDINGS:
        if ending in PICTURES and (answer.draw is None or ending == ".png"):  # a PNG is in what a notebook shows
            continue
        path = answer.write(tmp_path / f"answer{ending}")
        assert path.stat().st_size > 50, ending
    assert pl.read_csv(tmp_path / "answer.csv").shape == answer.table.shape
    page = (tmp_path / "answer.html").read_text()
    assert "default-src 'none'" in page
    assert not re.search(r'src="(?!data:)', page.split("<script>")[0])
    assert (tmp_path / "answer.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize("command", CASES)
def test_a_notebook_shows_verdict_table_and_picture(answers, command):
    shown = answers[command]._repr_html_()
    assert shown.index('class="verdict"') < shown.index("<table>")
    assert ("data:image/png" in shown) is (answers[command].draw is not None)


@pytest.mark.parametrize("command", CASES)
def test_the_shell_asks_the_same_question(answers, command, tmp_path, monkeypatch, capfd):
    words = typed(command, CASES[command](tmp_path), tmp_path)
    monkeypatch.setattr(sys, "argv", ["isogloss", *words, "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    printed = json.loads(capfd.readouterr().out)
    answered = json.loads(json.dumps(answers[command].to_dict()))
    assert _anywhere(printed["sentences"]) == _anywhere(answered["sentences"])
    assert _anywhere(printed["tables"]) == _anywhere(answered["tables"])


def _anywhere(value: object) -> object:
    """Without what differs from run to run: where files lie and came from, and how long something took."""
    if isinstance(value, dict):
        timed = str(value.get("what")).startswith("seconds")
        return {key: _anywhere(inner) for key, inner in value.items() if key not in VARYING and not timed}
    if isinstance(value, list):
        return [*map(_anywhere, value)]
    if not isinstance(value, str):
        return value
    for varying in (r"part-\S+", r"/\S*/case\d+|/\S*/test_the_shell_asks\w*", r"about [\d.]+ minutes"):
        value = re.sub(varying, "VARYING", value)
    return value


VARYING = (
    "origins",
    "seconds",
    "making_seconds",
    "minutes",
    "retrieved_at",
    "efficient",
)  # whether it is depends on seconds


@pytest.mark.parametrize("command", [*filter(needs_evidence, CASES)])
def test_no_evidence_is_said_in_one_line(command, tmp_path):
    fields = CASES[command](tmp_path)
    needed = {name: value for name, value in fields.items() if name in ("target", "goal", "query")}
    with pytest.raises(isogloss.IsoglossError, match=r"evidence|costs|prices"):
        ask(command, needed)


def test_editors_complete_what_functions_take():
    assert STUB.read_text() == stub(), "run `make reference`"
    for command, function in FUNCTIONS.items():
        signature = inspect.signature(getattr(isogloss, function))
        assert set(signature.parameters) == set(question_kind(command).model_fields)


@pytest.mark.parametrize("command", [command for command in CASES if not question_kind(command).writes])
def test_only_questions_that_say_so_write_files_beside_their_answer(answers, command):
    """A browser may ask all others."""
    assert answers[command]
    assert (command in answers.writing) is (command == "evidence plan")  # asked for a file that no browser names


def _files(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_no_question_takes_a_seed_that_random_numbers_refuse():
    seeded = {command: kind for command in question_kinds() if "seed" in (kind := question_kind(command)).model_fields}
    assert seeded
    for kind in seeded.values():
        with pytest.raises(pydantic.ValidationError) as refused:
            kind.model_validate({"seed": -1})
        assert ("seed",) in [one["loc"] for one in refused.value.errors()]
