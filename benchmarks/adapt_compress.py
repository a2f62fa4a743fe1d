"""What pruning costs the rarer of two equal languages, and what it shows where both are equally common.

    python -m benchmarks.adapt_compress WORLD SEED [STEPS]    # rare or null: a planted world; 600 steps take 30 seconds

A planted world is a byte model trained on English sentences of SIB-200 and on a copy of English, the same sentences in
bytes of their own (`isogloss.lab.clone_text`): a tenth of the texts in world `rare`, half of them in world `null`,
where nothing may show. Each run adds its world to benchmarks/results/adapt_compress.json.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import DATA, RESULTS, have_data, machine, versions, write_result
from isogloss.lab import ByteTransformer, adapt, clone_text, pretrain
from isogloss.lab.adaptation.losses import measure_texts
from isogloss.stats.intervals import paired_bootstrap

SHARES = {"rare": 0.1, "null": 0.5}
SHAPE = {"layers": 2, "width": 48, "heads": 2, "context": 96, "batch_size": 8, "copies": 1,
         "learning_rate": 5e-3}  # fmt: skip
SPARSITIES = (0.3, 0.6)
USUAL = 600
"""Steps of training."""
HELD_OUT = 30
PER_BYTE = 4
"""UTF-8 bytes of a character of a copy, each of which stands for one byte."""


def english() -> list[str]:
    """All sentences of English."""
    return pl.read_parquet(DATA / "sib200.parquet").filter(lang="eng_Latn").sort("index_id")["text"].to_list()


def losses(folder: Path, texts: list[str]) -> dict[str, np.ndarray[Any, Any]]:
    """Bits per byte of the language and of its copy, text by text."""
    measured = measure_texts(folder, {"language": texts, "copy": [clone_text(text) for text in texts]})
    found = {name: rows["loss"].to_numpy() for (name,), rows in measured.group_by("language")}
    return {"language": found["language"], "copy": PER_BYTE * found["copy"]}


def planted(world: str, seed: int, steps: int) -> dict[str, Any]:
    """What pruning costs the language and its copy in one world."""
    texts = english()
    order = np.random.default_rng(seed).permutation(len(texts))
    held_out, learnt = ([texts[place] for place in some] for some in (order[:HELD_OUT], order[HELD_OUT:]))
    copied = round(SHARES[world] * len(learnt))
    with tempfile.TemporaryDirectory() as temporary:
        model = Path(temporary) / "model"
        pretrain(
            [*map(clone_text, learnt[:copied]), *learnt[copied:]],
            model,
            ByteTransformer(**SHAPE, steps=steps, seed=seed),
        )
        before = losses(model, held_out)
        rows = []
        for sparsity in SPARSITIES:
            pruned = adapt(model, "magnitude-prune", sparsity=sparsity, into=Path(temporary) / f"pruned {sparsity}")
            after = losses(pruned, held_out)
            changes = {name: after[name] - before[name] for name in before}
            lower, upper = paired_bootstrap(changes["copy"], changes["language"])
            means = {name: float(values.mean()) for name, values in changes.items()}
            rows.append({"sparsity": sparsity, **{f"{name}_change": round(value, 4) for name, value in means.items()},
                         "copy_less_language": round(means["copy"] - means["language"], 4),
                         "lower": round(float(lower), 4), "upper": round(float(upper), 4)})  # fmt: skip
    known = {name: round(float(one.mean()), 4) for name, one in before.items()}
    return {"world": world, "seed": seed, "steps": steps, "before": known, "pruned": rows}


def main() -> None:
    """Measure one world, and add it to those measured."""
    if not have_data("sib200.parquet"):
        return
    world, seed, steps = sys.argv[1], int(sys.argv[2]), int((*sys.argv, USUAL)[3])
    measured = planted(world, seed, steps)
    path = RESULTS / "adapt_compress.json"
    others = json.loads(path.read_text())["worlds"] if path.exists() else []
    kept = [one for one in others if _key(one) != _key(measured)]
    worlds = sorted([*kept, measured], key=_key)
    write_result("adapt_compress", described(worlds))


def _key(one: dict[str, Any]) -> tuple[Any, ...]:
    return one["steps"], one["world"], one["seed"]


def described(worlds: list[dict[str, Any]]) -> dict[str, Any]:
    """The result with what it rests on."""
    return {
        "claim": "Where a language and its copy are equally common, pruning costs both the same; see `worlds`.",
        "machine": machine(), "versions": versions("torch", "transformers"),
        "input": f"SIB-200; byte models of {SHAPE}; {HELD_OUT} sentences held out; 95 % intervals, paired bootstrap",
        "worlds": worlds,
    }  # fmt: skip


if __name__ == "__main__":
    main()
