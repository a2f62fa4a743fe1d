"""Claim: factors that do nothing are called drivers of transfer no more often than the nominal rate says.

Null tables hold effects of sources and targets and noise, and nothing of any factor. Two harder kinds: grammar matters
for single targets, but not on average (`slopes`); kin share their level (`kin`), which relabelling does not know of.
Run: python -m benchmarks.explain_null
"""

from __future__ import annotations

from typing import Any

import polars as pl
from tests.explanation.worlds import NOISE, SOURCE, TARGET, transfer_evidence

from benchmarks.common import machine, versions, write_result
from isogloss.explanation import find_drivers

TABLES, LANGUAGES, PERMUTATIONS = 200, 10, 199
SIMULATED = {"task": "topics", "model": "toy"}
NULLS: dict[str, dict[str, float]] = {"plain": {}, "slopes": {"slopes": 0.03}, "kin": {"kin": 0.05}}


def main() -> None:
    """Measure all kinds of null tables and write the result."""
    write_result(
        "explain_null",
        {
            "claim": "the type-I error of drivers is nominal",
            "machine": machine(),
            "versions": versions("numpy", "scipy", "polars"),
            "input": {
                "tables": TABLES, "languages": LANGUAGES, "pairs": LANGUAGES * (LANGUAGES - 1),
                "permutations": PERMUTATIONS, "seed": "number of the table", "factors": "all that can be computed",
                "standard_deviations": {"source": SOURCE, "target": TARGET, "pair": NOISE}, "kinds": NULLS,
            },
            "share_at_most_.05": {name: _null(how) for name, how in NULLS.items()},
        },
    )  # fmt: skip


def _null(how: dict[str, float]) -> dict[str, Any]:
    """Share of tests below .05, and of tables in which anything is called a driver."""
    found = [
        find_drivers(transfer_evidence(seed, LANGUAGES, **how), **SIMULATED, permutations=PERMUTATIONS, seed=seed).table
        for seed in range(TABLES)
    ]
    rows = pl.concat([table.with_columns(table=pl.lit(seed)) for seed, table in enumerate(found)])
    beyond = (rows["lower"] > 0) | (rows["upper"] < 0)
    of_source = pl.col("factor").is_in(["source text", "target text"])
    return {
        "tests": rows.height,
        "permuted labels": _share(rows["p"] <= 0.05),
        "permuted labels, of pairs": _share(rows.filter(~of_source)["p"] <= 0.05),
        "permuted labels, of languages": _share(rows.filter(of_source)["p"] <= 0.05),
        "intervals that miss 0": _share(beyond),
        "random effects alone": _share(rows["p_crossed"] <= 0.05),
        "least squares, clustered": _share(rows["p_clustered"] <= 0.05),
        "tables with a driver": _share(rows.group_by("table").agg(pl.col("driver").any())["driver"]),
    }


def _share(which: pl.Series) -> float:
    return round(float(which.to_numpy().mean()), 4)


if __name__ == "__main__":
    main()
