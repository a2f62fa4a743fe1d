"""Claim: the smallest forecast takes under a second of the processor, `import isogloss` and `--help` under half a one.

Each runs ten times in a process of its own; the median, beside a Python that does nothing. The smallest forecast is
of one language from nine scores in a CSV file.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.common import machine, versions, write_result

RUNS = 10
COMMAND = str(Path(sys.executable).parent / "isogloss")
SCORES = {"English": 91.2, "French": 88.4, "German": 88.9, "Spanish": 89.3, "Hindi": 79.5, "Arabic": 80.1,
          "Japanese": 82.7, "Swahili": 68.2, "Turkish": 83.5}  # fmt: skip


def main() -> None:
    """Time every command."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "nine.csv"
        rows = [f"ours,support,accuracy,{language},,{score}" for language, score in SCORES.items()]
        path.write_text("\n".join(["model,task,metric,target,train,score", *rows]))
        commands = {
            "python that does nothing": [sys.executable, "-c", "pass"],
            "import isogloss": [sys.executable, "-c", "import isogloss"],
            "isogloss --help": [COMMAND, "--help"],
            "smallest forecast": [COMMAND, "forecast", "-e", str(path), "--task", "support", "--model", "ours",
                                  "--targets", "Yoruba"],
        }  # fmt: skip
        seconds = {name: median_seconds(command) for name, command in commands.items()}
    write_result(
        "start_up",
        {
            "claim": "smallest forecast under 1 s of the processor, import isogloss and isogloss --help under 0.5 s",
            "machine": machine(),
            "others_at_work": f"load average {os.getloadavg()[0]:.1f} at the end",
            "versions": versions("typer", "numpy", "scipy", "polars", "lightgbm"),
            "median_cpu_s": {name: cpu for name, (cpu, _) in seconds.items()},
            "median_wall_s": {name: wall for name, (_, wall) in seconds.items()},
        },
    )


def median_seconds(command: list[str]) -> tuple[float, float]:
    """Median seconds of the processor and of the clock, over the runs after the first, which writes byte code."""
    cpu, wall = [], []
    for _ in range(RUNS + 1):
        start, before = time.perf_counter(), os.times()
        subprocess.run(command, check=True, capture_output=True)
        after = os.times()
        wall.append(time.perf_counter() - start)
        cpu.append(after.children_user + after.children_system - before.children_user - before.children_system)
    return round(statistics.median(cpu[1:]), 3), round(statistics.median(wall[1:]), 3)


if __name__ == "__main__":
    main()
