"""Claim: translations teach a student what the source cannot tell; aligned prototypes may not.

    python -m benchmarks.distil_tasks       # a minute of a processor

Worlds are those of tests/lab/taught.py. Settings were chosen on seeds 0 to 2 of the world of prototypes, and seeds 10
to 12 were looked at; results are of other seeds.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from tests.lab.checkpoints import make_checkpoint
from tests.lab.taught import parallel, tagging

from benchmarks.adapt_objectives import told
from benchmarks.common import machine, versions, write_result

SEEDS = range(20, 26)
ALIGNED = {"self_training": 0.0, "epochs": 10, "teacher": {"epochs": 20}}
PARTS: dict[str, tuple[Any, dict[str, tuple[str, dict[str, Any]]]]] = {
    "parallel": (parallel, {"fine-tune": ("fine-tune", {}), "distilled": ("parallel-distil", {})}),
    "prototypes": (tagging, {"fine-tune": ("fine-tune", {}), "aligned": ("prototype-distil", ALIGNED)}),
}


def measure(part: str) -> dict[str, Any]:
    """Shares that are right with their intervals, and what each arm gets more than the first."""
    world, arms = PARTS[part]
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as temporary:
        checkpoint = make_checkpoint(Path(temporary) / "model")
        for which, is_null in (("planted", False), ("null", True)):
            rows: dict[str, Any] = {}
            for arm, (name, settings) in arms.items():
                each = [world(checkpoint, name, seed, is_null=is_null, **settings) for seed in SEEDS]
                least = min(map(len, each))  # sentences without a cue differ in number by seed
                rows[arm] = np.stack([one[:least] for one in each])
                print(which, arm, rows[arm].mean(1), flush=True)
            first = next(iter(rows))
            less = {f"{arm} less {first}": one - rows[first] for arm, one in rows.items() if arm != first}
            found[which] = {name: told(one) for name, one in (rows | less).items()}
    return found


def main() -> None:
    """Measure both worlds."""
    result = {
        "claim": "Translations teach a student what the source cannot tell; aligned prototypes may not.",
        "machine": machine(), "versions": versions("torch", "transformers"),
        "input": f"tests/lab/taught.py; prototype-distil with {ALIGNED}; seeds {SEEDS[0]} to {SEEDS[-1]}, 95 % "
        "intervals over seeds and words or texts",
        **{part: measure(part) for part in PARTS},
    }  # fmt: skip
    write_result("distil_tasks", result)


if __name__ == "__main__":
    main()
