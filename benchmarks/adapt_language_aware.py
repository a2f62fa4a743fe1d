"""Claim: vectors of languages that training learns tell kin; what they take out of the states is measured beside it.

    python -m benchmarks.adapt_language_aware decoder      # or masked; three minutes of a processor each

Six languages of made-up words, each two of which share 60 % of theirs; in the null world none share any. Each model is
trained on 200 sentences of each language, with and without vectors, on the same batches. Each kind of model is added to
benchmarks/results/adapt_language_aware.json.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from tests.lab.adaptation.test_language_aware import found_kin
from tests.lab.adaptation.worlds import KIN, related, untrained

from benchmarks.common import RESULTS, machine, versions, write_result
from isogloss.lab import adapt, adaptation_card
from isogloss.lab.adaptation.losses import sentence_vectors
from isogloss.stats import crossed_bootstrap, percentile_interval

SEEDS = (10, 11, 12, 13, 14)
WORLDS = {"planted": 0.6, "null": 0.0}
STEPS = 200
TRAINED = {"tokens": STEPS * 16 * 16, "length": 16, "batch_size": 16, "learning_rate": 3e-3, "parts": 1,
           "measured": 20, "measure": False}  # fmt: skip
ARMS: dict[str, dict[str, Any]] = {
    "without": {"adaptation": "continued-pretraining"},
    "vectors": {"adaptation": "language-aware-pretraining"},
    "vectors, scale 10": {"adaptation": "language-aware-pretraining", "scale": 10.0},
}
TESTED = 60


def measured(kind: str, shared: float, seed: int) -> dict[str, dict[str, float]]:
    """Of one world: kin found, loss, and how the states of translations lie, for each way of training."""
    texts = related(200, seed, shared)
    parallel = related(TESTED, seed, shared, parallel=True)
    found = {}
    with tempfile.TemporaryDirectory() as temporary:
        every = [one for some in texts.values() for one in some]
        model = untrained(kind, Path(temporary) / "model", seed=seed, texts=every, tokens=1500)
        for name, given in ARMS.items():
            made = adapt(model, corpus=texts, seed=seed, into=Path(temporary) / name, **TRAINED, **given)
            last = adaptation_card(made)["facts"]["curve"][-1]
            told = {"loss": mean(last["loss"])} | states(made, parallel)
            if "loss_with_vectors" in last:
                told |= {"loss_with_vectors": mean(last["loss_with_vectors"]), "kin": found_kin(made) / len(KIN)}
            found[name] = told
    return found


def mean(losses: dict[str, float]) -> float:
    return float(np.mean([*losses.values()]))


def states(folder: Path, parallel: dict[str, list[str]]) -> dict[str, float]:
    """Share of the variance of sentence vectors that is between languages, and retrieval of translations."""
    rows = np.stack([sentence_vectors(folder, texts)[0] for texts in parallel.values()])
    middle = rows.mean((0, 1))
    between = ((rows.mean(1) - middle) ** 2).sum() * TESTED / ((rows - middle) ** 2).sum()
    hits = [
        (np.argmax(one @ other.T, 1) == np.arange(TESTED)).mean()
        for place, one in enumerate(rows)
        for number, other in enumerate(rows)
        if number != place
    ]
    return {"variance_between_languages": float(between), "retrieval": float(np.mean(hits))}


def told(rows: list[float]) -> list[float]:
    """Mean, and a 95 % interval over seeds."""
    bounds = percentile_interval(crossed_bootstrap(np.array(rows)[:, None]))
    return [round(float(one), 3) for one in (np.mean(rows), *bounds)]


def main() -> None:
    """Measure one kind of model, and keep the other."""
    kind = sys.argv[1]
    worlds: dict[str, Any] = {}
    for world, shared in WORLDS.items():
        runs = [measured(kind, shared, seed) for seed in SEEDS]
        worlds[world] = {
            name: {
                what: {"mean": told([run[name][what] for run in runs])}
                | ({"less without": told([run[name][what] - run["without"][what] for run in runs])}
                   if what in runs[0]["without"] and name != "without" else {})
                for what in runs[0][name]
            }
            for name in ARMS
        }  # fmt: skip
    path = RESULTS / "adapt_language_aware.json"
    there = json.loads(path.read_text())["models"] if path.exists() else {}
    result = {
        "claim": "Vectors of languages that training learns tell kin, and not where there are none.",
        "machine": machine(), "versions": versions("torch", "transformers"),
        "input": f"six languages of made-up words, sharing {WORLDS}; models of two layers, {TRAINED}; "
        f"{TESTED} translations; 95 % intervals over {len(SEEDS)} seeds; kin is a share, "
        "by chance 0.2, loss in bits per byte",
        "models": there | {kind: worlds},
    }  # fmt: skip
    write_result("adapt_language_aware", result)


if __name__ == "__main__":
    main()
