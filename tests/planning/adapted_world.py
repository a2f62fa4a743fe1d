"""A world in which examples help by a known law, and adaptations by a known change of each language."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from tests.planning.conftest import LANGUAGES, TOP, USUAL, truth

from isogloss import read_evidence
from isogloss.evidence import Evidence

MEASURED = LANGUAGES[:-2]
"""Languages measured after adaptations; Hungarian and Tamil were not."""
BASE = "eng:1000"
Effects = Mapping[str, tuple[float, float]]


def change(effect: tuple[float, float], target: str) -> float:
    """A mean, and a slope along the languages."""
    mean, slope = effect
    place = LANGUAGES.index(target) / (len(LANGUAGES) - 1) - 0.5
    return mean + slope * place


def adapted_world(seed: int, effects: Effects, *, noise: float = 0.005, mixes: int = 60) -> Evidence:
    """Random mixes of the model as it is, and scores before and after each adaptation under one mix.

    Parameters
    ----------
    effects : mapping of str to (float, float)
        Mean and slope of the change, by the label of the adaptation.
    mixes : int
        0: the model was measured under one mix alone.
    """
    chance = np.random.default_rng(seed)
    rows = []
    for _ in range(mixes):
        chosen = chance.choice(LANGUAGES, 4, replace=False)
        mix = {"eng": int(chance.choice([500, 1000, 2000]))}
        mix |= {str(name): int(chance.choice([50, 100, 200, 500, 1000])) for name in chosen}
        train = ",".join(f"{name}:{size}" for name, size in mix.items())
        rows += [
            {"recipe": "as it is", "target": name, "train": train, "score": truth(name, mix)} for name in LANGUAGES
        ]
    for label, effect in {"as it is": (0.0, 0.0), **effects}.items():
        for name in LANGUAGES if label == "as it is" else MEASURED:
            score = truth(name, {"eng": 1000}) + change(effect, name) + chance.normal(0, noise)
            rows.append({"recipe": label, "target": name, "train": BASE, "score": score})
    return read_evidence(pl.DataFrame([USUAL | row for row in rows]))


def best(targets: list[str], budget: float, effect: tuple[float, float] = (0.0, 0.0)) -> float:
    """Mean of the targets under the best examples that a budget buys one by one at the price of 1, by the law."""
    mix: dict[str, int] = {"eng": 1000}
    gained = dict.fromkeys(targets, 0)
    for _ in range(int(budget)):
        steepest = max(targets, key=lambda name: TOP[name] * np.exp(-gained[name] / 400))
        gained[steepest] += 1
    return float(np.mean([truth(name, mix | gained) + change(effect, name) for name in targets]))
