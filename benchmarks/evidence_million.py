"""Claim: a table of a million scores is read in under 15 s of CPU and 1 GB of memory, however it is laid out.

One score a row under the names of an observation, under the headers that people write, as Parquet, and 1,000 models
across, each in a process of its own. Writes benchmarks/results/evidence_million.json.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.common import machine, versions, write_result
from isogloss.evidence import read_evidence
from isogloss.languages import resolve

CODES = (
    "am ar bn cs da de el en es et fa fi fr gu ha he hi hu id ig is it ja ka kk km kn ko lo lt lv ml mn mr ms".split()
)
MODELS, TASKS = 1_000, 29
"""With the languages 1,015,000 scores."""


def scores() -> pl.DataFrame:
    """Every model in every language and task."""
    grid = pl.DataFrame({"model": [f"org/model-{number}" for number in range(MODELS)]})
    grid = grid.join(pl.DataFrame({"task": [f"t{number}" for number in range(TASKS)]}), how="cross")
    grid = grid.join(pl.DataFrame({"target": CODES}), how="cross")
    drawn = np.random.default_rng(0).uniform(5, 95, grid.height).round(2)
    return grid.with_columns(metric=pl.lit("accuracy"), train=pl.lit(""), score=drawn)


def write_long(folder: Path) -> Path:
    """By the names of an observation."""
    scores().write_csv(folder / "long.csv")
    return folder / "long.csv"


def write_own_headers(folder: Path) -> Path:
    """By the headers that people write, with names of languages."""
    named = {code: resolve(code).name for code in CODES}
    table = scores().with_columns(pl.col("target").replace(named)).select(
        System="model", Benchmark="task", Language="target", Accuracy="score"
    )  # fmt: skip
    table.write_csv(folder / "headers.csv")
    return folder / "headers.csv"


def write_parquet(folder: Path) -> Path:
    """As Parquet."""
    scores().write_parquet(folder / "scores.parquet")
    return folder / "scores.parquet"


def write_wide(folder: Path) -> Path:
    """A thousand models across."""
    wide = scores().pivot("model", index=["task", "target"], values="score").rename({"target": "language"})
    wide.write_csv(folder / "wide.csv")
    return folder / "wide.csv"


LAYOUTS: dict[str, Callable[[Path], Path]] = {
    "one score a row": write_long, "own headers": write_own_headers, "parquet": write_parquet,
    "models across": write_wide,
}  # fmt: skip


def read(path: str) -> dict[str, float]:
    """CPU seconds and memory of reading a file."""
    before = time.process_time()
    options = {} if path.endswith(("long.csv", "parquet")) else {"metric": "accuracy"}
    count = len(read_evidence(path, **options))
    return {
        "scores": count,
        "cpu_s": round(time.process_time() - before, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def main() -> None:
    """Write each table, and read it in a process of its own."""
    found = {}
    with tempfile.TemporaryDirectory() as place:
        for name, write in LAYOUTS.items():
            command = [sys.executable, "-m", "benchmarks.evidence_million", str(write(Path(place)))]
            found[name] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    write_result("evidence_million", {
        "claim": "a million scores are read in under 15 s of CPU and 1 GB, however they are laid out",
        "machine": machine(), "versions": versions("isogloss", "polars"), "read": found,
        "met": all(one["cpu_s"] < 15 and one["peak_mb"] < 1024 for one in found.values()),
    })  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(read(sys.argv[1])))
    else:
        main()
