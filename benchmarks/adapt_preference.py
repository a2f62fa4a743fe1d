"""Preferences learnt in 1, 3 or 6 of nine languages, measured in all: given pairs, and pairs drawn from the model.

    python -m benchmarks.adapt_preference  # six minutes of a processor; gone on with if stopped

Byte decoders of `tests/lab/adaptation/preference_world.py`, the same number of questions in all. Marks are shared by
three languages each, of which the first three training languages have one each; or by none, the null world. Wins are
against the model before, a tie as half a win; a mark that is not preferred loses against the preferred one, and what is
no mark loses against both. Half is no change.
"""

from __future__ import annotations

import json
import tempfile
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t
from tests.lab.adaptation.preference_world import (
    PAIRS,
    SEEN,
    UNSEEN,
    chances,
    make_base,
    prefer,
    prefer_sampled,
    win_rates,
    write_pairs,
)

from benchmarks.common import Array, machine, versions, write_result
from isogloss.files import cache_folder

SEEDS = range(3)
WORLDS = {"families": 3, "own": 9}
COUNTS = (1, 3, 6)
METHODS = {"given": prefer, "drawn": prefer_sampled}


Found = dict[tuple[str, int], dict[str, float]]


def world(name: str, seed: int) -> Found:
    """Of each method and number of languages: wins in languages that were learnt from and in others, and marks kept."""
    kept = cache_folder() / "benchmarks" / f"adapt_preference {name} {seed}.json"
    if not kept.is_file():
        with tempfile.TemporaryDirectory() as folder:
            found = _world(Path(folder), WORLDS[name], seed)
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps([[*key, values] for key, values in found.items()]))
    return {(method, count): values for method, count, values in json.loads(kept.read_text())}


def _world(folder: Path, kinds: int, seed: int) -> Found:
    base = make_base(folder / "base", kinds=kinds, seed=seed)
    task = write_pairs(folder, kinds=kinds)
    marked = {language: float(one.sum(1).mean()) for language, one in chances(base, kinds=kinds).items()}
    found = {}
    for method, learn in METHODS.items():
        for count in COUNTS:
            made = learn(base, task, count, folder / f"{method} {count}", seed=seed)
            wins = win_rates(made, base, kinds=kinds)
            kept = {language: float(one.sum(1).mean()) for language, one in chances(made, kinds=kinds).items()}
            found[method, count] = {
                "learnt": float(np.mean([wins[language] for language in SEEN[:count]])),
                "unseen": float(np.mean([wins[language] for language in UNSEEN])),
                "worst": min(wins.values()),
                "marks": float(np.mean([kept[language] - marked[language] for language in UNSEEN])),
            }
    return found


def interval(values: Array) -> dict[str, float]:
    """Mean over seeds with a 95 % interval of Student's t."""
    half = float(t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    mean = float(values.mean())
    return {"mean": round(mean, 4), "lower": round(mean - half, 4), "upper": round(mean + half, 4)}


def main() -> None:
    """Measure and write."""
    table: list[dict[str, Any]] = []
    with get_context("spawn").Pool(2) as pool:
        worlds = pool.starmap(world, product(WORLDS, SEEDS), chunksize=1)
    for place, name in enumerate(WORLDS):
        seeds = worlds[place * len(SEEDS) : (place + 1) * len(SEEDS)]
        for method, count in seeds[0]:
            values = [one[method, count] for one in seeds]
            measured = {key: interval(np.array([one[key] for one in values])) for key in ("learnt", "unseen", "marks")}
            worst = round(min(one["worst"] for one in values), 4)
            table.append({"world": name, "pairs": method, "languages": count, "worst": worst} | measured)
    write_result(
        "adapt_preference",
        {"claim": "preferences carry over to languages that share what is preferred, and to no others",
         "machine": machine(), "versions": versions("torch", "peft"), "questions": PAIRS, "seeds": len(SEEDS),
         "unseen": UNSEEN, "table": table},
    )  # fmt: skip


if __name__ == "__main__":
    main()
