"""Forecast what was not measured: forecasters, intervals, and the files that answers go to."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from isogloss.registry import Registry

if TYPE_CHECKING:
    from isogloss.forecast.forecaster import FORECAST, Additive, Default, Forecaster, Mean, Nearest
    from isogloss.forecast.output import write_forecasts
    from isogloss.forecast.queries import ask

__all__ = [
    "FORECAST",
    "Additive",
    "Default",
    "Forecaster",
    "Mean",
    "Nearest",
    "ask",
    "forecasters",
    "write_forecasts",
]

forecasters = Registry(
    "forecaster",
    {
        "default": "isogloss.forecast.forecaster:Default",
        "mean": "isogloss.forecast.forecaster:Mean",
        "additive": "isogloss.forecast.forecaster:Additive",
        "nearest": "isogloss.forecast.forecaster:Nearest",
    },
    "isogloss.forecasters",
)

_LAZY = dict.fromkeys(("FORECAST", "Additive", "Default", "Forecaster", "Mean", "Nearest"), "forecaster")
_LAZY |= {"ask": "queries", "write_forecasts": "output"}


def __getattr__(name: str) -> Any:
    # Loading scikit-learn takes longer than answering `--help`.
    if name in _LAZY:
        return getattr(importlib.import_module(f"isogloss.forecast.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'isogloss.forecast' has no attribute '{name}'")
