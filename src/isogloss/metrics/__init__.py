"""Metrics: what they are called, their range and direction, and how isogloss computes those that it measures."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from isogloss.metrics.computation import Computation, Gold, Measurement
    from isogloss.metrics.metric import Metric
    from isogloss.metrics.registry import find_metric, metrics
    from isogloss.metrics.texts import TextComputation

__all__ = ["Computation", "Gold", "Measurement", "Metric", "TextComputation", "find_metric", "metrics"]

_LAZY = {
    "Computation": "computation",
    "Gold": "computation",
    "Measurement": "computation",
    "Metric": "metric",
    "TextComputation": "texts",
    "find_metric": "registry",
    "metrics": "registry",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(f"isogloss.metrics.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'isogloss.metrics' has no attribute '{name}'")
