"""`--out`: whether an answer can be written is found out before the work, and said alike by every command."""

from __future__ import annotations

import os

import polars as pl
import pytest
from tests.questions.asked import CASES, typed

from isogloss.cli.show import check_out, write_out
from isogloss.errors import BadFile, BadValue

everywhere = pytest.mark.parametrize("command", CASES)


@pytest.fixture
def ask(run, tmp_path, monkeypatch):
    """Ask a question, and write its answer to a file."""
    monkeypatch.setenv("ISOGLOSS_VARIETIES", str(tmp_path / "varieties"))
    return lambda command, out: run(*typed(command, CASES[command](tmp_path), tmp_path), "--out", out)


@everywhere
def test_an_unknown_ending_is_refused_with_those_there_are(ask, command):
    code, out, complaint = ask(command, "answer.doc")
    assert (code, out) == (2, "")
    assert complaint.startswith("error: answer.doc: unknown ending '.doc'; write to .png, .svg, .html, .csv, .xlsx, ")
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
def test_a_folder_that_may_not_be_written_to_is_said(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(BadFile, match="cannot be written: Permission denied; choose another place"):
        check_out(tmp_path / "answer.csv")


@pytest.mark.parametrize(("ending", "read"), [("csv", pl.read_csv), ("parquet", pl.read_parquet)])
def test_a_table_is_written_and_that_is_said(tmp_path, capsys, ending, read):
    table, place = pl.DataFrame({"target": ["yor"], "mean": [0.25]}), tmp_path / f"answer.{ending}"
    write_out(place, table=table)
    assert read(place).equals(table)
    assert capsys.readouterr() == (f"written to {place}\n", "")


def test_beside_json_the_place_is_said_on_the_error_stream(tmp_path, capsys):
    write_out(tmp_path / "answer.csv", table=pl.DataFrame({"target": ["yor"]}), json=True)
    assert capsys.readouterr() == ("", f"written to {tmp_path / 'answer.csv'}\n")


def test_an_answer_without_a_picture_is_not_drawn(tmp_path):
    with pytest.raises(BadValue, match=r"unknown ending '\.png'; write to \.csv, \.parquet"):
        write_out(tmp_path / "answer.png", table=pl.DataFrame({"target": ["yor"]}))
