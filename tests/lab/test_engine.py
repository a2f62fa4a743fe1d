"""The engine under grids of several tasks, models and recipes: what is shared, what it costs, what it survives."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.lab.test_run import SCRIPT, measured
from tests.lab.troubled import Troubled

from isogloss.errors import InputError
from isogloss.evidence import observation_keys
from isogloss.evidence.store import Store
from isogloss.lab import read_grid, recipes, run_grid

Rows = list[dict[str, str]]

NEURAL = """
[task]
name = "made-up topics"
file = "topics.parquet"
columns = {{ language = "lang", label = "topic", item = "id" }}
[[model]]
checkpoint = "{checkpoint}"
called = "tiny"
[[recipe]]
name = "linear-probe"
C = 1
[[recipe]]
name = "fine-tune"
epochs = 2
[grid]
sources = ["eng", "nld"]
sizes = [12]
"""


@pytest.fixture
def neural(grid_file: Path, checkpoint: Path) -> Path:
    """Two recipes with a tiny encoder on two sources and four targets."""
    grid_file.write_text(NEURAL.format(checkpoint=checkpoint))
    return grid_file


@pytest.fixture(autouse=True)
def _unknown_scripts() -> Iterator[None]:
    """The tiny encoder knows no Greek, of which users are warned."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="unknown to the tokenizer")
        yield


def test_every_recipe_meets_every_model(neural: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    report = run_grid(read_grid(neural), store)
    assert (report.jobs, report.run, report.failed) == (4, 4, [])
    evidence = store.read()
    assert set(evidence.observations["recipe"]) == {"linear-probe(C=1)", "fine-tune(epochs=2)"}
    assert set(evidence.observations["model"]) == {"tiny"}
    assert evidence.observations["model_revision"].n_unique() == 1
    assert evidence.models.row(0, named=True)["layers"] == 2
    assert evidence.tasks.filter(metric="accuracy")["chance"][0] == pytest.approx(1 / 3)


def test_observations_say_what_they_took_and_what_was_chosen_on(neural: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    run_grid(read_grid(neural), store)
    for row in store.read().observations.iter_rows(named=True):
        details = json.loads(row["details"])
        assert {"cpu_seconds", "wall_seconds", "tokens", "flops", "hardware", "torch", "isogloss"} <= set(details)
        assert details["flops"] > 1000 * details["tokens"] > 0
        assert "target" not in details["selected_on"]
        assert (details["unknown_tokens"] > 0.5) == (row["target"] == "ell")


def test_items_are_stored_beside_the_scores_they_make_up(neural: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    report = run_grid(read_grid(neural), store)
    assert report.items == 4 * 4 * 18
    observations = store.read().observations.filter(metric="accuracy")
    means = store.read_items().group_by("observation").agg(pl.col("score").mean())
    keyed = observations.with_columns(observation_keys(observations)).join(means, on="observation", suffix="_of_items")
    assert keyed.height == 16
    assert keyed["score"].to_list() == pytest.approx(keyed["score_of_items"].to_list())
    neural.write_text(neural.read_text().replace("[grid]", "[grid]\nkeep_items = false"))
    assert run_grid(read_grid(neural), Store(tmp_path / "other")).items == 0


def test_texts_are_encoded_once_for_all_runs(neural: Path, tmp_path: Path) -> None:
    """A second store, and a further source, find the features on disk."""
    first = run_grid(read_grid(neural), Store(tmp_path / "one"))
    assert first.encoding.tokens > 0
    assert run_grid(read_grid(neural), Store(tmp_path / "two")).encoding.tokens == 0
    neural.write_text(neural.read_text().replace('["eng", "nld"]', '["eng", "nld", "fin"]'))
    third = run_grid(read_grid(neural), Store(tmp_path / "one"))
    assert 0 < third.encoding.tokens < first.encoding.tokens / 2


def test_a_model_that_is_elsewhere_now_is_the_same_model(neural: Path, tmp_path: Path, checkpoint: Path) -> None:
    """Jobs are named by what is in the checkpoint, not by where it lies."""
    import shutil

    store = Store(tmp_path / "store")
    run_grid(read_grid(neural), store)
    shutil.copytree(checkpoint, tmp_path / "moved")
    neural.write_text(neural.read_text().replace(str(checkpoint), str(tmp_path / "moved")))
    assert run_grid(read_grid(neural), store).skipped == 4


@pytest.mark.slow
def test_neural_results_do_not_depend_on_executor_or_workers(
    neural: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores = []
    for executor in ("serial", "processes"):
        monkeypatch.setenv("ISOGLOSS_FEATURES", str(tmp_path / f"features of {executor}"))
        stores.append(Store(tmp_path / executor))
        run_grid(read_grid(neural), stores[-1], executor=executor, workers=2)
    assert_frame_equal(measured(stores[0]), measured(stores[1]), check_exact=True)


def test_a_few_examples_of_the_target_are_learnt_from_with_the_source_or_after_it(neural: Path, tmp_path: Path) -> None:
    """Two sources, no shots or 6 of each of three other targets: 8 jobs per recipe, named by their mixes."""
    text = neural.read_text().replace(
        'name = "linear-probe"\nC = 1', 'name = "sequential-transfer"\nsettings = { epochs = 2 }'
    )
    neural.write_text(text.replace("sizes = [12]", "sizes = [12]\nshots = [0, 6]"))
    store = Store(tmp_path / "store")
    assert run_grid(read_grid(neural), store).run == 16
    observations = store.read().observations.filter(metric="accuracy")
    assert set(observations.filter(train="eng:12,fin:6")["recipe"]) == {
        "fine-tune(epochs=2)",
        "sequential-transfer(settings=epochs=2)",
    }
    assert observations["train"].n_unique() == 2 + 2 * 3
    plain = observations.filter(train="eng:12").sort("recipe", "target")
    assert plain["score"].to_list()[:4] == plain["score"].to_list()[4:]


def test_a_budget_ends_a_run_and_the_next_goes_on(grid_file: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    first = run_grid(read_grid(grid_file), store, max_jobs=5)
    assert (first.run, first.left) == (5, 7)
    assert run_grid(read_grid(grid_file), store, max_minutes=1e-9).run == 0
    assert run_grid(read_grid(grid_file), store).run == 7
    with pytest.raises(InputError, match="max_jobs is 0"):
        run_grid(read_grid(grid_file), store, max_jobs=0)


def test_sources_that_are_too_small_can_be_left_out(
    grid_file: Path, tmp_path: Path, rows: Rows, write: Callable[..., Path]
) -> None:
    kept = [row for row in rows if not (row["lang"] == "fin" and row["split"] == "train" and int(row["id"]) >= 15)]
    path = write(kept, grid="leave_out_small = true")
    report = run_grid(read_grid(path), Store(tmp_path / "store"))
    assert report.left_out == ["fin:30"]
    assert report.run == 11


@pytest.fixture
def troubled(grid_file: Path, tmp_path: Path) -> Path:
    recipes.register("troubled")(Troubled)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    text = grid_file.read_text().replace('name = "ngram-logreg"', f'name = "troubled"\nscratch = "{scratch}"')
    grid_file.write_text(text.replace("{ 12 = [0, 1], 30 = [0] }", "[0, 2]"))
    return grid_file


def test_what_fails_once_is_tried_again(troubled: Path, tmp_path: Path) -> None:
    report = run_grid(read_grid(troubled), Store(tmp_path / "store"))
    assert (report.run, report.failed) == (16, [])


@pytest.mark.slow
def test_a_job_that_kills_its_worker_is_noted_and_the_others_go_on(troubled: Path, tmp_path: Path) -> None:
    """Seed 1 kills whatever process works on it: that job fails, all others are measured, and the failure stands
    beside the store until a rerun succeeds."""
    text = troubled.read_text().replace("[0, 2]", "{ 12 = [0, 1], 30 = [0, 3] }")
    troubled.write_text(text.replace("[grid]", '[grid]\nsources = ["eng"]'))
    store = Store(tmp_path / "store")
    report = run_grid(read_grid(troubled), store, executor="processes", workers=2)
    assert report.run == 3
    assert report.failed == [("eng:12 seed 1", "a worker process died, most likely for want of memory")]
    noted = [json.loads(path.read_text()) for path in (store.path / "lab-failures").iterdir()]
    assert {(one["recipe"].partition("(")[0], one["times"]) for one in noted} == {("troubled", 1)}
    assert store.read().observations["origin"].n_unique() == 3


@pytest.mark.slow
def test_killed_at_random_points_a_run_ends_with_the_same_store(grid_file: Path, tmp_path: Path) -> None:
    """Four kills, wherever they strike, of a run that is started again each time."""
    grid_file.write_text(
        grid_file.read_text().replace("{ 12 = [0, 1], 30 = [0] }", "{ 12 = [0, 1, 2, 3, 4, 5], 30 = [0] }")
    )
    script, store = tmp_path / "run.py", Store(tmp_path / "killed")
    script.write_text(SCRIPT)
    chance = random.Random(11)
    for _ in range(4):
        process = subprocess.Popen(
            [sys.executable, str(script), str(grid_file), str(store.path), "serial"], env=os.environ
        )
        end = time.monotonic() + 600
        wanted = len(store.parts()) + chance.randint(0, 5)
        while process.poll() is None and len(store.parts()) < wanted and time.monotonic() < end:
            time.sleep(0.001)
        time.sleep(chance.random() * 0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
    run_grid(read_grid(grid_file), store)
    undisturbed = Store(tmp_path / "undisturbed")
    run_grid(read_grid(grid_file), undisturbed)
    assert_frame_equal(measured(store), measured(undisturbed), check_exact=True)
    keys = ["observation", "item"]
    assert_frame_equal(store.read_items().sort(keys), undisturbed.read_items().sort(keys), check_exact=True)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[[model]]", "[[modell]]", "unknown key 'modell'; did you mean 'model'?"),
        ('called = "tiny"', 'call = "tiny"', "unknown key 'call'; did you mean 'called'?"),
        ("C = 1", "C = 1\nlayer = 7", "there is no layer 7; the model has 0 (embeddings) to 2"),
        ("C = 1", 'C = 1\nprecision = "float8"', "unknown precision 'float8'"),
        ('"fine-tune"', '"fine-tuning"', "unknown recipe 'fine-tuning'; did you mean 'fine-tune'?"),
        ("epochs = 2", 'epochs = 2\nselect = "target"', "unknown select 'target'"),
        ('name = "linear-probe"\nC = 1', 'name = "fine-tune"\nepochs = 2', "the same recipe stands there twice"),
        ("sizes = [12]", "sizes = [12]\nshots = [-1]", "shots must be whole numbers from 0 up"),
        ("sizes = [12]", "sizes = [12]\nkeep_items = 1", "keep_items must be true or false"),
    ],
)
def test_bad_neural_grids_are_refused_or_fail_in_one_line(
    neural: Path, tmp_path: Path, old: str, new: str, said: str
) -> None:
    neural.write_text(neural.read_text().replace(old, new, 1))
    try:
        report = run_grid(read_grid(neural), Store(tmp_path / "store"))
        message = report.failed[0][1]
    except InputError as error:
        message = str(error)
    assert said in message
    assert "\n" not in message


def test_a_recipe_that_needs_a_model_says_so(neural: Path) -> None:
    text = neural.read_text()
    neural.write_text(text[: text.index("[[model]]")] + text[text.index("[[recipe]]") :])
    with pytest.raises(InputError, match="linear-probe needs a checkpoint"):
        read_grid(neural)


def test_users_are_warned_of_scripts_that_a_tokenizer_does_not_know(neural: Path, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match=r"unknown to the tokenizer of tiny, share of tokens: ell \d+%"):
        run_grid(read_grid(neural), Store(tmp_path / "store"))
