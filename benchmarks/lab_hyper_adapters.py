"""Adapters from vectors of tasks and languages, asked for pairs without training data, in planted and null worlds.

    python -m benchmarks.lab_hyper_adapters    # some minutes of a processor

Two tasks in ten languages of two kinds, see `tests.lab.cells`; of one task, Catalan and Uzbek have no training data.
A small encoder with random weights stays as it is. Chance is .5. Settings were chosen on seeds 0 and 1, which are not
among those reported; the null worlds have more seeds. Results go to benchmarks/results/lab_hyper_adapters.json.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from tests.lab.cells import BY_GRAMMAR, HELD_OUT, OTHER, PLAIN, SWAPPED, by_nothing, held_out_accuracy
from tests.lab.checkpoints import make_checkpoint, make_masked

from benchmarks.common import machine, points, versions, write_result
from isogloss.stats.intervals import paired_bootstrap

SEEDS = range(10, 16)
NULL_SEEDS = range(10, 20)
NULL = (
    "one task, catalogue, kinds drawn",
    "two tasks, learnt, other kinds in the other task",
    "hidden words, learnt, other kinds in texts",
)
"""Worlds in which a language is answered all right or all wrong by lot, so that more seeds are needed."""
SETTINGS = {"epochs": 12, "learning_rate": 5e-3}
EVERY = (*PLAIN, *SWAPPED)
AGAINST = BY_GRAMMAR | {code: 1 - kind for code, kind in HELD_OUT.items()}
"""A world in which the languages without training data are of one kind in one task and of the other in the other."""


def arms(seed: int) -> dict[str, dict[str, Any]]:
    """What is learnt, by what it is called."""
    hyper, learnt = {"name": "hyper-adapter"}, {"name": "hyper-adapter", "vectors": "learnt"}
    drawn = by_nothing(seed)
    mixed = dict(zip(EVERY, np.random.default_rng([seed, 2]).permutation([0, 1] * 4).tolist(), strict=True))
    lots = {code: int(kind) for code, kind in zip(HELD_OUT, np.random.default_rng([seed, 3]).integers(2, size=2),
                                                  strict=True)}  # fmt: skip
    return {
        "lora, the task in the other languages": {"name": "lora"},
        "lora, the task in English": {"name": "lora", "sources": ("eng",)},
        "lora, the other task in all languages": {"name": "lora", "sources": (*EVERY, *HELD_OUT), "own": OTHER},
        "one task, catalogue": hyper,
        "one task, catalogue, shuffled": hyper | {"shuffled": True},
        "one task, catalogue, kinds drawn": hyper | {"kinds": drawn},
        "two tasks, catalogue": hyper | {"other": BY_GRAMMAR},
        "two tasks, catalogue, shuffled": hyper | {"other": BY_GRAMMAR, "shuffled": True},
        "two tasks, catalogue, kinds drawn": hyper | {"kinds": drawn, "other": drawn},
        "two tasks, learnt": learnt | {"other": BY_GRAMMAR},
        "two tasks, learnt, kinds drawn": learnt | {"kinds": drawn, "other": drawn},
        "two tasks, learnt, other kinds in the other task": learnt | {"other": {**mixed, **lots}},
        "two tasks, learnt, the wrong kind in the other task": learnt | {"other": AGAINST},
        "hidden words, learnt": learnt | {"unlabelled": BY_GRAMMAR},
        "hidden words, learnt, other kinds in texts": learnt | {"unlabelled": {**mixed, **lots}},
    }


def main() -> None:
    found: dict[str, list[list[float]]] = {}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        plain, masked = make_checkpoint(folder / "plain"), make_masked(folder / "masked")
        for seed in NULL_SEEDS:
            for name, given in arms(seed).items():
                if seed not in SEEDS and name not in NULL:
                    continue
                checkpoint = masked if "unlabelled" in given else plain
                found.setdefault(name, []).append(
                    held_out_accuracy(checkpoint=checkpoint, folder=folder, seed=seed, **SETTINGS, **given)
                )
                print(seed, name, found[name][-1], flush=True)
    write_result(
        "lab_hyper_adapters",
        {
            "claim": "A pair of a task and a language without training data is answered by what its language shows in "
                     "another task, in texts, or in the catalogue.",
            "machine": machine(),
            "versions": versions("torch", "transformers", "peft"),
            "input": f"24 examples of each task in each language, 40 test texts in each of {len(HELD_OUT)} languages",
            "unit": "points: accuracy, mean over seeds; intervals are 95 %, over seeds, whose accuracy is the mean "
                    "over both languages",
            "results": {name: summary(np.array(several)) for name, several in found.items()},
        },
    )  # fmt: skip


def summary(accuracies: Any) -> dict[str, Any]:
    """Mean and interval, and the mean of each language."""
    over_seeds = accuracies.mean(axis=1)
    ends = paired_bootstrap(over_seeds, np.zeros(len(over_seeds)))
    each = dict(zip(HELD_OUT, (points(one, 1) for one in accuracies.mean(axis=0)), strict=True))
    return {
        "seeds": len(accuracies),
        "accuracy": [points(over_seeds.mean(), 1), *(points(end, 1) for end in ends)],
        **each,
    }


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
