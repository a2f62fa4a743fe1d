"""Explain transfer: which factors drive it, and what one forecast rests on."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from isogloss.explanation.additions import compare_additions
    from isogloss.explanation.drivers import DRIVERS, Drivers, find_drivers
    from isogloss.explanation.forecast import Explanation, explain_forecast

__all__ = ["DRIVERS", "Drivers", "Explanation", "compare_additions", "explain_forecast", "find_drivers"]

_LAZY = {
    "DRIVERS": "drivers",
    "Drivers": "drivers",
    "Explanation": "forecast",
    "compare_additions": "additions",
    "explain_forecast": "forecast",
    "find_drivers": "drivers",
}


def __getattr__(name: str) -> Any:
    # The statistics need scipy, and explaining a forecast scikit-learn.
    if name in _LAZY:
        return getattr(importlib.import_module(f"isogloss.explanation.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'isogloss.explanation' has no attribute '{name}'")
