"""Who the languages are: codes, names, family, place, script, typology, and how far apart they are."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from isogloss.languages.language import Language, resolve, written_without_spaces
from isogloss.languages.pretraining import register_resources, resource_shares, resources

if TYPE_CHECKING:
    from isogloss.languages.catalogue import note, table
    from isogloss.languages.distance import (
        BUILT_IN_KINDS,
        Distances,
        distance_blocks,
        distance_kinds,
        distances,
        similarities,
    )
    from isogloss.languages.imputation import features
    from isogloss.languages.lexical import overlap
    from isogloss.languages.similarity import register_similarity
    from isogloss.languages.sources import FeatureSource, feature_sources
    from isogloss.languages.tables import card, compare, describe, nearest, source_table
    from isogloss.languages.typology import Features
    from isogloss.languages.varieties import add_varieties

__all__ = [
    "BUILT_IN_KINDS",
    "Distances",
    "FeatureSource",
    "Features",
    "Language",
    "add_varieties",
    "card",
    "compare",
    "describe",
    "distance_blocks",
    "distance_kinds",
    "distances",
    "feature_sources",
    "features",
    "nearest",
    "note",
    "overlap",
    "register_resources",
    "register_similarity",
    "resolve",
    "resource_shares",
    "resources",
    "similarities",
    "source_table",
    "table",
    "written_without_spaces",
]

_LAZY = {
    "Distances": "distance",
    "FeatureSource": "sources",
    "Features": "typology",
    "BUILT_IN_KINDS": "distance",
    "add_varieties": "varieties",
    "distance_blocks": "distance",
    "distance_kinds": "distance",
    "card": "tables",
    "compare": "tables",
    "describe": "tables",
    "distances": "distance",
    "features": "imputation",
    "nearest": "tables",
    "source_table": "tables",
    "note": "catalogue",
    "overlap": "lexical",
    "register_similarity": "similarity",
    "similarities": "distance",
    "feature_sources": "sources",
    "table": "catalogue",
}  # these need numpy or the catalogue, which resolving does not


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(f"isogloss.languages.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'isogloss.languages' has no attribute '{name}'")
