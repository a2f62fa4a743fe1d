"""An encoder mapped into a decoder, and a stack that learns from a teacher, in planted and null worlds.

    python -m benchmarks.lab_mapped    # two minutes of a processor

A decoder of two layers has read letters of English, and with them which half of the alphabet they are of. A copy of
English has letters that it never read. To one encoder the copy is the same as English, to another it is not. All learn
from 32 English examples; 60 texts in English and 60 in the copy are answered, with three seeds; chance is .5. In the
null worlds the encoder does not know the copy, or its states are those of other texts. Results go to
benchmarks/results/lab_mapped.json.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from tests.lab.letters import halves_task, make_world

from benchmarks.common import machine, points, versions, write_result
from isogloss.lab import Training, recipes
from isogloss.stats.intervals import paired_bootstrap

SEEDS, EXAMPLES, TESTED = 3, 32, 60


def main() -> None:
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        results = planted(make_world(Path(folder)))
    write_result(
        "lab_mapped",
        {
            "claim": "A decoder answers in a language that an encoder alone knows, once it reads what is mapped of it.",
            "machine": machine(),
            "versions": versions("torch", "transformers", "peft"),
            "input": f"{EXAMPLES} English examples, {TESTED} texts in each language, {SEEDS} seeds",
            "unit": "points: accuracy; intervals are 95 %, over texts, whose accuracy is the mean over seeds",
            "cpu_s": round(time.process_time() - began),
            "results": results,
        },
    )


def planted(world: Path) -> dict[str, Any]:
    """Each way in each world."""
    own, others = {"encoder": str(world / "aligned")}, {"encoder": str(world / "apart")}
    mapped = {"prompt": "blank", "template": "{text} = {label}", "max_length": 64, "epochs": 10, "batch_size": 8,
              "learning_rate": 0.01, "slots": 2}  # fmt: skip
    stacked = {"epochs": 10, "batch_size": 8, "learning_rate": 0.005}
    prompted = {"template": "{text} = {label}", "max_length": 64}
    arms: dict[str, tuple[str, dict[str, Any]]] = {
        "decoder alone, asked": ("in-context", prompted),
        "decoder alone, lora": ("lora", stacked),
    }
    for name, kind, given in (
        ("mapped, tokens", "mapped-encoder", mapped),
        ("mapped, slots", "mapped-encoder", mapped | {"vectors": "slots"}),
        ("stacked", "stacked-encoder", stacked),
    ):
        arms[name] = kind, given | own
        arms[f"{name}, encoder without the copy"] = kind, given | others
        arms[f"{name}, states of other texts"] = kind, given | own | {"states": "shuffled"}
    found = {}
    for name, (kind, given) in arms.items():
        corpus, shown, asked = halves_task(EXAMPLES, TESTED)
        recipe = recipes.get(kind).read({"checkpoint": str(world / "decoder"), **given})
        prepared, right = recipe.prepare(corpus, map), []
        for seed in range(SEEDS):
            learnt = 0 if kind == "in-context" else EXAMPLES
            training = Training(np.arange(learnt), np.array(shown[:learnt], int), seed, labels_count=2)
            answers = recipe.predict(prepared, recipe.fit(prepared, training))[""].reshape(2, -1)
            right.append(answers == np.array(asked))
        found[name] = dict(zip(("English", "copy"), map(accuracy, np.mean(right, axis=0)), strict=True))
        print(name, found[name], flush=True)
    return found


def accuracy(right: Any) -> list[float]:
    """Share of right answers, with its interval."""
    ends = paired_bootstrap(right, np.zeros(len(right)))
    return [points(float(right.mean()), 1), *(points(end, 1) for end in ends)]


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
