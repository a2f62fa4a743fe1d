"""Grambank: grammar, described afresh for some 2,500 languages; its features `M_` are those of morphology."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from isogloss.languages.cache import Arrays
from isogloss.languages.sources.source import FeatureSource
from isogloss.languages.uriel import cached_from_wheel, read_csv, wheel_folder

LICENCE = "CC BY-SA 4.0 (urielplus), CC BY 4.0 (Grambank)"


@lru_cache(maxsize=1)
def grambank() -> FeatureSource:
    """All of its features, by glottocode; those of one grammatical meaning carry URIEL's name of it."""
    arrays = cached_from_wheel("grambank", ("languages", "features", "values"), _read_wheel)
    return FeatureSource(
        "grambank",
        "Grambank",
        LICENCE,
        {str(code): row for row, code in enumerate(arrays["languages"])},
        tuple(str(name) for name in arrays["features"]),
        arrays["values"],
        keyed_by="glottocode",
    )


@lru_cache(maxsize=1)
def morphological() -> FeatureSource:
    """Its features of morphology."""
    whole = grambank()
    chosen = np.flatnonzero([name.startswith("M_") for name in whole.names])
    names = tuple(whole.names[column] for column in chosen)
    title = "Grambank"
    return FeatureSource("morphological", title, LICENCE, whole.rows, names, whole.values[:, chosen], "glottocode")


def _read_wheel() -> Arrays:
    rows = list(read_csv(wheel_folder() / "urielplus_csvs" / "grambank_data.csv"))
    names = [name for name in rows[0] if name != "language_id"]
    return {
        "languages": np.array([row["language_id"] for row in rows]),
        "features": np.array(names),
        "values": np.array([[int(float(row[name])) for name in names] for row in rows], dtype=np.int8),
    }
