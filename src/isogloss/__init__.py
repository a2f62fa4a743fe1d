"""isogloss forecasts how well a multilingual model does in the languages nobody has tested.

Measured scores are read into evidence; a forecaster learns from it and answers queries about
languages and training mixes that nobody measured, each with an interval and its basis.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"
"""The version of isogloss."""

_PUBLIC = {
    "Evidence": "isogloss.evidence",
    "TrainingMix": "isogloss.evidence",
    "Store": "isogloss.evidence",
    "read_evidence": "isogloss.evidence",
    "read_queries": "isogloss.evidence",
    "Language": "isogloss.languages",
    "resolve": "isogloss.languages",
    "IsoglossError": "isogloss.errors",
}

__all__ = [*_PUBLIC, "__version__"]


def __getattr__(name: str) -> Any:
    # Imported on first use, so that `import isogloss` stays quick.
    if name in _PUBLIC:
        return getattr(importlib.import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'isogloss' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
