"""Claim: all SumEval training files are fitted and their test files forecast in under a minute.

Every training file is read and fitted, every test file forecast with intervals and written as JSON, in one
process; CPU time and the highest memory of that process.
"""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path

from benchmarks.common import SUMEVAL_TRAIN, have_data, machine, sumeval, versions, write_result
from isogloss.forecast.answer import answer_file


def main() -> None:
    """Answer every test file from its training file."""
    if not have_data("observations/sumeval"):
        return
    seconds, cells = {}, 0
    started = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        for test in sorted(sumeval("", "test").parent.glob("*.json")):
            train = next(
                name for name in SUMEVAL_TRAIN if test.stem == name or test.stem.startswith(f"{name}_surprise")
            )
            start = time.process_time()
            found = answer_file([str(sumeval(train))], test, out=Path(folder) / "filled.json")
            seconds[test.stem], cells = round(time.process_time() - start, 2), cells + found.height
    write_result(
        "forecast_speed",
        {
            "claim": "all SumEval files, fit + forecast, in under 60 s and 1 GB",
            "machine": machine(),
            "versions": versions("numpy", "scipy", "scikit-learn", "polars", "lightgbm"),
            "input": {"test_files": len(seconds), "forecasts": cells},
            "cpu_s": round(time.process_time() - started, 1),
            "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            "cpu_s_by_file": seconds,
        },
    )


if __name__ == "__main__":
    main()
