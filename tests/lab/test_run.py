"""Running grids: what is measured, how often, and what survives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from isogloss.errors import InputError
from isogloss.evidence.store import Store
from isogloss.lab import read_grid, run_grid

SCRIPT = """
import sys
from isogloss.evidence.store import Store
from isogloss.lab import read_grid, run_grid
if __name__ == "__main__":
    run_grid(read_grid(sys.argv[1]), Store(sys.argv[2]), executor=sys.argv[3], workers=2)
"""


UNGUARDED = """
import sys
from isogloss.evidence.store import Store
from isogloss.lab import read_grid, run_grid
run_grid(read_grid(sys.argv[1]), Store(sys.argv[2]), executor="processes", workers=2)
"""


def measured(store: Store) -> pl.DataFrame:
    """What a store holds, save the time it took and when it was."""
    return store.read().observations.drop("recorded_at", "details").sort("metric", "recipe", "train", "seed", "target")


def score(store: Store, source: str, target: str, size: int = 30) -> float:
    found = store.read().observations.filter(metric="accuracy", train=f"{source}:{size}", target=target)
    return float(found["score"].mean())


def test_topics_are_carried_between_languages_that_share_words(grid_file: Path, tmp_path: Path) -> None:
    """Learnt in English they are known in Dutch, which borrows; not in Greek script, where chance is 1/3."""
    store = Store(tmp_path / "store")
    run_grid(read_grid(grid_file), store)
    assert score(store, "eng", "eng") == 1.0
    assert score(store, "eng", "nld") > 0.9
    assert score(store, "eng", "ell") < 0.5
    assert score(store, "ell", "ell") == 1.0


def test_each_training_serves_every_target(grid_file: Path, tmp_path: Path) -> None:
    """4 sources x (2 + 1) seeds are 12 jobs, each one part of the store with 4 targets x 2 metrics."""
    store = Store(tmp_path / "store")
    report = run_grid(read_grid(grid_file), store)
    assert (report.jobs, report.run, report.skipped, report.observations) == (12, 12, 0, 96)
    parts = [pl.read_parquet(part) for part in store.parts()]
    assert [(part.height, part["origin"].n_unique(), part["target"].n_unique()) for part in parts] == [(8, 1, 4)] * 12


def test_observations_say_how_they_were_made(grid_file: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    run_grid(read_grid(grid_file), store)
    row = store.read().observations.filter(metric="accuracy", train="eng:12", target="fin", seed=1).row(0, named=True)
    assert row["model"] == "char-ngram"
    assert row["recipe"] == "ngram-logreg"
    assert (row["split"], row["items"], row["scale"]) == ("test", 18, "fraction")
    assert row["standard_error"] == pytest.approx((row["score"] * (1 - row["score"]) / 17) ** 0.5)
    assert '"scikit-learn"' in row["details"]


def test_a_program_that_starts_work_when_it_is_imported_is_told_so(grid_file: Path, tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_text(UNGUARDED)
    command = [sys.executable, str(script), str(grid_file), str(tmp_path / "store")]
    # Python may warn of workers that died after it has printed the error: the error's own line is looked for.
    printed = subprocess.run(command, capture_output=True, text=True).stderr.splitlines()
    said = next(line for line in printed if line.startswith("isogloss.errors."))
    assert "worker processes cannot start: each imports the program" in said
    assert 'if __name__ == "__main__":' in said


def test_a_second_run_measures_nothing(grid_file: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    run_grid(read_grid(grid_file), store)
    again = run_grid(read_grid(grid_file), store)
    assert (again.run, again.skipped, again.observations) == (0, 12, 0)


def test_only_what_changed_is_measured_again(grid_file: Path, tmp_path: Path, rows: list[dict[str, str]]) -> None:
    """A further size adds its jobs; a changed training text those that use it; a changed test text all."""
    store = Store(tmp_path / "store")
    run_grid(read_grid(grid_file), store)
    grid_file.write_text(grid_file.read_text().replace("sizes = [12, 30]", "sizes = [12, 30, 20]"))
    assert run_grid(read_grid(grid_file), store).run == 4
    table = grid_file.parent / "topics.parquet"
    trained = next(row for row in rows if row["split"] == "train")
    trained["text"] += " doctor"
    pl.DataFrame(rows).write_parquet(table)
    assert 1 <= run_grid(read_grid(grid_file), store).run <= 4
    next(row for row in rows if row["split"] == "test")["text"] += " doctor"
    pl.DataFrame(rows).write_parquet(table)
    assert run_grid(read_grid(grid_file), store).run == 16


def test_another_setting_of_the_recipe_stands_beside_the_first(grid_file: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    run_grid(read_grid(grid_file), store)
    grid_file.write_text(grid_file.read_text().replace('"ngram-logreg"', '"ngram-logreg"\nC = 1'))
    run_grid(read_grid(grid_file), store)
    assert set(store.read().observations["recipe"]) == {"ngram-logreg", "ngram-logreg(C=1)"}


def test_results_do_not_depend_on_executor_or_workers(grid_file: Path, tmp_path: Path) -> None:
    stores = []
    for executor in ("serial", "processes"):
        stores.append(Store(tmp_path / executor))
        run_grid(read_grid(grid_file), stores[-1], executor=executor, workers=2)
    assert_frame_equal(measured(stores[0]), measured(stores[1]), check_exact=True)
    items = [store.read_items().sort("observation", "item") for store in stores]
    assert_frame_equal(items[0], items[1], check_exact=True)


@pytest.mark.slow
def test_a_killed_run_goes_on_where_it_stopped(grid_file: Path, tmp_path: Path) -> None:
    """After SIGKILL in mid-run the rerun measures the rest, and the store is that of a run left alone.

    For a run in one process, see test_engine.py.
    """
    seeds = list(range(12))
    text = grid_file.read_text().replace("{ 12 = [0, 1], 30 = [0] }", f"{{ 12 = {seeds}, 30 = [0] }}")
    grid_file.write_text(text)
    script, scratch, store = tmp_path / "run.py", tmp_path / "scratch", Store(tmp_path / "killed")
    script.write_text(SCRIPT)
    scratch.mkdir()
    process = subprocess.Popen(
        [sys.executable, str(script), str(grid_file), str(store.path), "processes"],
        env={**os.environ, "TMPDIR": str(scratch)},
    )
    wait_until(lambda: len(store.parts()) >= 3 or process.poll() is not None)
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_until(lambda: not list(scratch.iterdir()))  # workers have cleaned up after the dead
    finished = store.read().observations["origin"].n_unique()
    assert 3 <= finished < 52

    report = run_grid(read_grid(grid_file), store)
    assert (report.skipped, report.run) == (finished, 52 - finished)
    undisturbed = Store(tmp_path / "undisturbed")
    run_grid(read_grid(grid_file), undisturbed)
    assert_frame_equal(measured(store), measured(undisturbed), check_exact=True)


def wait_until(condition: Callable[[], object], *, seconds: float = 600.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.002)


@pytest.mark.parametrize("executor", ["serial", "processes"])
def test_a_job_that_fails_does_not_stop_the_others(grid_file: Path, tmp_path: Path, executor: str) -> None:
    """One training example has one label, from which nothing can be learnt; the larger size is measured."""
    grid_file.write_text(grid_file.read_text().replace("[12, 30]", "[1, 30]").replace("12 = ", "1 = "))
    report = run_grid(read_grid(grid_file), Store(tmp_path / "store"), executor=executor, workers=2)
    assert (report.run, len(report.failed)) == (4, 8)
    assert all("same label" in reason for _, reason in report.failed)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[12, 30]", "[12, 31]", "'ell' has 30 training examples, 31 are asked for"),
        ("sizes =", 'sources = ["deu"]\nsizes =', "unknown language of the task 'deu'"),
        ("sizes =", 'targets = ["jp"]\nsizes =', "unknown language of the task 'jp'"),
        ("sizes =", 'targets = ["xqz"]\nsizes =', "unknown language 'xqz'"),
    ],
)
def test_a_grid_that_its_task_cannot_serve_writes_nothing(
    grid_file: Path, tmp_path: Path, old: str, new: str, said: str
) -> None:
    text = grid_file.read_text().replace("seeds = { 12 = [0, 1], 30 = [0] }", "")
    grid_file.write_text(text.replace(old, new))
    with pytest.raises(InputError) as caught:
        run_grid(read_grid(grid_file), Store(tmp_path / "store"))
    assert said in str(caught.value)
    assert not (tmp_path / "store").exists()


def test_sources_and_targets_may_be_written_in_any_way(grid_file: Path, tmp_path: Path) -> None:
    chosen = 'sources = ["English", "fi"]\ntargets = ["nld_Latn"]\nsizes ='
    grid_file.write_text(grid_file.read_text().replace("sizes =", chosen))
    store = Store(tmp_path / "store")
    run_grid(read_grid(grid_file), store)
    evidence = store.read()
    assert (evidence.sources, evidence.targets) == (["eng", "fin"], ["nld"])
    assert set(evidence.observations["target_as_reported"]) == {"nld"}
