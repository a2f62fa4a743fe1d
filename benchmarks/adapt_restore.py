"""What restoring switched words before tuning does for a language without an example: planted worlds.

    python -m benchmarks.adapt_restore SEED    # some minutes of one processor

A T5 of two layers, to which a copy of a language (`isogloss.lab.clone_text`) is like nothing, learns in the language
alone to answer phrases with the pair of their last word (benchmarks/lab_generation.py), its decoder being tuned, and
is asked in both. Before,
it is left as it is (*none*), or trained by `code-switch-restore` on other phrases of the language with a dictionary
into the copy (*words*); with the same words dealt at random (*null*), so that what is restored tells nothing; or with a
rate of 0, which is copying (*copies*). Each run adds its seed to benchmarks/results/adapt_restore.json; seed 0 served
to set how long is trained and is not among them.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import RESULTS, machine, versions, write_result
from benchmarks.lab_generation import FIRST, MORE, PAIRS, SECOND, TRAINED, answered, as_copy, model
from isogloss.lab import adapt, adaptation_card, clone_text
from isogloss.stats.intervals import paired_bootstrap

RESTORED = {"batches": 200, "batch_size": 16, "learning_rate": 5e-3, "length": 32, "parts": 1}
TUNED = {**TRAINED, "frozen_epochs": TRAINED["epochs"]}
"""The decoder alone, so that the encoder stays as the stage before made it."""
STAGES = {"none": None, "words": 0.5, "null": 0.5, "copies": 0.0}


def dictionary(path: Path, seed: int, *, is_null: bool) -> str:
    """All words of the phrases with what they are in the copy, or with what others are."""
    words = sorted({*PAIRS, *FIRST, *SECOND, *MORE})
    others = [clone_text(word) for word in words]
    if is_null:
        random.Random(seed).shuffle(others)
    rows = [f"{word}\t{other}" for word, other in zip(words, others, strict=True)]
    path.write_text("\n".join(["source\ttarget", *rows]), encoding="utf-8")
    return str(path)


def measured(folder: Path, seed: int) -> list[dict[str, Any]]:
    """Share right in the language and in the copy after each stage and tuning."""
    every = [(f"{one} {word}", pair) for one in (*FIRST, *SECOND, *MORE) for word, pair in PAIRS.items()]
    random.Random(seed).shuffle(every)
    train, test = every[: len(every) // 2], every[len(every) // 2 :]
    tested = [test, as_copy(test, str)]
    base = model(folder / "base", seed, None)
    texts = [f"{one} {two} {word}" for one in MORE for two in (*FIRST, *SECOND) for word in PAIRS]
    found, right = [], {}
    for stage, rate in STAGES.items():
        checkpoint, facts = base, {}
        if rate is not None:
            words = dictionary(folder / f"{stage}.tsv", seed, is_null=stage == "null")
            checkpoint = adapt(base, "code-switch-restore", corpus={"eng": texts}, seed=seed, into=folder / stage,
                               dictionary=words, rate=rate, **RESTORED)  # fmt: skip
            facts = adaptation_card(checkpoint)["losses"][0]
        written = answered({"name": "seq2seq-tune", "checkpoint": str(checkpoint), **TUNED}, [train, []], tested,
                           "translation", seed)  # fmt: skip
        right[stage] = [np.array([text == answer for text, (_, answer) in zip(*both, strict=True)], float)
                        for both in zip(written, tested, strict=True)]  # fmt: skip
        lower, upper = paired_bootstrap(right[stage][1], right["none"][1])
        found.append({
            "stage": stage, "language": round(float(right[stage][0].mean()), 3),
            "copy": round(float(right[stage][1].mean()), 3), "change in copy": [round(lower, 3), round(upper, 3)],
            "bits": [round(facts["before"], 2), round(facts["after"], 2)] if facts else [],
        })  # fmt: skip
    return found


def main() -> None:
    """Measure one seed, and add it to those measured."""
    seed, path = int(sys.argv[1]), RESULTS / "adapt_restore.json"
    with tempfile.TemporaryDirectory() as temporary:
        rows = measured(Path(temporary), seed)
    others = json.loads(path.read_text())["seeds"] if path.exists() else []
    seeds = [*(one for one in others if one["seed"] != seed), {"seed": seed, "rows": rows}]
    write_result("adapt_restore", {
        "claim": "Restoring words that a dictionary put into a copy makes tuning in the language carry over to the "
                 "copy; with words dealt at random, or by copying, it does not; see `seeds`.",
        "machine": machine(), "versions": versions("torch", "transformers"),
        "input": f"restored by {RESTORED}; tuned by {TUNED}; 95 % intervals of changes, bootstrap over phrases",
        "chance": 1 / len(PAIRS), "seeds": sorted(seeds, key=lambda one: one["seed"]),
    })  # fmt: skip


if __name__ == "__main__":
    main()
