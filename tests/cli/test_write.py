"""`--out`: whether an answer can be written is found out before the work, and said alike by every command."""

from __future__ import annotations

import json
import os
from pathlib import Path

import polars as pl
import pytest
from tests.questions import worlds
from tests.questions.asked import CASES
from tests.questions.typed import typed

everywhere = pytest.mark.parametrize("command", CASES)


@pytest.fixture
def ask(run, tmp_path, monkeypatch):
    """Ask a question, and write its answer to a file."""
    monkeypatch.setenv("ISOGLOSS_VARIETIES", str(tmp_path / "varieties"))
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path / "cache"))
    return lambda command, out: run(*typed(command, CASES[command](tmp_path), tmp_path), "--out", out)


@everywhere
def test_an_unknown_ending_is_refused_with_those_there_are(ask, command):
    code, out, complaint = ask(command, "answer.doc")
    assert (code, out) == (2, "")
    assert complaint.startswith("error: answer.doc: unknown ending '.doc'; write to .png, .svg, .html, ")
    assert len(complaint.splitlines()) == 1


@everywhere
def test_a_folder_that_does_not_exist_is_named(ask, command):
    problem = "cannot be written: No such file or directory; choose another place"
    assert ask(command, "nowhere/answer.csv") == (2, "", f"error: nowhere/answer.csv: {problem}\n")


@everywhere
def test_a_folder_is_not_written_over(ask, tmp_path, command):
    place = tmp_path / "answer.csv"
    place.mkdir()
    said = ask(command, place)
    assert said == (2, "", f"error: {place}: cannot be written: Is a directory; choose another place\n")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_may_not_be_written_to_is_said(ask, tmp_path):
    (tmp_path / "closed").mkdir(mode=0o500)
    code, _, complaint = ask("languages sources", tmp_path / "closed" / "answer.csv")
    assert (code, complaint.rpartition(": ")[2]) == (2, "Permission denied; choose another place\n")


def test_where_it_was_written_is_said(ask, tmp_path):
    code, out, complaint = ask("languages distance", tmp_path / "answer.csv")
    assert (code, complaint) == (0, "")
    assert out.endswith(f"\nwritten to {tmp_path / 'answer.csv'}\n")
    assert pl.read_csv(tmp_path / "answer.csv")["name"].to_list() == ["German", "German", "English"]


def test_beside_json_the_place_is_said_on_the_error_stream(run, tmp_path):
    code, out, complaint = run("languages", "sources", "--json", "--out", tmp_path / "answer.parquet")
    assert (code, complaint) == (0, f"written to {tmp_path / 'answer.parquet'}\n")
    assert json.loads(out)["tables"]["sources"] == pl.read_parquet(tmp_path / "answer.parquet").to_dicts()


def test_an_answer_without_a_picture_is_not_drawn(run, tmp_path):
    code, _, complaint = run("languages", "sources", "--out", tmp_path / "answer.png")
    assert code == 2
    assert complaint.startswith("error: --out: there is no picture of this answer to 'languages sources'; write a ta")
    assert not (tmp_path / "answer.png").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("f.csv", ("forecast", "f.csv", "--targets", "yor")),
        ("f.csv", ("fair", "scores.csv", "--weights", "f.csv")),
        ("f.toml", ("compare", "scores.csv", "--costs", "f.toml")),
        ("f.toml", ("evidence", "import", "scores.csv", "--map", "f.toml", "--dry-run")),
        ("f.csv", ("evidence", "plan", "f.csv")),
        ("f.toml", ("languages", "add", "f.toml")),
        ("f.csv", ("languages", "distance", "deu", "eng", "--kind", "own", "--table", "own=f.csv")),
        ("f.toml", ("lab", "pretrain", "f.toml", "--into", "model")),
        ("f.json", ("background", "show", "f.json")),
    ],
)
def test_a_pipe_is_not_waited_for_wherever_a_file_is_read(run, tmp_path, monkeypatch, name, words):
    monkeypatch.chdir(tmp_path)
    os.mkfifo(name)
    worlds.as_they_are(2).write_csv("scores.csv")
    assert run(*words) == (2, "", f"error: {name}: is a pipe, not a file\n")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_only_a_file_is_written_over_and_keeps_its_mode(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe.csv")
    Path("dangling.csv").symlink_to("absent.csv")
    Path("private.csv").touch(mode=0o600)
    Path("link.csv").symlink_to("private.csv")
    for name, kind in (("pipe.csv", "it is a pipe, not a file"), ("dangling.csv", "it is a link to what is not there")):
        complaint = f"error: {name}: cannot be written: {kind}; choose another place\n"
        assert run("languages", "sources", "--out", name) == (2, "", complaint)
    assert run("languages", "sources", "--out", "link.csv")[0] == 0
    assert Path("link.csv").is_symlink()
    assert Path("private.csv").stat().st_mode & 0o777 == 0o600
    assert pl.read_csv("private.csv").height == 9
