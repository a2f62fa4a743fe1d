"""`isogloss benchmark` and `isogloss trust`, as they are typed and answered."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

TARGETS = "deu fra ita spa nld swe rus ukr ell hin tha swa".split()


@pytest.fixture
def scores(tmp_path) -> Path:
    """A file of twelve languages under two mixes, in two tasks of one model."""
    rows = [
        ("toy", task, "accuracy", target, train, 0.8 - 0.03 * place + bonus)
        for task in ("topics", "tags")
        for place, target in enumerate(TARGETS)
        for train, bonus in (("eng:10", 0.0), ("eng:100", 0.05))
    ]
    path = tmp_path / "scores.csv"
    pl.DataFrame(rows, schema=["model", "task", "metric", "target", "train", "score"], orient="row").write_csv(path)
    return path


def test_every_protocol_is_answered_with_a_table_and_with_words(run, scores):
    code, out, err = run("benchmark", "--evidence", scores, "--forecasters", "mean,additive", "--why")
    assert (code, err) == (0, "")
    assert "lolo: A language nobody measured" in out
    assert "low-resource: The poorest languages nobody measured" in out
    assert "lolo · topics · 12 languages" in " ".join(out.split())
    assert "The strongest baseline is additive" in " ".join(out.split())


def test_tables_and_words_fit_eighty_columns(run, scores):
    out = run("benchmark", "-e", scores, "--protocol", "lolo,anchors", "--forecasters", "mean,additive")[1]
    out += run("trust", "-e", scores, "--task", "topics", "--forecaster", "mean")[1]
    assert max(len(line.rstrip()) for line in out.splitlines()) <= 80


def test_json_holds_every_table(run, scores):
    code, out, err = run("benchmark", "-e", scores, "--protocol", "lolo", "--forecasters", "mean,additive", "--json")
    told = json.loads(out)
    assert (code, err) == (0, "")
    assert set(told["details"]) >= {"errors", "differences", "coverage", "scenarios", "strata", "refusals", "seconds"}
    assert [row["forecaster"] for row in told["details"]["seconds"]] == ["mean", "additive"]


def test_only_one_task_is_asked_about(run, scores):
    out = run("benchmark", "-e", scores, "--protocol", "lolo", "--forecasters", "mean", "--task", "tags", "--json")[1]
    assert {row["table"] for row in json.loads(out)["details"]["errors"]} == {"tags · toy"}


def test_a_report_is_written_beside_what_is_printed(run, scores, tmp_path):
    out = tmp_path / "report.html"
    code, printed, _ = run("benchmark", "-e", scores, "--protocol", "lolo", "--forecasters", "mean", "--out", out)
    assert code == 0
    assert "written to" in printed
    assert out.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_json_stays_json_when_a_report_is_written(run, scores, tmp_path):
    arguments = ("--protocol", "lolo", "--forecasters", "mean", "--out", tmp_path / "r.html", "--json")
    _, printed, complained = run("benchmark", "-e", scores, *arguments)
    assert json.loads(printed)["details"]["forecasters"] == ["mean"]
    assert "written to" in complained


def test_a_sister_task_can_be_named(run, scores):
    arguments = ("--protocol", "language-in-task", "--forecasters", "mean", "--folds", "2", "--json")
    code, out, _ = run("benchmark", "-e", scores, *arguments, "--sister", "tags=topics")
    assert code == 0
    assert {row["table"] for row in json.loads(out)["details"]["errors"]} == {"topics · toy"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--protocol", "loo"), "error: unknown protocol 'loo'; did you mean 'lolo'?"),
        (("--forecasters", "defalt"), "error: unknown forecaster 'defalt'; did you mean 'default'?"),
        (("--level", "high"), "error: 'high' is no number; give 0.9, or 0.5,0.9"),
        (("--level", "90"), "error: level 90.0 is not between 0 and 1; ask for 0.9, say"),
        (("--sister", "tags"), "error: --sister: 'tags' is no pair"),
        (("--task", "tag"), "error: --evidence: unknown task 'tag'; did you mean 'tags'?"),
        (("--protocol", "models"), "error: benchmark: there is only one model"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_2(run, scores, arguments, message):
    code, out, err = run("benchmark", "-e", scores, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(message)
    assert err.count("\n") == 1


def test_trust_is_told_by_level_by_kind_and_in_words(run, scores):
    code, out, err = run("trust", "-e", scores, "--task", "topics", "--forecaster", "mean")
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines() if line[1:3] == "0."] == ["0.50", "0.80", "0.90", "0.95"]
    assert "By group of languages, 90 % intervals" in out
    assert " ".join(out.split()).startswith(
        "For languages like the measured ones, believe the intervals, not the single numbers: of 12 languages withheld "
        "from it, the forecaster mean was off by"
    )


def test_trust_as_json_holds_the_words_too(run, scores):
    out = run("trust", "-e", scores, "--task", "topics", "--forecaster", "mean", "--level", "0.5", "--json")[1]
    told = json.loads(out)
    assert told["details"]["level"] == 0.5
    assert "of 12 languages withheld from it" in told["verdict"]
    assert [row["level"] for row in told["tables"]["calibration"]] == [0.5]


def test_trust_is_drawn(run, scores, tmp_path):
    out = tmp_path / "trust.png"
    code, printed, _ = run("trust", "-e", scores, "--task", "tags", "--forecaster", "mean", "--out", out)
    assert code == 0
    assert "written to" in printed
    assert out.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "error: trust: the evidence has more than one task: tags, topics; say which: --task tags"),
        (("--task", "tops"), "error: --evidence: unknown task 'tops'; did you mean 'topics'?"),
    ],
)
def test_trust_that_cannot_be_told_is_one_line_and_exit_code_2(run, scores, arguments, message):
    code, out, err = run("trust", "-e", scores, "--forecaster", "mean", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(message)
    assert err.count("\n") == 1


def test_trust_says_which_languages_it_does_not_speak_of(run, scores):
    out = " ".join(run("trust", "-e", scores, "--task", "topics", "--forecaster", "mean")[1].split())
    assert "those with less text online than any of them may be further off" in out
