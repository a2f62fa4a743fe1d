"""`isogloss compare`: recipes by quality, costs and latency on the command line."""

from __future__ import annotations

import json

import polars as pl
import pytest
from tests.planning.costs import TEXT


@pytest.fixture
def run(run, tmp_path):
    """Run `isogloss compare` on three recipes in two languages."""
    rows = [
        {"recipe": recipe, "target": target, "score": score, "model": "toy", "task": "qa", "metric": "f1", "train": ""}
        for recipe, scores in {
            "zero-shot": (0.6, 0.4), "translate-train": (0.7, 0.6), "translate-test": (0.65, 0.61)
        }.items()
        for target, score in zip(("deu", "yor"), scores, strict=True)
    ]  # fmt: skip
    pl.DataFrame(rows).write_csv(tmp_path / "scores.csv")
    (tmp_path / "costs.toml").write_text(TEXT)

    def compare(*arguments: object, task: str = "qa") -> tuple[int, str, str]:
        files = ("-e", tmp_path / "scores.csv", "--costs", tmp_path / "costs.toml")
        return run("compare", *files, "--task", task, *arguments)

    return compare


def test_a_table_the_front_and_break_even_volumes_are_printed(run):
    code, out, _ = run("--volume", 1_000_000)
    said = " ".join(out.split())
    assert code == 0
    assert "Costs in USD" in out
    assert said.startswith(
        "Choose from translate-train, translate-test, zero-shot: no other recipe is better in everything."
    )
    assert "translate-train is cheaper in all than translate-test from 39,600 queries on" in said
    assert "At 1,000,000 queries, worth choosing from" in said


def test_json_holds_recipes_and_volumes(run):
    code, out, _ = run("--recipes", "zero-shot,translate-test", "--targets", "yo", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["details"]["targets"] == ["yor"]
    assert [row["recipe"] for row in found["tables"]["recipes"]] == ["translate-test", "zero-shot"]
    assert found["details"]["cheapest"] == [{"recipe": "zero-shot", "from": 0.0, "to": None}]


@pytest.mark.parametrize("ending", [".png", ".html", ".csv"])
def test_the_answer_is_written_as_picture_page_or_table(run, tmp_path, ending):
    out = tmp_path / f"compare{ending}"
    assert run("--out", out)[0] == 0
    assert out.stat().st_size > 100


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--recipes", "lora,zero-shot"), "unknown recipe 'lora'"),
        (("--recipes", "zero-shot"), "nothing to compare"),
        (("--targets", "wol"), "unknown target 'wol'"),
        (("--volume", -1), "volume must be a number from 0 up, not -1.0"),
    ],
)
def test_bad_questions_end_with_one_line(run, arguments, words):
    code, out, complaint = run(*arguments)
    assert (code, out) == (2, "")
    assert words in complaint
    assert len(complaint.strip().splitlines()) == 1
