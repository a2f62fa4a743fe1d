"""What drives transfer in six real tables: NER by NN-Rank, MASSIVE intents and slots by ProxyLM.

Run: python -m benchmarks.explain_real
"""

from __future__ import annotations

import time
from typing import Any

from benchmarks.common import DATA, have_data, machine, versions, write_result
from isogloss import read_evidence
from isogloss.explanation import Drivers, find_drivers

REAL = {
    "NER, XLM-R base": ("nnrank/results_xlm-roberta-base_test.csv", "NER", "xlm-roberta-base"),
    "NER, mBERT": ("nnrank/results_bert-base-multilingual-cased_test.csv", "NER", "bert-base-multilingual-cased"),
    "intent, Aya": ("proxylm/intent_experiments.csv", "MASSIVE-intent", "aya"),
    "intent, Llama 3": ("proxylm/intent_experiments.csv", "MASSIVE-intent", "llama3"),
    "slot, Aya": ("proxylm/slot_experiments.csv", "MASSIVE-slot", "aya"),
    "slot, Llama 3": ("proxylm/slot_experiments.csv", "MASSIVE-slot", "llama3"),
}


def main() -> None:
    """Explain every table and write the result."""
    if not have_data(*(f"observations/{path}" for path, *_ in REAL.values())):
        return
    write_result(
        "explain_real",
        {
            "claim": "what drives transfer in six real tables; effects in points per standard deviation",
            "machine": machine(),
            "versions": versions("numpy", "scipy", "polars"),
            "tables": {name: _real(*where) for name, where in REAL.items()},
        },
    )


def _real(path: str, task: str, model: str) -> dict[str, Any]:
    evidence = read_evidence(DATA / "observations" / path)
    start = time.process_time()
    found = find_drivers(evidence, task=task, model=model)
    return _told(found) | {"cpu_s": round(time.process_time() - start, 2)}


def _told(found: Drivers) -> dict[str, Any]:
    rows = found.table.iter_rows(named=True)
    return {
        "pairs": found.pairs,
        "r2": round(found.r2, 3),
        "r2 of languages left out": round(found.held_out_r2, 3),
        "factors": {
            row["factor"]: {
                "points": round(row["effect"], 2), "from": round(row["lower"], 2), "to": round(row["upper"], 2),
                "q": round(row["q"], 3), "driver": row["driver"], "share": round(row["share"], 3),
            }
            for row in rows
        },
        "left out": found.excluded,
    }  # fmt: skip


if __name__ == "__main__":
    main()
