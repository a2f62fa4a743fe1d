"""Curves whose truth is known: a power law to a ceiling of its own for each language."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

LANGUAGES = "deu fra spa ita nld pol rus hin tur fin hun tam".split()
SIZES = (0, 10, 50, 100, 500, 1000, 2000, 5000)


def planted_scores(seed: int, languages: Sequence[str], sizes: Sequence[int], noise: float) -> np.ndarray:
    """Scores of shape (languages, sizes)."""
    chance = np.random.default_rng(seed)
    start = chance.uniform(0.3, 0.5, (len(languages), 1))
    gain = chance.uniform(0.2, 0.35, (len(languages), 1))
    n = np.array(sizes, dtype=float)
    truth = start + gain * (1 - ((n + 100) / 100) ** -0.5)
    return truth + noise * chance.standard_normal(truth.shape)


def mixture(language: str, size: int) -> str:
    return f"eng:1000,{language}:{size}" if size else "eng:1000"
