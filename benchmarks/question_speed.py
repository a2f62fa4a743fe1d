"""Claim: a question about evidence that ships is answered in a few seconds of CPU time by a process of its own.

Each command runs twice, as a whole process from its start to its exit, with the user's cache folder empty before the
first: `first` learns from the evidence, `again` finds what was learnt. CPU time is that of the process and of what it
starts, user and system. Before the commands and after them a loop of Cholesky decompositions is timed on one thread:
work beside this one slows the same instructions down, and two runs compare only where that figure does.

Commands named on the command line are measured again and the rest kept:
python -m benchmarks.question_speed forecast curve
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.common import RESULTS, machine, versions, write_result

NAME = "question_speed"
EVIDENCE = ("-e", "isogloss:sib200-ngram", "--task", "SIB-200", "--model", "char-ngram", "--metric", "macro_f1")
COMMANDS: dict[str, tuple[str, ...]] = {
    "forecast": ("forecast", *EVIDENCE, "--train", "rus:300,ukr:200", "--targets", "udm,oss,deu,pol"),
    "smallest forecast": ("forecast", "examples/scores.csv", "--model", "LaBSE", "--targets", "Wolof"),
    "curve": ("curve", *EVIDENCE, "--target", "yor", "--to", "1400"),
    "sources": ("sources", *EVIDENCE, "--target", "bre"),
    "explain": ("explain", *EVIDENCE, "--target", "bre", "--train", "fra:700"),
    "plan": ("plan", *EVIDENCE, "--targets", "bre,oss", "--budget", "1000"),
    "next": ("next", "examples/scores.csv", "--model", "LaBSE", "--among", "africa", "-k", "3"),
    "trust": ("trust", *EVIDENCE, "--every", "20"),
    "benchmark": ("benchmark", *EVIDENCE, "--protocol", "low-resource", "--forecasters", "default,mean"),
}
GOALS = dict.fromkeys(COMMANDS, (3.0, None)) | {
    "forecast": (6.0, 1.2), "smallest forecast": (None, 1.0), "trust": (15.0, None), "benchmark": (15.0, None),
}  # fmt: skip
"""CPU seconds of the first answer, and of the next one in a new process; None where none is set."""
BEFORE = {"forecast": 49.4, "curve": 7.0, "sources": 12.0, "explain": 16.2}
"""CPU seconds of the first answer at commit 9fe067b, before folds shared what they can, beside as much other work."""
SIZE, REPEATS = 400, 200


def main() -> None:
    """Measure all commands, or those named on the command line."""
    written = RESULTS / f"{NAME}.json"
    kept = json.loads(written.read_text())["commands"] if sys.argv[1:] and written.exists() else {}
    before = cholesky_ms()
    measured = {name: measure(name) for name in COMMANDS if name in sys.argv[1:] or not sys.argv[1:]}
    write_result(
        NAME,
        {
            "claim": "a question about evidence that ships costs a few seconds of CPU, imports included",
            "machine": machine(),
            "versions": versions("numpy", "scipy", "polars", "lightgbm"),
            "commands": {name: one for name in COMMANDS if (one := measured.get(name, kept.get(name)))},
        }
        | {"cholesky_of_400_ms": {"before": before, "after": cholesky_ms()}},
    )


def measure(name: str) -> dict[str, Any]:
    """CPU seconds of one command in two new processes, the second with what the first one kept."""
    with tempfile.TemporaryDirectory() as cache:
        first, again = (cpu_seconds(COMMANDS[name], Path(cache)) for _ in range(2))
    return {
        "command": " ".join(("isogloss", *COMMANDS[name])),
        "goal_first_cpu_s": GOALS[name][0],
        "goal_again_cpu_s": GOALS[name][1],
        "before_first_cpu_s": BEFORE.get(name),
        "first_cpu_s": first,
        "again_cpu_s": again,
    }


def cpu_seconds(command: tuple[str, ...], cache: Path) -> float:
    """User and system time of a process until it exits."""
    environment = os.environ | {"ISOGLOSS_CACHE": str(cache)}
    start = resource.getrusage(resource.RUSAGE_CHILDREN)
    program = str(Path(sys.executable).parent / "isogloss")
    subprocess.run([program, *command], check=True, capture_output=True, env=environment)
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round(end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime, 2)


def cholesky_ms() -> float:
    """CPU milliseconds of one decomposition of SIZE x SIZE."""
    values = np.random.default_rng(0).normal(size=(SIZE, 2 * SIZE))
    covariance = values @ values.T
    with threadpool_limits(limits=1):
        start = time.process_time()
        for _ in range(REPEATS):
            np.linalg.cholesky(covariance)
        return round(1000 * (time.process_time() - start) / REPEATS, 2)


if __name__ == "__main__":
    main()
