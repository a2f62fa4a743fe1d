"""`isogloss fair`: which model each rule picks on the command line."""

from __future__ import annotations

import json

import polars as pl
import pytest

SCORES = {"even": [0.5, 0.5, 0.5], "best-mean": [0.9, 0.8, 0.1], "beaten": [0.4, 0.5, 0.4]}


@pytest.fixture
def run(run, tmp_path):
    """Run `isogloss fair` on three models in three languages."""
    rows = [
        {"model": model, "target": target, "score": score, "task": "topics", "metric": "accuracy", "train": "eng:9"}
        for model, scores in SCORES.items()
        for target, score in zip(("deu", "hin", "yor"), scores, strict=True)
    ]
    pl.DataFrame(rows).write_csv(tmp_path / "scores.csv")

    def fair(*arguments: object) -> tuple[int, str, str]:
        return run("fair", "-e", tmp_path / "scores.csv", "--task", "topics", *arguments)

    return fair


def test_measures_verdicts_and_unmet_demand_are_printed(run):
    code, out, _ = run()
    said = " ".join(out.split())
    assert code == 0
    assert "The rules disagree: best-mean by utilitarian, demand" in said
    assert "Picked by no rule, as another is as good in every language: beaten" in said
    assert "Without weights every language counts the same" in said


def test_json_holds_every_rule(run, tmp_path):
    weights = tmp_path / "speakers.csv"
    weights.write_text("language,speakers\ndeu,1\nhin,1\nyor,9\n")
    code, out, _ = run("--weights", weights, "--models", "even,best-mean", "--json")
    found = json.loads(out)
    assert code == 0
    assert {row["rule"]: row["picks"] for row in found["tables"]["rules"]}["demand"] == "even"
    assert found["tables"]["invest"][0]["target"] == "Yoruba"
    assert found["details"]["agree"] is False


@pytest.mark.parametrize("ending", [".png", ".html", ".csv"])
def test_the_answer_is_written_as_picture_page_or_table(run, tmp_path, ending):
    out = tmp_path / f"fair{ending}"
    assert run("--out", out)[0] == 0
    assert out.stat().st_size > 100


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--models", "even,wrong"), "unknown model 'wrong'"),
        (("--by", "size"), "unknown by 'size'"),
        (("--by", "train"), "one mix only"),
        (("--tau", 3), "tau must be a number from 0 to 1, not 3.0"),
        (("--metric", "f1"), "unknown metric 'f1'"),
    ],
)
def test_bad_questions_end_with_one_line(run, arguments, words):
    code, out, complaint = run(*arguments)
    assert (code, out) == (2, "")
    assert words in complaint
    assert len(complaint.strip().splitlines()) == 1
