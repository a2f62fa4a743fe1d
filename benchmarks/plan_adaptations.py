"""Plans buy the adaptation that pays beside examples, in planted worlds, and none where adaptations change nothing.

    python -m benchmarks.plan_adaptations

Every world has 12 languages with 60 training mixes of a model as it is, and scores after four adaptations in 10 of the
languages, with noise of half a point; the law of examples and the change by each adaptation are known. Four languages
count, two of them without a score after any adaptation.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from tests.planning.adapted_world import Effects, adapted_world, best

import isogloss
from benchmarks.common import machine, versions, write_result

SEEDS = range(5)
BUDGET = 1000
TARGETS = "deu hin tam hun".split()
HELPS = "vocabulary-transplant"
PLANTED: Effects = {
    HELPS: (0.08, 0.04),
    "quantise-int4": (-0.04, -0.02),
    "layer-drop": (-0.01, 0.04),
    "merge": (0.0, 0.0),
}
NULL: Effects = dict.fromkeys(("vocabulary-transplant", "quantise-int4", "layer-drop", "merge"), (0.0, 0.0))
PRICES = (100, 300, 500, 700, 900)


def plan(evidence: Any, effects: Effects, price: int, *, labelled: bool, targets: list[str] | None = None) -> Any:
    """The plan with the adaptation that helps at a price and the others for nothing."""
    text = "[labelled]\ndefault = 1\n" if labelled else ""
    text += "".join(
        f"[offers.{label}]\nadaptation = '{label}'\ncost = {price if label == HELPS else 0}\n" for label in effects
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "costs.toml"
        path.write_text(text)
        options = {"train": "eng:1000", "rounds": 2} if labelled else {}
        return isogloss.plan(evidence, targets or TARGETS, BUDGET, costs=path, **options).result


def planted() -> list[dict[str, Any]]:
    """Whether it is bought at each price, whether that pays, and how much a wrong choice loses, by the law."""
    rows = []
    without = best(TARGETS, BUDGET)
    for price in PRICES:
        with_it = best(TARGETS, BUDGET - price, PLANTED[HELPS])
        for seed in SEEDS:
            found = plan(adapted_world(seed, PLANTED), PLANTED, price, labelled=True)
            row = {"price": price, "seed": seed, "bought": found.adaptation, "pays": with_it > without}
            is_right = (found.adaptation == HELPS) == row["pays"]
            rows.append(row | {"right": is_right, "lost": 0.0 if is_right else abs(with_it - without)})
    return rows


def null() -> dict[str, Any]:
    """How often an adaptation is bought where none changes anything, for four languages and for one."""
    worlds = [adapted_world(seed, NULL, mixes=0) for seed in range(100, 100 + 4 * len(SEEDS))]
    counts = {}
    for name, targets in {
        "four languages": TARGETS,
        "one measured language": ["hin"],
        "one not measured": ["tam"],
    }.items():
        found = [plan(world, NULL, 0, labelled=False, targets=targets) for world in worlds]
        counts[name] = sum(one.adaptation is not None for one in found)
    return {"worlds": len(worlds), "bought": counts}


def main() -> None:
    """Measure and write."""
    rows = planted()
    table = [
        {
            "price": price, "pays": bool(of_price[0]["pays"]),
            "bought": sum(row["bought"] == HELPS for row in of_price),
            "another_bought": sum(row["bought"] not in (None, HELPS) for row in of_price), "worlds": len(of_price),
            "mean_loss": float(np.mean([row["lost"] for row in of_price])),
        }
        for price in PRICES if (of_price := [row for row in rows if row["price"] == price])
    ]  # fmt: skip
    write_result(
        "plan_adaptations",
        {
            "claim": "plans buy the adaptation that pays, and none where adaptations change nothing",
            "machine": machine(), "versions": versions(), "budget": BUDGET, "planted": table, "null": null(),
        },
    )  # fmt: skip


if __name__ == "__main__":
    main()
