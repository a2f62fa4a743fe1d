"""Planted languages: the same meanings, each turned and drowned in noise of its own."""

from __future__ import annotations

import numpy as np


def planted(noise, sentences=60, width=12, seed=0, dtype=np.float32, shift=0.0):
    """Language -> vectors: shared meanings plus `noise` of that many standard deviations, and a shift of all."""
    random = np.random.default_rng(seed)
    meanings = random.normal(size=(sentences, width))
    return {
        language: (meanings + size * random.normal(size=meanings.shape) + shift).astype(dtype)
        for language, size in noise.items()
    }


LANGUAGES = planted({"eng": 0.1, "deu": 0.3, "wol": 1.5})
