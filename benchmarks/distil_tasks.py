"""Claim: students learn from a teacher what the source cannot tell, where there is something to learn.

    python -m benchmarks.distil_tasks PART      # prototypes (three minutes of a processor) or parallel (ten seconds)

Worlds are those of tests/lab/taught.py. Settings were chosen on seeds 0 to 2 of the world of prototypes; results are of
other seeds.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from tests.lab.checkpoints import make_checkpoint
from tests.lab.taught import parallel, tagging

from benchmarks.adapt_objectives import told
from benchmarks.common import RESULTS, machine, versions, write_result

SEEDS = range(10, 16)
PLAIN = {"alignment": 0.0, "self_training": 0.0}
PARTS: dict[str, tuple[Any, dict[str, tuple[str, dict[str, Any]]]]] = {
    "prototypes": (tagging, {
        "plain": ("prototype-distil", PLAIN),
        "alignment": ("prototype-distil", {"self_training": 0.0}),
        "both": ("prototype-distil", {}),
        "self-training": ("prototype-distil", {**PLAIN, "self_training": 1.0}),
    }),
    "parallel": (parallel, {"fine-tune": ("fine-tune", {}), "distilled": ("parallel-distil", {})}),
}  # fmt: skip

PLANTED_ONLY = ("self-training", "both")
"""Arms that are not measured in the null world, to save time."""


def measure(part: str) -> dict[str, Any]:
    """Shares that are right with their intervals, and what each arm gets more than the first."""
    world, arms = PARTS[part]
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as temporary:
        checkpoint = make_checkpoint(Path(temporary) / "model")
        for which, is_null in (("planted", False), ("null", True)):
            rows: dict[str, Any] = {}
            for arm, (name, settings) in arms.items():
                if is_null and arm in PLANTED_ONLY:
                    continue
                each = [world(checkpoint, name, seed, is_null=is_null, **settings) for seed in SEEDS]
                least = min(map(len, each))  # sentences without a cue differ in number by seed
                rows[arm] = np.stack([one[:least] for one in each])
                print(which, arm, rows[arm].mean(1), flush=True)
            first = next(iter(rows))
            less = {f"{arm} less {first}": one - rows[first] for arm, one in rows.items() if arm != first}
            found[which] = {name: told(one) for name, one in (rows | less).items()}
    return found


def main() -> None:
    """Measure one part, and keep the others."""
    part = sys.argv[1]
    path = RESULTS / "distil_tasks.json"
    there = json.loads(path.read_text()) if path.exists() else {}
    measured = {**{name: there[name] for name in PARTS if name in there}, part: measure(part)}
    result = {
        "claim": "Students learn from a teacher what the source cannot tell, where there is something to learn.",
        "machine": machine(), "versions": versions("torch", "transformers"),
        "input": f"tests/lab/taught.py; seeds {SEEDS[0]} to {SEEDS[-1]}, 95 % intervals over seeds and words or texts",
        **measured,
    }  # fmt: skip
    write_result("distil_tasks", result)


if __name__ == "__main__":
    main()
