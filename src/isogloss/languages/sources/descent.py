"""URIEL's own features of descent: one for each family and subgroup, after an older Glottolog."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from isogloss.languages.cache import Arrays
from isogloss.languages.sources.source import FeatureSource
from isogloss.languages.uriel import cached_from_wheel, wheel_folder


@lru_cache(maxsize=1)
def descent() -> FeatureSource:
    """1 for each group that a language belongs to."""
    arrays = cached_from_wheel("descent", ("languages", "features", "bits", "unknown"), _read_wheel)
    names = tuple(str(name) for name in arrays["features"])
    values = np.unpackbits(arrays["bits"], axis=1, count=len(names)).astype(np.int8)
    values[arrays["unknown"].astype(bool)] = -1
    rows = {str(code): row for row, code in enumerate(arrays["languages"])}
    title = "URIEL: Glottolog, its older tree"
    return FeatureSource("uriel-genetic", title, "CC BY-SA 4.0", rows, names, values, inherited=False)


def _read_wheel() -> Arrays:
    """A bit per feature: the file takes 118 MB of memory unpacked, most of it zeros."""
    path = wheel_folder() / "original_uriel" / "family_features.npz"
    with np.load(path, allow_pickle=False) as archive:
        values = archive["data"][:, :, 0]
        unknown = (values < 0).any(axis=1)  # a language's groups are known all or none
        return {
            "languages": archive["langs"],
            "features": archive["feats"],
            "bits": np.packbits(values > 0, axis=1),
            "unknown": unknown.astype(np.uint8),
        }
