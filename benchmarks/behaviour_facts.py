"""Claim: facts that an adapter teaches in one language are known there and in a language that shares their names, and
not in a copy that shares no byte unless they are taught in it, too; facts held out and exchanged answers add nothing.

A byte model has read all words of made-up capitals and currencies, and no fact: in English, in a copy of it that shares
no byte (it stands for German), and in one with the same names and other words (Dutch). Half of the facts are taught by
a low-rank adapter, in English or in English and the copy; each of these again with answers exchanged at random.

    python -m benchmarks.behaviour_facts            # about 3 minutes of CPU
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any

import polars as pl
from tests.behaviour.worlds import taught_texts, taught_world

from benchmarks.common import ROOT, machine, versions, write_result
from isogloss.charts import save
from isogloss.lab import ByteTransformer, pretrain
from isogloss.questions.functions import taught_facts

ITEMS, TEXTS, SEEDS = 20, 3_000, range(4)
SHAPE = {"layers": 2, "width": 64, "heads": 4, "context": 64, "steps": 400, "batch_size": 16, "copies": 1,
         "learning_rate": 4e-3}  # fmt: skip
TRAINING = {"epochs": 60, "learning_rate": 1e-2, "rank": 16, "adapter_dropout": 0.0}
ARMS = {"English": ["English"], "English and the copy": ["English", "German"]}
NAMES = {"eng": "English", "deu": "copy", "nld": "same names"}


def main() -> None:
    """Teach every world in both ways."""
    start = time.process_time()
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["ISOGLOSS_CACHE"] = str(Path(temporary) / "cache")
        every = [row for seed in SEEDS for row in measured(Path(temporary) / f"model {seed}", seed)]
    table = pl.DataFrame(every, infer_schema_length=None)
    write_result("behaviour_facts", {
        "claim": "taught facts are known where they are taught and where names are shared, not in a copy; held-out "
                 "facts and exchanged answers add nothing",
        "machine": machine(), "versions": versions("torch", "transformers", "peft", "polars"),
        "input": f"{2 * ITEMS} facts in each of {len(SEEDS)} worlds, half of them taught; byte models of {SHAPE}; "
                 f"adapters of {TRAINING}; four choices, so that a guess is right in 25 %",
        "means": means(table), "worlds": every, "cpu_s": round(time.process_time() - start),
    })  # fmt: skip


def measured(folder: Path, seed: int) -> list[dict[str, Any]]:
    """What each arm changes in each language of one world."""
    world = taught_world(ITEMS, seed=seed)
    pretrain(taught_texts(world, TEXTS, seed=seed), folder, ByteTransformer(**SHAPE, seed=seed))
    rows = []
    for arm, languages in ARMS.items():
        answer = taught_facts(world, model=str(folder), taught_in=languages, training=TRAINING, seed=seed)
        if seed == SEEDS[0] and len(languages) == 1:
            save(answer.picture(), ROOT / "docs/images/taught-facts.png")
        ranks = {(row["kind"], row["other"]): row["change"] for row in
                 answer.result.consistency.filter(language="eng").iter_rows(named=True)}  # fmt: skip
        rows += [
            {"taught_in": arm, "seed": seed, **row, "language": NAMES[row["language"]],
             "rankc_with_english": ranks.get(("held out" if row["kind"] == "held out" else "taught", row["language"]))}
            for row in answer.result.changes.iter_rows(named=True)
        ]  # fmt: skip
    return rows


def means(table: pl.DataFrame) -> list[dict[str, Any]]:
    """Over worlds; and in how many an interval lies above 0, or above the control."""
    return table.group_by("taught_in", "kind", "language", maintain_order=True).agg(
        pl.col("before", "after", "change", "exchanged", "excess", "rankc_with_english").mean().round(3),
        gains=(pl.col("lower") > 0).sum(), losses=(pl.col("upper") < 0).sum(),
        above_control=(pl.col("excess_lower") > 0).sum(), below_control=(pl.col("excess_upper") < 0).sum(),
        worlds=pl.len(),
    ).to_dicts()  # fmt: skip


if __name__ == "__main__":
    main()
