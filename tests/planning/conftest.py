"""Evidence in which examples of every language were varied, by a law that is written down here."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from isogloss import read_evidence

LANGUAGES = "deu fra spa ita nld pol rus hin tur fin hun tam".split()
TOP = dict(zip(LANGUAGES, np.linspace(0.1, 0.4, len(LANGUAGES)), strict=True))
USUAL = {"task": "topics", "model": "toy", "metric": "accuracy"}


def truth(target: str, mix: dict[str, int]) -> float:
    """Level by language; own examples help by a law that saturates, those of others a little."""
    own, others = mix.get(target, 0), sum(mix.values()) - mix.get(target, 0)
    return 0.35 + TOP[target] * (1 - np.exp(-own / 400)) + 0.02 * np.log1p(others / 1000)


@pytest.fixture(scope="session")
def varied():
    """Sixty random mixes of English and a few of the languages, each tested on all."""
    chance = np.random.default_rng(0)
    rows = []
    for _ in range(60):
        chosen = chance.choice(LANGUAGES, 4, replace=False)
        mix = {"eng": int(chance.choice([500, 1000, 2000]))}
        mix |= {str(name): int(chance.choice([50, 100, 200, 500, 1000])) for name in chosen}
        text = ",".join(f"{name}:{size}" for name, size in mix.items())
        rows += [USUAL | {"target": name, "train": text, "score": float(truth(name, mix))} for name in LANGUAGES]
    return read_evidence(pl.DataFrame(rows))
