"""Claim: planted drivers of transfer are found with power over .8 at a stated number of languages, in seconds.

Run: python -m benchmarks.explain_power
"""

from __future__ import annotations

import time
from typing import Any

from tests.explanation.worlds import NOISE, SOURCE, TARGET, transfer_evidence

from benchmarks.common import machine, versions, write_result
from isogloss.explanation import find_drivers

TABLES, PERMUTATIONS = 200, 199
PLANTED = {"syntactic": 0.02, "target text": 0.05}
POWER_AT = (10, 15, 25)
SIMULATED = {"task": "topics", "model": "toy"}


def main() -> None:
    """Measure power and speed and write the result."""
    write_result(
        "explain_power",
        {
            "claim": "planted factors are found with power over .8; 90 pairs x 3 tasks take under 5 s CPU",
            "machine": machine(),
            "versions": versions("numpy", "scipy", "polars"),
            "input": {
                "tables": TABLES, "permutations": PERMUTATIONS, "seed": "number of the table",
                "factors": "all that can be computed", "planted": PLANTED,
                "standard_deviations": {"source": SOURCE, "target": TARGET, "pair": NOISE},
            },
            "speed": _speed(),
            "power": {f"{count} languages": _power(count) for count in POWER_AT},
        },
    )  # fmt: skip


def _power(count: int) -> dict[str, Any]:
    """Share of tables in which each planted factor is called a driver, and how often others are."""
    hits = dict.fromkeys(PLANTED, 0)
    covered = dict.fromkeys(PLANTED, 0)
    others = tests = 0
    for seed in range(TABLES):
        table = find_drivers(
            transfer_evidence(seed, count, PLANTED), **SIMULATED, permutations=PERMUTATIONS, seed=seed
        ).table
        for row in table.iter_rows(named=True):
            name = row["factor"]
            if name in PLANTED:
                hits[name] += row["driver"]
                covered[name] += row["lower"] <= 100 * PLANTED[name] <= row["upper"]
            else:
                others, tests = others + row["driver"], tests + 1
    return {
        "pairs": count * (count - 1),
        "found": {name: round(number / TABLES, 3) for name, number in hits.items()},
        "intervals that hold the truth": {name: round(number / TABLES, 3) for name, number in covered.items()},
        "others called drivers": round(others / tests, 4),
    }


def _speed() -> dict[str, float]:
    """CPU seconds for three tasks of 90 pairs with 999 permutations, languages read for the first time included."""
    evidences = [transfer_evidence(1000 + seed, 10) for seed in range(3)]
    start = time.process_time()
    for evidence in evidences:
        find_drivers(evidence, **SIMULATED)
    return {"cpu_s": round(time.process_time() - start, 2)}


if __name__ == "__main__":
    main()
