"""Grids of recipes whose models are run as they are and after adaptations."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.lab.test_run import SCRIPT, measured

from isogloss.errors import InputError
from isogloss.evidence import Store
from isogloss.lab import (
    AdaptedCheckpoint,
    Chain,
    TextsFile,
    adaptations,
    compare_recipes,
    findings,
    plan_grid,
    read_grid,
    recipes,
    run_grid,
)

GRID = """
[task]
name = "made-up topics"
file = "topics.parquet"
columns = {{ language = "lang", label = "topic", item = "id" }}
[texts]
file = "topics.parquet"
language = "lang"
where = {{ split = "train" }}
languages = ["eng", "nld"]
[[model]]
checkpoint = "{checkpoint}"
called = "tiny"
[[adaptation]]
name = "quantise-int8"
[[adaptation]]
steps = [{{ name = "vocabulary-trim" }}, {{ name = "magnitude-prune", sparsity = 0.9 }}]
calibration = ["eng"]
[[recipe]]
name = "linear-probe"
C = 1
[grid]
sources = ["eng", "nld"]
sizes = [12]
"""
ROUNDED = "tiny after quantise-int8"
CHAINED = "tiny after vocabulary-trim(texts=eng) then magnitude-prune(sparsity=0.9,texts=eng)"


@pytest.fixture
def grid(grid_file: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A probe of a tiny encoder, as it is and after two adaptations; what is made lies in a cache of its own."""
    monkeypatch.setenv("ISOGLOSS_CACHE", str(grid_file.parent / "cache"))
    grid_file.write_text(GRID.format(checkpoint=checkpoint))
    return grid_file


@pytest.fixture(autouse=True)
def _unknown_scripts() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="unknown to the tokenizer")
        yield


def made(grid: Path) -> list[Path]:
    """Checkpoints in the cache."""
    return sorted((grid.parent / "cache" / "adapted").glob("[!.]*/model.safetensors"))


def by_model(store: Store) -> pl.DataFrame:
    return measured(store).sort("model", maintain_order=True)


def test_each_model_is_run_as_it_is_and_after_each_adaptation(grid: Path, tmp_path: Path) -> None:
    """An adapted model is a model with a base and a revision of its own; details say what was done to it."""
    store = Store(tmp_path / "store")
    report = run_grid(read_grid(grid), store)
    assert (report.jobs, report.run, report.failed) == (6, 6, [])
    evidence = store.read()
    bases = dict(evidence.models.select("model", "base_model").rows())
    assert bases == {"tiny": None, ROUNDED: "tiny", CHAINED: "tiny"}
    assert evidence.observations["model_revision"].n_unique() == 3
    details = {row["model"]: json.loads(row["details"]) for row in evidence.observations.iter_rows(named=True)}
    assert "adaptations" not in details["tiny"]
    assert details[ROUNDED]["adaptations"] == ["quantise-int8"]
    assert details[CHAINED]["adaptations"] == ["vocabulary-trim", "magnitude-prune(sparsity=0.9)"]
    assert details[CHAINED]["calibration"] == ["eng"]
    assert details[ROUNDED]["bytes"] < details[CHAINED]["bytes"]


def test_adapted_and_plain_are_paired_by_item(grid: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    asked = read_grid(grid)
    run_grid(asked, store)
    compared = compare_recipes(findings(asked, store).of_metric("accuracy"), store)
    pairs = compared.select("first", "second", "cells", "items").rows()
    plain, rounded, chained = (f"{model} linear-probe(C=1)" for model in ("tiny", ROUNDED, CHAINED))
    assert pairs == [(rounded, chained, 8, 18), (rounded, plain, 8, 18), (chained, plain, 8, 18)]
    assert set(compared["lower"] <= compared["difference"]) == {True}


def test_an_adapted_model_answers_as_its_folder_does(grid: Path, tmp_path: Path) -> None:
    """The same scores as when somebody adapts the checkpoint and names the folder in a grid."""
    from isogloss.lab import adapt

    run_grid(read_grid(grid), Store(tmp_path / "store"))
    head, _, rest = grid.read_text().partition("[texts]")
    folder = adapt(json.loads(rest.partition("checkpoint = ")[2].partition("\n")[0]), "quantise-int8", measure=False)
    tail = rest[rest.index("[[recipe]]") :]
    grid.write_text(f'{head}[[model]]\ncheckpoint = "{folder}"\n{tail}')
    run_grid(read_grid(grid), Store(tmp_path / "by hand"))
    stores = Store(tmp_path / "store").read(model=ROUNDED), Store(tmp_path / "by hand").read()
    order = ["metric", "train", "target"]
    first, second = (one.observations.sort(order).select(*order, "score") for one in stores)
    assert_frame_equal(first, second, check_exact=True)


def test_checkpoints_are_made_once_when_they_are_first_needed(grid: Path, tmp_path: Path) -> None:
    """Reading and planning make none; a further recipe takes those that are there."""
    asked = read_grid(grid)
    planned = plan_grid(asked)
    assert planned["jobs"].to_list() == [2, 2, 2]
    assert planned.filter(pl.col("basis").str.contains("not counted"))["model"].sort().to_list() == [ROUNDED, CHAINED]
    assert made(grid) == []
    run_grid(asked, Store(tmp_path / "store"))
    assert findings(read_grid(grid), Store(tmp_path / "store")).measured == 6
    there = {path: path.stat().st_mtime_ns for path in made(grid)}
    assert len(there) == 3  # one, and two of the chain
    grid.write_text(grid.read_text().replace("C = 1", "C = 2"))
    report = run_grid(read_grid(grid), Store(tmp_path / "store"))
    assert (report.run, report.skipped) == (6, 0)
    assert {path: path.stat().st_mtime_ns for path in made(grid)} == there


def test_what_enters_decides_which_jobs_are_run_again(grid: Path, tmp_path: Path) -> None:
    """Other texts are another adapted model; the model as it is stays what it was."""
    store = Store(tmp_path / "store")
    run_grid(read_grid(grid), store)
    assert run_grid(read_grid(grid), store).skipped == 6
    grid.write_text(grid.read_text().replace('languages = ["eng", "nld"]', 'languages = ["eng"]'))
    assert run_grid(read_grid(grid), store).skipped == 2


def test_translated_texts_are_answered_by_adapted_models_too(grid: Path, checkpoint: Path) -> None:
    chosen = AdaptedCheckpoint(str(checkpoint), Chain((adaptations.get("quantise-int8")(),)))
    base = {"name": "linear-probe", "checkpoint": chosen, "called": "tiny"}
    recipe = recipes.get("translate-test").read({"base": base})
    assert recipe.model == ROUNDED
    assert recipe.plain.model == "tiny"


@pytest.mark.slow
def test_other_processes_take_the_same_checkpoints_and_give_the_same_scores(grid: Path, tmp_path: Path) -> None:
    stores = []
    for executor in ("serial", "processes"):
        stores.append(Store(tmp_path / executor))
        run_grid(read_grid(grid), stores[-1], executor=executor, workers=2)
    assert_frame_equal(by_model(stores[0]), by_model(stores[1]), check_exact=True)
    assert len(made(grid)) == 3


@pytest.mark.slow
def test_killed_and_run_again_the_store_is_the_same(grid: Path, tmp_path: Path) -> None:
    """Killed when half of the jobs are done, as adapted models are made and run."""
    script, store = tmp_path / "run.py", Store(tmp_path / "killed")
    script.write_text(SCRIPT)
    process = subprocess.Popen([sys.executable, str(script), str(grid), str(store.path), "serial"], env=os.environ)
    end = time.monotonic() + 600
    while len(store.parts()) < 3 and process.poll() is None and time.monotonic() < end:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert 3 <= len(store.parts()) < 6
    assert run_grid(read_grid(grid), store).failed == []
    undisturbed = Store(tmp_path / "undisturbed")
    run_grid(read_grid(grid), undisturbed)
    assert_frame_equal(by_model(store), by_model(undisturbed), check_exact=True)


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ('"quantise-int8"', '"quantise-int9"', "unknown adaptation 'quantise-int9'.*quantise-int8"),
        ('calibration = ["eng"]', 'calibration = ["ell"]', "unknown language of the texts 'ell'"),
        ('languages = ["eng", "nld"]', 'languages = ["deu"]', r"\[texts\]: unknown language of the texts 'deu'"),
        ("checkpoint = ", "check = ", "adaptations need a checkpoint.*add \\[\\[model\\]\\]"),
    ],
)
def test_what_is_wrong_is_named(grid: Path, old: str, new: str, match: str) -> None:
    grid.write_text(grid.read_text().replace(old, new))
    with pytest.raises(InputError, match=match):
        read_grid(grid)


def test_an_adaptation_that_needs_texts_is_told_to_name_them(grid: Path) -> None:
    head, _, rest = grid.read_text().replace('calibration = ["eng"]', "").partition("[texts]")
    grid.write_text(head + rest[rest.index("[[model]]") :])
    with pytest.raises(InputError, match=r"\[adaptation 2\]: vocabulary-trim needs texts.*add a section \[texts\]"):
        read_grid(grid)


def test_texts_are_of_the_languages_that_are_asked_for(grid: Path) -> None:
    texts = TextsFile(grid.parent / "topics.parquet", language="lang", languages=("nld",), most=5)
    assert {code: len(some) for code, some in texts.read().items()} == {"nld": 5}
    assert texts.digest != TextsFile(grid.parent / "topics.parquet", language="lang", languages=("eng",)).digest
