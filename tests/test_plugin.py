"""A package outside of isogloss adds a forecaster, an importer, a metric, a task kind and a recipe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest

SEVERAL = """
import contextlib, io, json, sys
from isogloss.cli import main
for words in json.loads(sys.argv[1]):
    sys.argv = ["isogloss", *words]
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        try:
            main()
        except SystemExit as ended:
            assert not ended.code, words
    print(json.dumps(printed.getvalue()))
"""
"""One command after the other, in a process that has begun once."""

PLUGIN = Path(__file__).parents[1] / "examples" / "plugin"
LANGUAGES = "eng deu fra spa rus hin swa tur fin zho arb yor".split()

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run commands of isogloss where the plugin is installed; what each prints, after it ended as it should."""
    place = tmp_path_factory.mktemp("plugin")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*install, "--target", str(place / "site"), str(PLUGIN)], check=True)
    path = os.pathsep.join([str(place / "site"), os.environ.get("PYTHONPATH", "")])

    def python(*words: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, *words], cwd=place, text=True, check=False, env={**os.environ, "PYTHONPATH": path},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert done.returncode == code, done.stdout
        return done.stdout

    def run(*commands: Sequence[str], code: int = 0) -> list[str]:
        if len(commands) == 1:
            return [python("-m", "isogloss", *commands[0], code=code)]
        return [*map(json.loads, python("-c", SEVERAL, json.dumps(commands)).splitlines())]

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
    cards = [f"{model}.scorecard.json" for model in "abc"]
    (printed,) = run(["evidence", "import", *cards, "--into", "store"])
    assert "scorecard (3)" in printed
    return "store"


def test_the_importer_reads_files_wherever_evidence_is_asked_for(run, store):
    shown, answered = run(
        ["evidence", "show", store, "--by", "metric,model", "--json"],
        ["forecast", "-e", "a.scorecard.json", "--task", "topics", "--model", "a", "--targets", "wol", "--json"],
    )
    assert {(row["metric"], row["model"], row["targets"]) for row in json.loads(shown)["tables"]["counts"]} == {
        ("informedness", model, len(LANGUAGES)) for model in "abc"
    }
    assert json.loads(answered)["tables"]["forecasts"][0]["target"] == "wol"


def test_the_forecaster_answers_in_every_command_that_takes_one(run, store):
    evidence, asked = ["-e", store], ["--task", "topics", "--model", "a", "--targets", "wol,deu", "--json"]
    answered, selected, compared, trusted, _, again = run(
        ["forecast", *evidence, *asked, "--forecaster", "median"],
        ["evidence", "query", store, "select score from observations where model = 'a'", "--json"],
        ["benchmark", *evidence, "--forecasters", "median,mean", "--protocol", "lolo"],
        ["trust", *evidence, "--model", "a", "--forecaster", "median"],
        ["forecast", *evidence, "--forecaster", "median", "--save", "saved"],
        ["forecast", "--forecaster-from", "saved", *asked],
    )
    answers = json.loads(answered)["tables"]["forecasts"]
    scores = [row["score"] for row in json.loads(selected)["tables"]["selected"]]
    assert answers[0]["mean"] == pytest.approx(np.median(scores), abs=1e-6)
    assert answers[0]["lower"] < answers[0]["mean"] < answers[0]["upper"]
    assert "median" in compared
    assert "median was off by" in " ".join(trusted.split())
    assert json.loads(again)["tables"]["forecasts"] == answers


def test_the_recipe_and_the_metric_are_measured(run):
    planned, _, selected, shown = run(
        ["lab", "plan", "grid.toml"],
        ["lab", "run", "grid.toml", "--into", "measured", "--executor", "serial"],
        ["evidence", "query", "measured", "select recipe, metric, score from observations", "--json"],
        ["lab", "show", "measured", "--grid", "grid.toml"],
    )
    assert "majority     2       0       2" in planned
    rows = json.loads(selected)["tables"]["selected"]
    assert {row["recipe"] for row in rows} == {"majority"}
    assert {(row["metric"], round(row["score"], 3)) for row in rows} == {("accuracy", 0.667), ("informedness", 0.0)}
    assert "majority" in shown


def test_what_the_forecaster_cannot_do_is_refused_in_one_line(run, store):
    words = ["-e", store, "--task", "topics", "--model", "a", "--target", "wol", "--forecaster", "median"]
    (printed,) = run(["explain", *words], code=2)
    assert printed.startswith("error: ")
    assert printed.count("\n") == 1
