"""Claim: handing a job to a Ray cluster takes milliseconds more than handing it to a process, and answers are equal.

Jobs that learn nothing, over 100 MB that all of them share, show what each executor takes by itself: to start, until
the first outcome, and per further job. A grid of n-grams on made-up texts shows what is left of it where jobs work, and
that scores are equal to the last bit. The cluster is of this machine alone. Writes benchmarks/results/lab_ray.json.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl

from benchmarks.common import machine, versions, write_result
from isogloss.evidence.store import Store
from isogloss.lab import Corpus, Fitted, Recipe, Training, read_grid, run_grid
from isogloss.lab.executor import executors
from isogloss.lab.recipe import Answers, Apply, Arrays, Estimate

JOBS, FIRST, WORKERS = 400, 50, 2
WAYS = ("processes", "ray")
WORDS = {
    "health": "doctor fever hospital vaccine medicine".split(),
    "sports": "football referee stadium champion goalkeeper".split(),
}
GRID = """
[task]
name = "made-up topics"
file = "topics.csv"
[recipe]
name = "ngram-logreg"
[grid]
sizes = [200]
seeds = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
"""


@dataclass(frozen=True)
class Nothing(Recipe):
    """Learns nothing and always answers the same."""

    name: ClassVar[str] = "nothing"

    @property
    def model(self) -> str:
        """None."""
        return "none"

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """Nothing."""
        return {}

    def estimate(self, corpus: Corpus, trainings: Sequence[Training]) -> Estimate:
        """No time."""
        return Estimate(0.0, 0.0, 0.0, 0.0, 0.0, "nothing")

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        """Nothing."""
        return Fitted({})

    def predict(self, prepared: Arrays, fitted: Fitted) -> Answers:
        """As many zeros as there are test texts."""
        return {"": np.zeros(int(prepared["rows"][0]), np.int64)}


def main() -> None:
    """Time both executors, and compare what they find."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_task(folder)
        grids = {way: run(folder, way) for way in ("serial", *WAYS)}
        tables = {way: found.pop("table") for way, found in grids.items()}
    write_result(
        "lab_ray",
        {
            "claim": "a job on Ray takes milliseconds more than in a process, and answers are equal",
            "machine": machine(),
            "versions": versions("ray", "numpy", "scikit-learn"),
            "workers": WORKERS,
            "jobs_that_do_nothing": {way: handing(way) for way in WAYS},
            "ngram_grid": grids,
            "equal_scores": all(tables["serial"].equals(table) for table in tables.values()),
        },
    )


def handing(way: str) -> dict[str, float]:
    """What an executor takes for jobs that do nothing."""
    shared = {"rows": np.array([4000]), "values": np.ones(12_500_000)}
    trainings = [Training(np.arange(700), np.zeros(700, np.int64), 0) for _ in range(JOBS)]
    began = time.perf_counter()
    with executors.get(way)(WORKERS) as executor:
        outcomes = executor.run(Nothing(), shared, trainings)
        next(outcomes)
        first = time.perf_counter() - began
        for _ in range(FIRST):  # workers have all begun by then
            next(outcomes)
        began = time.perf_counter()
        count = sum(1 for _ in outcomes)
        per_job = (time.perf_counter() - began) / count
    return {"seconds_to_the_first_outcome": round(first, 2), "milliseconds_per_job": round(1000 * per_job, 2)}


def run(folder: Path, way: str) -> dict[str, Any]:
    """Run the grid; the seconds it took and what it found."""
    store = Store(folder / way)
    began = time.perf_counter()
    report = run_grid(read_grid(folder / "grid.toml"), store, executor=way, workers=1 if way == "serial" else WORKERS)
    whole = time.perf_counter() - began
    table = store.read().observations.sort("origin", "metric", "target").select("origin", "metric", "target", "score")
    seconds = {"whole": round(whole, 2), "measuring": round(report.seconds["measure"], 2)}
    return {"jobs": report.run, "seconds": seconds, "table": table}


def write_task(folder: Path) -> None:
    """Sentences of two topics in six made-up languages, which share some letters."""
    chance = random.Random(3)
    rows = []
    for item in range(300):
        topic = sorted(WORDS)[item % 2]
        words = [chance.choice(WORDS[topic]) for _ in range(6)]
        for shift, language in enumerate(("eng", "nld", "deu", "fin", "est", "hun")):
            text = " ".join("".join(chr((ord(c) - 97 + 2 * shift) % 26 + 97) for c in word) for word in words)
            split = "test" if item >= 220 else "train"
            rows.append({"language": language, "split": split, "text": f"{text} {item}", "label": topic, "item": item})
    pl.DataFrame(rows).write_csv(folder / "topics.csv")
    (folder / "grid.toml").write_text(GRID)


if __name__ == "__main__":
    main()
