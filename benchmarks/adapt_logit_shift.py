"""A small model that learnt to answer in another language moves a larger one; one that learnt nothing moves nothing.

    python -m benchmarks.adapt_logit_shift

Byte decoders on a planted task: the answer to `say a:` is a letter, as a small letter (one language) or a capital
(the other), 30 % of them capitals. The small model is trained on to answer in capitals alone; the large one is not.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from tests.lab.adaptation.test_logit_shift import LETTERS, draw, shares
from tests.lab.checkpoints import make_decoder, make_taught

from benchmarks.common import machine, versions, write_result
from isogloss.lab import adapt

SEEDS = range(4)
ALPHAS = (-1.0, 0.5, 1.0, 2.0)


def world(folder: Path, seed: int) -> dict[str, tuple[float, float]]:
    """Share of answers in the other language, and of right letters, of each model."""
    for name, width in (("large", 64), ("small", 32)):
        make_decoder(folder / name, seed=10 * seed + width, width=width)
        make_taught(folder / name, draw(0.3), steps=100)
    shutil.copytree(folder / "small", folder / "tuned")
    make_taught(folder / "tuned", draw(1.0), steps=30)
    found = {name: shares(folder / name) for name in ("large", "small", "tuned")}
    shifts = {f"alpha {alpha:g}": ("tuned", alpha) for alpha in ALPHAS} | {"untuned": ("small", 1.0)}
    for label, (tuned, alpha) in shifts.items():
        made = adapt(
            folder / "large", "logit-shift", into=folder / label, alpha=alpha, tuned=str(folder / tuned),
            untuned=str(folder / "small"),
        )  # fmt: skip
        found[label] = shares(made)
    return found


def main() -> None:
    """Measure and write."""
    worlds = []
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            worlds.append(world(Path(folder), seed))
    table: list[dict[str, Any]] = []
    for name in worlds[0]:
        values = np.array([one[name] for one in worlds])
        table.append(
            {
                "model": name, "other_language": float(values[:, 0].mean()), "least": float(values[:, 0].min()),
                "most": float(values[:, 0].max()), "right": float(values[:, 1].mean()),
            }
        )  # fmt: skip
    write_result(
        "adapt_logit_shift",
        {"claim": "a small tuned model moves a larger one", "machine": machine(), "versions": versions("torch"),
         "questions": len(LETTERS), "worlds": len(worlds), "table": table},
    )  # fmt: skip


if __name__ == "__main__":
    main()
