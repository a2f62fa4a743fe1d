"""Claim: `import isogloss` and `isogloss --help` take less than half a second each.

Each runs ten times in a process of its own; the median, beside a Python that does nothing.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.common import machine, versions, write_result

RUNS = 10
COMMANDS = {
    "python that does nothing": [sys.executable, "-c", "pass"],
    "import isogloss": [sys.executable, "-c", "import isogloss"],
    "isogloss --help": [str(Path(sys.executable).parent / "isogloss"), "--help"],
}


def main() -> None:
    """Time every command."""
    write_result(
        "start_up",
        {
            "claim": "import isogloss and isogloss --help under 0.5 s each",
            "machine": machine(),
            "versions": versions("typer"),
            "median_wall_s": {name: median_seconds(command) for name, command in COMMANDS.items()},
        },
    )


def median_seconds(command: list[str]) -> float:
    """Median wall seconds of the runs after the first, which writes byte code."""
    seconds = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        seconds.append(time.perf_counter() - start)
    return round(statistics.median(seconds[1:]), 3)


if __name__ == "__main__":
    main()
