"""`isogloss plan`: a plan, its reasons and its picture on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

LANGUAGES = "deu fra spa ita nld pol".split()
ASKED = ("--task", "topics", "--model", "toy", "--train", "eng:1000")


@pytest.fixture
def scores(tmp_path) -> Path:
    """Six languages, each with four sizes of its own; the later ones gain more."""
    path = tmp_path / "scores.csv"
    rows = [
        (name, f"eng:1000,{name}:{size}" if size else "eng:1000", 0.4 + 0.02 * (1 + place) * step)
        for place, name in enumerate(LANGUAGES)
        for step, size in enumerate((0, 100, 500, 2000))
    ]
    table = pl.DataFrame(rows, schema=["target", "train", "score"], orient="row")
    table.with_columns(task=pl.lit("topics"), model=pl.lit("toy"), metric=pl.lit("accuracy")).write_csv(path)
    return path


@pytest.fixture
def costs(tmp_path) -> Path:
    path = tmp_path / "costs.toml"
    path.write_text('currency = "EUR"\n[labelled]\ndefault = 0.1\npol = 0.2\n')
    return path


def test_purchases_forecasts_and_other_plans_are_printed(run, scores, costs):
    code, out, _ = run("plan", "-e", scores, *ASKED, "--targets", "deu,pol", "--budget", 50, "--cost", costs, "--why")
    assert code == 0
    for words in ("Buy", "Forecast, 90 % intervals", "by mean", "equal split", "on top of eng:1000 (as asked)", "EUR"):
        assert words in out
    assert "proven within" in " ".join(out.split())


def test_json_holds_the_whole_plan_and_nothing_else(run, scores):
    code, out, _ = run(
        "plan", "-e", scores, *ASKED, "--targets", "deu,pol", "--budget", 500, "--objective", "min", "--json"
    )
    found = json.loads(out)
    assert code == 0
    details, tables = found["details"], found["tables"]
    assert (details["objective"], details["budget"], details["currency"]) == ("min", 500.0, "examples")
    assert {row["target"] for row in tables["forecasts"]} == {"deu", "pol"}
    assert sum(row["cost"] for row in tables["purchases"]) <= 500
    assert set(details["program"]) == {"promised", "forecast", "bound", "gap", "rounds", "seconds"}


def test_speakers_come_from_a_file(run, scores, tmp_path):
    weights = tmp_path / "speakers.csv"
    weights.write_text("language,speakers\ndeu,1\npol,1000\n")
    asked = ("-e", scores, *ASKED, "--targets", "deu,pol", "--budget", 400, "--objective", "speakers")
    code, out, _ = run("plan", *asked, "--weights", weights, "--json")
    spent = {row["language"]: row["cost"] for row in json.loads(out)["tables"]["purchases"]}
    assert code == 0
    assert spent.get("Polish", 0) > spent.get("German", 0)
    code, _, complaint = run("plan", *asked)
    assert code == 2
    assert "needs the number of speakers" in complaint


@pytest.mark.parametrize("ending", [".png", ".svg", ".html", ".json", ".csv", ".xlsx"])
def test_the_answer_is_written_as_picture_page_or_table(run, scores, tmp_path, ending):
    out = tmp_path / f"plan{ending}"
    code, printed, _ = run(
        "plan", "-e", scores, *ASKED, "--targets", "deu,pol", "--budget", 300, "--at-least", "0.3", "--out", out
    )
    assert code == 0
    assert "written to" in printed
    if ending == ".csv":
        assert pl.read_csv(out).columns == ["language", "kind", "examples", "cost", "without"]
    else:
        assert out.stat().st_size > 1000


def test_kinds_are_weighed_for_a_goal(run, tmp_path):
    rows = [
        {
            "target": "swa",
            "train": f"eng:3000,swa:{m},swa+translated:{t}",
            "score": 0.3 + 0.02 * m**0.4 + 0.004 * t**0.4,
        }
        for m in (0, 100, 500, 2000)
        for t in (0, 500, 2000)
    ]
    path, prices, picture = tmp_path / "scores.csv", tmp_path / "costs.toml", tmp_path / "kinds.svg"
    table = pl.DataFrame(rows).with_columns(task=pl.lit("qa"), model=pl.lit("toy"), metric=pl.lit("f1"))
    table.write_csv(path)
    prices.write_text("[labelled]\ndefault = 0.1\n[translated]\ndefault = 0.01\n")
    asked = ("-e", path, "--target", "swa", "--cost", prices)
    code, out, _ = run("goal", *asked, "--goal", 0.6, "--out", picture)
    assert code == 0
    assert "0.6 in Swahili" in out
    assert "best buys" in picture.read_text()
    code, out, _ = run("kinds", *asked, "--budget", 50, "--json")
    assert json.loads(out)["details"]["only_labelled"] is False
    assert json.loads(out)["verdict"].startswith("50 money buy")


def test_a_guarantee_that_cannot_be_kept_is_refused_with_what_it_lacks(run, scores):
    code, _, complaint = run("plan", "-e", scores, *ASKED, "--targets", "deu", "--budget", 50, "--at-least", "deu:0.9")
    assert code == 2
    assert complaint.startswith("error: --at-least: a budget of 50 cannot keep the guarantees: German reaches at most")
    assert len(complaint.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "no budget"),
        (("--budget", -5), "budget must be a number from 0 up, not -5.0"),
        (("--budget", 5, "--objective", "best"), "unknown objective 'best'"),
        (("--budget", 5, "--at-least", "much"), "'much' does not end in a number"),
        (("--budget", 5, "--cap", "deu:-3"), "-3 is not a number of examples"),
        (("--budget", 5, "--cost", "absent.toml"), "no such file"),
        (("--budget", 5, "--level", 200), "level"),
    ],
)
def test_bad_questions_end_with_one_line(run, scores, arguments, words):
    code, out, complaint = run("plan", "-e", scores, *ASKED, "--targets", "deu", *arguments)
    assert (code, out) == (2, "")
    assert words in complaint
    assert len(complaint.strip().splitlines()) == 1


@pytest.mark.parametrize("command", ["plan", "goal", "kinds", "sources"])
def test_models_used_as_they_are_are_refused_before_anything_is_asked(run, tmp_path, command):
    rows = [f"{model},qa,f1,{code},,.5" for model in "ab" for code in ("deu", "swa", "hau")]
    (tmp_path / "scores.csv").write_text("\n".join(["model,task,metric,target,train,score", *rows]))
    code, _, complaint = run(command, tmp_path / "scores.csv", *(["--target", "yor"] if command != "plan" else []))
    assert code == 2
    assert "every score is of a model used as it is, which does not tell what training adds; first train" in complaint
