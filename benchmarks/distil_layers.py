"""Claim: a student of half the layers does the teacher's task in another language, once it has its states on texts.

    python -m benchmarks.distil_layers       # two minutes of a processor

The world is that of `students` in tests/lab/taught.py; in the null world words of the target have random vectors in the
teacher too. Seeds 0 and 1 were looked at before.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from tests.lab.taught import parallel, students

from benchmarks.adapt_objectives import told
from benchmarks.common import machine, versions, write_result

SEEDS = range(20, 28)
BASE = "fine-tune, the student after texts"
ARMS: dict[str, tuple[str, str, dict[str, Any]]] = {
    BASE: ("taught", "fine-tune", {}),
    "fine-tune, the teacher": ("teacher", "fine-tune", {}),
    "layer-distil": ("taught", "layer-distil", {}),
    "layer-distil, states = 0": ("taught", "layer-distil", {"states": 0.0}),
    "layer-distil, the student before texts": ("untaught", "layer-distil", {}),
}


def measure(*, aligned: bool) -> dict[str, Any]:
    """Shares that are right with their intervals, and what each arm gets more than the fine-tuned student."""
    rows: dict[str, list[Any]] = {arm: [] for arm in ARMS}
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as temporary:
            models = students(Path(temporary), seed, aligned=aligned)
            for arm, (model, name, more) in ARMS.items():
                taught = {"teacher": {"checkpoint": str(models["teacher"])}} if name == "layer-distil" else {}
                rows[arm].append(parallel(models[model], name, seed, **taught, **more))
    stacked = {arm: np.stack(some) for arm, some in rows.items()}
    less = {f"{arm} less {BASE}": one - stacked[BASE] for arm, one in stacked.items() if arm != BASE}
    return {name: told(one) for name, one in (stacked | less).items()}


def main() -> None:
    """Measure both worlds."""
    result = {
        "claim": "A student of half the layers does the teacher's task in another language, once it has its states.",
        "machine": machine(), "versions": versions("torch", "transformers"),
        "input": f"tests/lab/taught.py; seeds {SEEDS[0]} to {SEEDS[-1]}, 95 % intervals over seeds and texts; "
        "chance is 0.5",
        "planted": measure(aligned=True), "null": measure(aligned=False),
    }  # fmt: skip
    write_result("distil_layers", result)


if __name__ == "__main__":
    main()
