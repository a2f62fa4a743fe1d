"""Claim: what an importer is given from outside it reads, or refuses in one line, in bounded time and memory.

Thirty minutes of coverage-guided fuzzing from whole files of every format (tests/fuzz/importers.py). Writes
benchmarks/results/evidence_fuzzing.json: how many files were tried, how many of them reached code that none had
reached before, the slowest, and the memory at the peak.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from importlib.util import find_spec

from benchmarks.common import ROOT, machine, versions, write_result

SECONDS = 1800


def main() -> None:
    """Fuzz, and write what libFuzzer counted."""
    if find_spec("atheris") is None:
        print("skipped: atheris is not installed")
        return
    command = [sys.executable, "-m", "tests.fuzz.importers", f"-max_total_time={SECONDS}", "-seed=1"]
    with tempfile.TemporaryDirectory() as inputs:
        done = subprocess.run(
            [*command, f"-artifact_prefix={inputs}/"], cwd=ROOT, capture_output=True, text=True, errors="replace"
        )
    if done.returncode:
        print(done.stderr[-20_000:])
    counted = {name: int(number) for name, number in re.findall(r"stat::(\w+):\s+(\d+)", done.stderr)}
    reached = [(int(edges), int(files)) for edges, files in re.findall(r"cov: (\d+).*? corp: (\d+)/", done.stderr)]
    write_result(
        "evidence_fuzzing",
        {
            "machine": machine(),
            "versions": versions("atheris", "polars"),
            "seconds": SECONDS,
            "files": counted["number_of_executed_units"],
            "files that reached new code": counted["new_units_added"],
            "branches reached by whole files": reached[0][0],
            "branches reached in the end": reached[-1][0],
            "slowest file, whole seconds": counted["slowest_unit_time_sec"],
            "peak megabytes": counted["peak_rss_mb"],
            "files neither read nor refused": int(done.returncode != 0),
        },
    )
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
