"""How long all SumEval training files take to be fitted and their test files to be forecast; the goal is 15 seconds.

Every training file is read and fitted, and its test files are read and forecast with intervals, in one process;
CPU time and the highest memory of that process.
"""

from __future__ import annotations

import resource
import time

import polars as pl

from benchmarks.common import SUMEVAL_TRAIN, have_data, machine, read_sumeval, sumeval, versions, write_result
from isogloss.evidence import read_queries
from isogloss.forecasting import Default


def main() -> None:
    """Answer every test file from its training file."""
    if not have_data("observations/sumeval"):
        return
    seconds, cells = {}, 0
    started = time.process_time()
    for train in SUMEVAL_TRAIN:
        start = time.process_time()
        tests = [train, *(f"{train}_surprise_langs_{kind}_configs" for kind in ("same", "diff"))]
        queries = pl.concat(read_queries(file) for name in tests if (file := sumeval(name, "test")).exists())
        fitted = Default().fit(read_sumeval(train), queries).conformalize()
        cells += fitted.predict_interval(queries, 0.9).height
        seconds[train] = round(time.process_time() - start, 2)
    write_result(
        "forecast_speed",
        {
            "claim": "all SumEval files, fit + forecast; the goal is 15 s and 1 GB",
            "machine": machine(),
            "versions": versions("numpy", "scipy", "scikit-learn", "polars", "lightgbm"),
            "input": {"training_files": len(seconds), "forecasts": cells},
            "cpu_s": round(time.process_time() - started, 1),
            "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            "cpu_s_by_training_file": seconds,
        },
    )


if __name__ == "__main__":
    main()
