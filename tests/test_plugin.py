"""A package outside of isogloss adds a forecaster, an importer, a metric, a task kind and a recipe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

PLUGIN = Path(__file__).parents[1] / "examples" / "plugin"
LANGUAGES = "eng deu fra spa rus hin swa tur fin zho arb yor".split()

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run isogloss where the plugin is installed; what it prints, after it ended as it should."""
    place = tmp_path_factory.mktemp("plugin")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*install, "--target", str(place / "site"), str(PLUGIN)], check=True)
    path = os.pathsep.join([str(place / "site"), os.environ.get("PYTHONPATH", "")])

    def run(*words: object, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "isogloss", *map(str, words)], cwd=place, text=True, check=False,
            env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert done.returncode == code, done.stdout
        return done.stdout

    scores = np.random.default_rng(0).uniform(0.3, 0.9, (3, len(LANGUAGES))).round(3)
    for model, row in zip("abc", scores.tolist(), strict=True):
        card = {"scorecard": 1, "model": model, "task": "topics", "metric": "informedness"}
        scored = dict(zip(LANGUAGES, row, strict=True))
        (place / f"{model}.scorecard.json").write_text(json.dumps({**card, "scores": scored}))
    texts = [
        {"lang": code, "split": split, "word": word, "text": f"{split} {word} {place}", "label": label}
        for code in ("eng", "deu")
        for split in ("train", "test")
        for place, (word, label) in enumerate([("ball", "sport"), ("vote", "politics"), ("goal", "sport")] * 4)
    ]
    pl.DataFrame(texts).write_parquet(place / "topics.parquet")
    (place / "grid.toml").write_text("""
[task]
name = "topics"
kind = "word-in-context"
file = "topics.parquet"
metrics = ["accuracy", "informedness"]
columns = { language = "lang", split = "split", text = "text", word = "word", label = "label" }
[recipe]
name = "majority"
[grid]
sources = "all"
targets = "all"
sizes = [12]
""")
    return run


@pytest.fixture(scope="module")
def store(run):
    printed = run("evidence", "import", "a.scorecard.json", "b.scorecard.json", "c.scorecard.json", "--into", "store")
    assert "scorecard (3)" in printed
    return "store"


def test_the_importer_reads_files_wherever_evidence_is_asked_for(run, store):
    shown = json.loads(run("evidence", "show", store, "--by", "metric,model", "--json"))
    rows = shown["tables"]["counts"]
    assert {(row["metric"], row["model"], row["targets"]) for row in rows} == {
        ("informedness", model, len(LANGUAGES)) for model in "abc"
    }
    answer = json.loads(run("forecast", "-e", "a.scorecard.json", "--task", "topics", "--model", "a", "--targets",
                            "wol", "--json"))  # fmt: skip
    assert answer["tables"]["forecasts"][0]["target"] == "wol"


def test_the_forecaster_answers_in_every_command_that_takes_one(run, store):
    question = ("-e", store, "--task", "topics", "--model", "a")
    answers = json.loads(run("forecast", *question, "--targets", "wol,deu", "--forecaster", "median", "--json"))
    answers = answers["tables"]["forecasts"]
    scores = json.loads(run("evidence", "query", store, "select score from observations where model = 'a'", "--json"))
    assert answers[0]["mean"] == pytest.approx(
        np.median([row["score"] for row in scores["tables"]["selected"]]), abs=1e-6
    )
    assert answers[0]["lower"] < answers[0]["mean"] < answers[0]["upper"]
    assert "median" in run("benchmark", "-e", store, "--forecasters", "median,mean", "--protocol", "lolo")
    assert "median was off by" in " ".join(
        run("trust", *question[:2], "--model", "a", "--forecaster", "median").split()
    )
    run("forecast", "-e", store, "--forecaster", "median", "--save", "saved")
    again = run("forecast", "--forecaster-from", "saved", "--task", "topics", "--model", "a", "--targets", "wol,deu",
                "--json")  # fmt: skip
    assert json.loads(again)["tables"]["forecasts"] == answers


def test_the_recipe_and_the_metric_are_measured(run):
    assert "majority     2       0       2" in run("lab", "plan", "grid.toml")
    run("lab", "run", "grid.toml", "--into", "measured", "--executor", "serial")
    rows = json.loads(run("evidence", "query", "measured", "select recipe, metric, score from observations", "--json"))
    rows = rows["tables"]["selected"]
    assert {row["recipe"] for row in rows} == {"majority"}
    assert {(row["metric"], round(row["score"], 3)) for row in rows} == {("accuracy", 0.667), ("informedness", 0.0)}
    assert "majority" in run("lab", "show", "measured", "--grid", "grid.toml")


def test_what_the_forecaster_cannot_do_is_refused_in_one_line(run, store):
    printed = run("explain", "-e", store, "--task", "topics", "--model", "a", "--target", "wol", "--forecaster",
                  "median", code=2)  # fmt: skip
    assert printed.startswith("error: ")
    assert printed.count("\n") == 1
