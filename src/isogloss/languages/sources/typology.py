"""URIEL's typology: syntax, phonology and phoneme inventories (WALS, SSWL, Ethnologue, PHOIBLE)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from isogloss.languages.sources.source import FeatureSource
from isogloss.languages.uriel import uriel

LICENCE = "CC BY-SA 4.0"


@lru_cache(maxsize=1)
def syntactic() -> FeatureSource:
    """Features of syntax."""
    return _part("syntactic", "S_", "WALS, SSWL, Ethnologue")


@lru_cache(maxsize=1)
def phonological() -> FeatureSource:
    """Features of sound systems."""
    return _part("phonological", "P_", "WALS, PHOIBLE, Ethnologue")


@lru_cache(maxsize=1)
def inventory() -> FeatureSource:
    """Phonemes, one feature each."""
    return _part("inventory", "INV_", "PHOIBLE")


def _part(name: str, prefix: str, title: str) -> FeatureSource:
    data = uriel()
    chosen = np.flatnonzero([feature.startswith(prefix) for feature in data.features])
    names = tuple(data.features[column] for column in chosen)
    return FeatureSource(name, title, LICENCE, data.rows, names, data.values[:, chosen])
