"""URIEL's own features of place: how far a language is from each of 299 points on the globe."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from isogloss.languages.cache import Arrays
from isogloss.languages.sources.source import FeatureSource
from isogloss.languages.uriel import cached_from_wheel, wheel_folder


@lru_cache(maxsize=1)
def places() -> FeatureSource:
    """Distances to fixed points, 0 to 1."""
    arrays = cached_from_wheel("places", ("languages", "features", "values"), _read_wheel)
    return FeatureSource(
        "uriel-geographic",
        "URIEL: great-circle distances to fixed points",
        "CC BY-SA 4.0",
        {str(code): row for row, code in enumerate(arrays["languages"])},
        tuple(str(name) for name in arrays["features"]),
        arrays["values"],
        inherited=False,
    )


def _read_wheel() -> Arrays:
    path = wheel_folder() / "original_uriel" / "geocoord_features.npz"
    with np.load(path, allow_pickle=False) as archive:
        return {
            "languages": archive["langs"],
            "features": archive["feats"],
            "values": archive["data"][:, :, 0].astype(np.float32),
        }
