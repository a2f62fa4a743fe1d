"""`isogloss lab`, as it is typed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest

from isogloss.questions.grids import columns_that_tell

GRID = """
[task]
name = "weather or food"
file = "texts.csv"
[recipe]
name = "ngram-logreg"
[grid]
sizes = [10]
"""


@pytest.fixture
def grid(tmp_path: Path) -> Path:
    """Two languages, two topics, 20 training and 10 test texts each."""
    words = {"weather": ["rain", "snow", "wind"], "food": ["bread", "soup", "cheese"]}
    chance = random.Random(1)
    rows = [
        (language, split, " ".join(chance.choices(words[label], k=3)) + f" {language} {place}", label)
        for language in ("eng", "deu")
        for split, count in (("train", 20), ("test", 10))
        for place, label in enumerate(["weather", "food"] * (count // 2))
    ]
    table = pl.DataFrame(rows, schema=["language", "split", "text", "label"], orient="row")
    table.with_columns(text=pl.col("text") + pl.col("split")).write_csv(tmp_path / "texts.csv")
    path = tmp_path / "grid.toml"
    path.write_text(GRID)
    return path


class Ended(NamedTuple):
    """A command that has ended."""

    returncode: int
    stdout: str
    stderr: str


Isogloss = Callable[..., Ended]
Answer = Callable[..., dict[str, Any]]


@pytest.fixture
def isogloss(run: Callable[..., tuple[int, str, str]]) -> Isogloss:
    return lambda *arguments: Ended(*run(*arguments))


@pytest.fixture
def answer(isogloss: Isogloss) -> Answer:
    """What a command answers, as JSON."""
    return lambda *arguments: json.loads(isogloss(*arguments, "--json").stdout)


def test_run_says_what_it_did_and_a_rerun_that_nothing_was_left(
    isogloss: Isogloss, answer: Answer, grid: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    done = isogloss("lab", "run", grid, "--into", store, "--executor", "serial")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("2 of 2 jobs measured; 8 scores written to")
    assert max(map(len, done.stdout.replace(str(store), "store").splitlines())) <= 80
    words = [line.split() for line in done.stdout.splitlines()]
    assert ["run", "2"] in words
    assert ["failed", "0"] in words
    again = answer("lab", "run", grid, "--into", store)
    assert again["verdict"].startswith("0 of 2 jobs measured, 2 were there already; 0 scores written to")
    counts = again["details"]
    assert (counts["jobs"], counts["run"], counts["skipped"], counts["observations"]) == (2, 0, 2, 0)


def test_processes_give_json_with_seconds_per_stage(answer: Answer, grid: Path, tmp_path: Path) -> None:
    report = answer("lab", "run", grid, "--into", tmp_path / "store", "--workers", 2)["details"]
    assert (report["run"], report["observations"], report["failed"]) == (2, 8, [])
    assert {"read", "prepare", "measure", "fit", "predict", "write"} <= set(report["seconds"])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("sizes", "size", "unknown key 'size'; did you mean 'sizes'?"),
        ("ngram-logreg", "ngram", "unknown recipe 'ngram'"),
        ("texts.csv", "text.csv", "text.csv: no such file"),
        ("[10]", "[40]", "'deu' has 20 training examples, 40 are asked for"),
        ("sizes =", 'sources = ["jp"]\nsizes =', "unknown language of the task 'jp'"),
    ],
)
def test_a_bad_grid_is_one_line_and_exit_code_2(
    isogloss: Isogloss, grid: Path, tmp_path: Path, old: str, new: str, said: str
) -> None:
    grid.write_text(grid.read_text().replace(old, new))
    done = isogloss("lab", "run", grid, "--into", tmp_path / "store")
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [("--executor", "proceses", "did you mean 'processes'?"), ("--workers", "0", "0 workers; give 1 or more")],
)
def test_a_bad_option_is_one_line_and_exit_code_2(
    isogloss: Isogloss, grid: Path, tmp_path: Path, option: str, value: str, said: str
) -> None:
    done = isogloss("lab", "run", grid, "--into", tmp_path / "store", option, value)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_failed_jobs_are_named_and_exit_code_1(isogloss: Isogloss, grid: Path, tmp_path: Path) -> None:
    """From one example nothing can be learnt: that job fails, the other sizes are measured."""
    grid.write_text(grid.read_text().replace("[10]", "[1, 10]"))
    done = isogloss("lab", "run", grid, "--into", tmp_path / "store", "--executor", "serial", "--json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    failed = [failure["job"] for failure in report["details"]["failed"]]
    assert (report["details"]["run"], failed) == (2, ["deu:1 seed 0", "eng:1 seed 0"])
    assert report["verdict"].startswith("2 of 4 jobs measured, 2 failed; 8 scores written to")
    assert [one[:22] for one in report["sentences"][1:]] == ["Failed: deu:1 seed 0: ", "Failed: eng:1 seed 0: "]


def test_a_plan_is_made_before_and_what_was_found_is_shown_after(
    isogloss: Isogloss, answer: Answer, grid: Path, tmp_path: Path
) -> None:
    """Two recipes on two languages: the plan counts jobs, the picture is written, the recipes are compared."""
    recipes = '[[recipe]]\nname = "ngram-logreg"\n[[recipe]]\nname = "ngram-logreg"\nC = 1'
    grid.write_text(grid.read_text().replace('[recipe]\nname = "ngram-logreg"', recipes))
    store, picture = tmp_path / "store", tmp_path / "heat.png"
    planned = answer("lab", "plan", grid)
    assert planned["verdict"].startswith("4 jobs to run, about ")
    assert [(row["jobs"], row["to_run"]) for row in planned["tables"]["plan"]] == [(2, 2), (2, 2)]
    assert isogloss("lab", "run", grid, "--into", store, "--executor", "serial", "--max-jobs", 3).returncode == 0
    assert isogloss("lab", "run", grid, "--into", store, "--executor", "serial").returncode == 0
    shown = isogloss("lab", "show", store, "--grid", grid, "--out", picture)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith("Across languages, ngram-logreg")
    assert "4 of 4 jobs are in the store, 0 failed." in shown.stdout
    assert max(map(len, shown.stdout.replace(str(picture), "heat.png").splitlines())) <= 80
    assert picture.read_bytes().startswith(b"\x89PNG")
    tables = answer("lab", "show", store, "--grid", grid)["tables"]
    assert (len(tables["cells"]), len(tables["summary"]), len(tables["compared"])) == (8, 2, 1)
    by_target = answer("lab", "show", store, "--grid", grid, "--by-target")["tables"]
    assert [row["target"] for row in by_target["compared"]] == ["deu", "eng"]


@pytest.mark.parametrize(
    ("second", "told"),
    [
        ({"recipe": "lora"}, []),
        ({"model": "two", "recipe": "lora"}, []),
        ({"model": "two"}, ["model"]),
        ({"task": "news"}, ["task"]),
        ({"pair": "eng-x"}, ["pair"]),
    ],
)
def test_rows_of_the_summary_say_what_they_differ_in(second: dict[str, str], told: list[str]) -> None:
    first = {"task": "tags", "pair": None, "model": "one", "recipe": "fine-tune", "size": 500, "shown_size": 0}
    summary = pl.DataFrame([first, first | second], schema_overrides={"pair": pl.String})
    assert columns_that_tell(summary) == [*told, "recipe", "size", "shown_size"]


def test_what_a_grid_took_can_be_weighed_against_what_it_gained(
    isogloss: Isogloss, answer: Answer, grid: Path, tmp_path: Path
) -> None:
    """The file that `lab costs` writes is one that `compare` reads, for the same names of recipes."""
    recipes = '[[recipe]]\nname = "ngram-logreg"\n[[recipe]]\nname = "ngram-logreg"\nC = 1'
    grid.write_text(grid.read_text().replace('[recipe]\nname = "ngram-logreg"', recipes))
    store, file = tmp_path / "store", tmp_path / "costs.toml"
    assert isogloss("lab", "run", grid, "--into", store, "--executor", "serial").returncode == 0
    costs = answer("lab", "costs", store, "--grid", grid, "--hour", 0.6, "--label", 0.05, "--save", file)
    assert {row["recipe"] for row in costs["tables"]["costs"]} == {"ngram-logreg", "ngram-logreg(C=1)"}
    assert costs["sentences"][1] == f"Written to {file}, for isogloss compare."
    task = answer("lab", "show", store, "--grid", grid)["tables"]["cells"][0]["task"]
    compared = isogloss("compare", "--evidence", store, "--costs", file, "--task", task, "--metric", "accuracy")
    assert compared.returncode == 0, compared.stderr
    assert "ngram-logreg(C=1)" in compared.stdout
    assert isogloss("lab", "costs", store, "--grid", grid, "--save", tmp_path / "costs.csv").returncode == 2


def test_tasks_that_come_along_are_listed(answer: Answer) -> None:
    listed = answer("lab", "tasks")["tables"]["tasks"]
    assert {"sib200", "ud-pos", "uner", "xcopa"} <= {row["use"] for row in listed}


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [("--metric", "f1", "unknown metric 'f1'")],
)
def test_what_cannot_be_shown_is_said_in_one_line(
    isogloss: Isogloss, grid: Path, tmp_path: Path, option: str, value: str, said: str
) -> None:
    store = tmp_path / "store"
    isogloss("lab", "run", grid, "--into", store, "--executor", "serial")
    done = isogloss("lab", "show", store, "--grid", grid, option, value)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_what_a_store_is_shown_of_needs_its_grid(isogloss: Isogloss, tmp_path: Path) -> None:
    refused = isogloss("lab", "show", tmp_path)
    assert refused.stderr == (
        "error: --grid: no grid; give --grid (Grid file (TOML) that was measured into the store)\n"
    )
    assert "measured into the store. Required." in " ".join(
        word for word in isogloss("lab", "show", "--help").stdout.split() if word != "│"
    )
