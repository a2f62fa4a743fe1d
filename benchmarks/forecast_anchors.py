"""Claim: a few measured languages of the poorest are worth more than any regression.

The poorest third of the languages is hidden (SumEval training tables, NER of NN-Rank); then 1, 3 and 8 of
them, drawn at random three times, are given back, and the default forecaster is asked for the rest. Mean
absolute error in points, languages weighing the same, against that without anchors on the same languages.
"""

from __future__ import annotations

import time
from typing import Any

from benchmarks.common import DATA, have_data, machine, read_sumeval, versions, write_result
from isogloss.evaluation import run_benchmark
from isogloss.evidence import Evidence, read_evidence

TABLES = ("WikiANN_XLMR", "UDPOS_XLMR", "XNLI_XLMR")
DRAWS, COUNTS = 3, (0, 1, 3, 8)


def main() -> None:
    """Measure the curve of every table."""
    if not have_data("observations/sumeval", "observations/nnrank"):
        return
    ner = read_evidence(DATA / "observations" / "nnrank" / "results_xlm-roberta-base_test.csv").filter(metric="f1")
    tables = {name: evaluate(read_sumeval(name)) for name in TABLES} | {"NER XLM-R": evaluate(ner)}
    write_result(
        "forecast_anchors",
        {
            "claim": "errors on the poorest languages fall with the first few of them that are measured",
            "protocol": f"anchors: {DRAWS} draws of {', '.join(map(str, COUNTS))} languages; MAE in points",
            "machine": machine(),
            "versions": versions("numpy", "scipy", "scikit-learn", "lightgbm"),
            "tables": tables,
        },
    )


def evaluate(evidence: Evidence) -> dict[str, Any]:
    """Errors of default and additive against the number of anchors."""
    start = time.process_time()
    found = run_benchmark(
        evidence, protocols=["anchors"], forecasters=["default", "additive"], levels=(), folds=DRAWS,
        options={"anchors": {"counts": COUNTS}},
    )  # fmt: skip
    rows = found.summary.select("condition", "forecaster", "mae", "groups").rows()
    return {
        "languages": len(evidence.targets),
        "mae": {
            name: {condition: round(mae, 2) for condition, of, mae, _ in rows if of == name}
            for name in ("default", "additive")
        },
        "cpu_s": round(time.process_time() - start, 1),
    }


if __name__ == "__main__":
    main()
