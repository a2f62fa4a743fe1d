"""Who the languages are: codes, names, family, place, script, typology, and how far apart they are."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from isogloss.languages.language import Language
from isogloss.languages.parse import resolve, written_without_spaces
from isogloss.languages.pretraining import resources

if TYPE_CHECKING:
    from isogloss.languages.distance import KINDS, Distances, distances
    from isogloss.languages.tables import card, compare, describe
    from isogloss.languages.typology import Features, features

__all__ = [
    "KINDS",
    "Distances",
    "Features",
    "Language",
    "card",
    "compare",
    "describe",
    "distances",
    "features",
    "resolve",
    "resources",
    "written_without_spaces",
]

_LAZY = {
    "KINDS": "distance",
    "Distances": "distance",
    "distances": "distance",
    "card": "tables",
    "compare": "tables",
    "describe": "tables",
    "Features": "typology",
    "features": "typology",
}  # these need numpy, which resolving does not


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(f"isogloss.languages.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'isogloss.languages' has no attribute '{name}'")
