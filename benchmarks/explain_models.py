"""Claim: facts that do nothing are said to set models apart in at most 5 % of worlds, and those that do are found.

Planted worlds have two facts that matter (architecture and size) and one that does not; in null worlds none does. Then
real encoders of MTEB. Run: python -m benchmarks.explain_models
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import polars as pl
from tests.explanation.worlds import OF_CELL, OF_MODEL, models_world

from benchmarks.common import DATA, have_data, machine, versions, write_result
from isogloss import read_evidence
from isogloss.explanation import find_model_drivers

WORLDS, PERMUTATIONS = 400, 199
COUNTS = (6, 12, 24)
PLANTED = {"architecture": 0.05, "size": 0.03}
MTEB = ("SIB200Classification", "MassiveIntentClassification")


def main() -> None:
    """Measure null and planted worlds and real tables, and write the result."""
    write_result(
        "explain_models",
        {
            "claim": "the family-wise rate of false facts is at most .05, and planted facts are found",
            "machine": machine(),
            "versions": versions("numpy", "scipy", "polars"),
            "input": {
                "worlds": WORLDS, "permutations": PERMUTATIONS, "languages": 12, "planted": PLANTED,
                "standard_deviations": {"model": OF_MODEL, "model in a language": OF_CELL},
                "seed": "number of the world",
            },
            "null": {str(count): _null(count) for count in COUNTS},
            "planted": {str(count): _planted(count, 0.0) for count in COUNTS},
            "planted, encoders ten times larger": {str(count): _planted(count, 1.0) for count in COUNTS},
            "real": _real() if have_data("observations/mteb") else None,
        },
    )  # fmt: skip


def _null(count: int) -> dict[str, Any]:
    found = [_drivers(seed, count) for seed in range(WORLDS)]
    return {"worlds with anything shown": round(float(np.mean([bool(names) for names, _ in found])), 4)}


def _planted(count: int, tied: float) -> dict[str, Any]:
    found = [_drivers(seed, count, **PLANTED, tied=tied) for seed in range(WORLDS)]
    ends = [table.filter(pl.col("factor") == "architecture").row(0, named=True) for _, table in found]
    sign = [1 if row["contrast"].startswith("encoder") else -1 for row in ends]
    truth = [100 * PLANTED["architecture"] * one for one in sign]
    return {
        "architecture shown": _share("architecture" in names for names, _ in found),
        "size shown": _share("parameters" in names for names, _ in found),
        "objective shown, which does nothing": _share("objective" in names for names, _ in found),
        "interval holds the effect of architecture": _share(
            row["lower"] <= true <= row["upper"] for row, true in zip(ends, truth, strict=True)
        ),
        "effect of architecture, mean": round(
            float(np.mean([row["effect"] * one for row, one in zip(ends, sign, strict=True)])), 2
        ),
    }


def _share(which: Any) -> float:
    return round(float(np.mean(list(which))), 4)


def _drivers(seed: int, count: int, **how: float) -> tuple[set[str], pl.DataFrame]:
    evidence, facts = models_world(seed, count, **how)
    table = find_model_drivers(evidence, facts, permutations=PERMUTATIONS, seed=seed).table
    return set(table.filter("driver")["factor"]), table


def _real() -> dict[str, Any]:
    """Encoders of MTEB: size, width, longest input, release and number of languages, as their cards say."""
    folder = DATA / "observations" / "mteb"
    lines = (folder / "models.jsonl").read_text(encoding="utf-8").splitlines()
    cards = pl.DataFrame([_card(json.loads(line)) for line in lines], infer_schema_length=None)
    facts = cards.group_by("model", maintain_order=True).agg(pl.exclude("model").drop_nulls().first())
    scores = pl.read_parquet(folder / "scores.parquet")
    told = {}
    for task in MTEB:
        rows = scores.filter(pl.col("task") == task, pl.col("split") == "test")
        table = rows.group_by("model", "subset", "languages").agg(pl.col("main_score").mean())
        code = pl.col("languages").str.split("-").list.first()
        single = table.filter(~pl.col("languages").str.contains("[,|]")).select(
            "model", target=code, score="main_score", task=pl.lit(task), metric=pl.lit("accuracy"), train=pl.lit("")
        )
        means = single.group_by("model", "target", "task", "metric", "train").agg(pl.col("score").mean())
        drivers = find_model_drivers(read_evidence(means), facts)
        told[task] = {
            "models": drivers.models, "cells": drivers.cells, "r2": round(drivers.r2, 3),
            "held_out_r2": round(drivers.held_out_r2, 3), "excluded": drivers.excluded,
            "factors": [
                {name: round(value, 4) if isinstance(value, float) else value for name, value in row.items()}
                for row in drivers.table.to_dicts()
            ],
        }  # fmt: skip
    return told


def _card(card: dict[str, Any]) -> dict[str, Any]:
    """Facts of one model, where its card says them in the usual form."""
    languages, released = card.get("languages"), str(card.get("release_date") or "")[:4]
    longest = card.get("max_tokens")
    return {
        "model": card["path"].split("/")[1], "parameters": card.get("n_parameters"),
        "embedding_size": card.get("embed_dim"),
        "max_tokens": int(longest) if isinstance(longest, int | float) and 0 < longest < 1e7 else None,
        "released": int(released) if released.isdigit() else None,
        "languages": len(languages) if isinstance(languages, list) else None,
    }  # fmt: skip


if __name__ == "__main__":
    main()
