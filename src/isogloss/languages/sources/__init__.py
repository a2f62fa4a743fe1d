"""Sources of features, by name; each knows some languages and says nothing of the others.

Add one with `@feature_sources.register("name")` above a function without parameters that returns a
`FeatureSource`, or announce it in the entry-point group `isogloss.feature_sources`. `features` and
`distances` then take its name as a kind.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from isogloss.languages.sources.source import FeatureSource
from isogloss.registry import Registry

__all__ = ["FeatureSource", "feature_sources", "known_features", "source"]

_HERE = "isogloss.languages.sources"
feature_sources: Registry[Callable[[], FeatureSource]] = Registry(
    "feature source",
    {
        "syntactic": f"{_HERE}.typology:syntactic",
        "phonological": f"{_HERE}.typology:phonological",
        "inventory": f"{_HERE}.typology:inventory",
        "morphological": f"{_HERE}.grambank:morphological",
        "grambank": f"{_HERE}.grambank:grambank",
        "uriel-script": f"{_HERE}.writing_systems:writing_systems",
        "uriel-genetic": f"{_HERE}.descent:descent",
        "uriel-geographic": f"{_HERE}.places:places",
    },
    "isogloss.feature_sources",
)
"""Sources of features by name; other packages announce theirs in the entry-point group
`isogloss.feature_sources`."""

TYPOLOGY = ("syntactic", "phonological", "inventory", "grambank")
"""Sources whose features users may give for varieties of their own."""


def source(name: str) -> FeatureSource:
    """The source called `name`, read when first asked for.

    Raises
    ------
    UnknownName
    """
    found: FeatureSource = feature_sources.get(name)()
    return found


@lru_cache(maxsize=1)
def known_features() -> frozenset[str]:
    """Names of all typological features."""
    return frozenset(feature for name in TYPOLOGY for feature in source(name).names)
