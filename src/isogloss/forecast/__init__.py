"""Forecast what was not measured: forecasters, intervals, and the files that answers go to."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from isogloss.registry import Registry

if TYPE_CHECKING:
    from isogloss.forecast.default import Default
    from isogloss.forecast.forecaster import FORECAST, Forecaster
    from isogloss.forecast.output import write_forecasts
    from isogloss.forecast.peers.additive import Additive
    from isogloss.forecast.peers.kernel import Kernel
    from isogloss.forecast.peers.langrank import LangRank
    from isogloss.forecast.peers.language_mean import LanguageMean
    from isogloss.forecast.peers.litmus import Litmus
    from isogloss.forecast.peers.mean import Mean
    from isogloss.forecast.peers.mixed import Mixed
    from isogloss.forecast.peers.nearest import Nearest
    from isogloss.forecast.peers.trees import Trees
    from isogloss.forecast.peers.weakest_link import WeakestLink
    from isogloss.forecast.persistence import load, savable
    from isogloss.forecast.queries import ask

__all__ = [
    "FORECAST",
    "Additive",
    "Default",
    "Forecaster",
    "Kernel",
    "LangRank",
    "LanguageMean",
    "Litmus",
    "Mean",
    "Mixed",
    "Nearest",
    "Trees",
    "WeakestLink",
    "ask",
    "forecasters",
    "load",
    "savable",
    "write_forecasts",
]

forecasters = Registry(
    "forecaster",
    {
        "default": "isogloss.forecast.default:Default",
        "mean": "isogloss.forecast.peers.mean:Mean",
        "additive": "isogloss.forecast.peers.additive:Additive",
        "nearest": "isogloss.forecast.peers.nearest:Nearest",
        "language-mean": "isogloss.forecast.peers.language_mean:LanguageMean",
        "litmus": "isogloss.forecast.peers.litmus:Litmus",
        "langrank": "isogloss.forecast.peers.langrank:LangRank",
        "trees": "isogloss.forecast.peers.trees:Trees",
        "mixed": "isogloss.forecast.peers.mixed:Mixed",
        "kernel": "isogloss.forecast.peers.kernel:Kernel",
        "weakest-link": "isogloss.forecast.peers.weakest_link:WeakestLink",
    },
    "isogloss.forecasters",
)
"""Forecasters by name; other packages announce theirs in the entry-point group `isogloss.forecasters`."""

_LAZY = {
    "FORECAST": "forecaster",
    "Forecaster": "forecaster",
    "Default": "default",
    "Additive": "peers.additive",
    "Mean": "peers.mean",
    "Kernel": "peers.kernel",
    "LangRank": "peers.langrank",
    "LanguageMean": "peers.language_mean",
    "Litmus": "peers.litmus",
    "Mixed": "peers.mixed",
    "Nearest": "peers.nearest",
    "Trees": "peers.trees",
    "WeakestLink": "peers.weakest_link",
    "ask": "queries",
    "load": "persistence",
    "savable": "persistence",
    "write_forecasts": "output",
}


def __getattr__(name: str) -> Any:
    # Loading scikit-learn takes longer than answering `--help`.
    if name in _LAZY:
        return getattr(importlib.import_module(f"isogloss.forecast.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'isogloss.forecast' has no attribute '{name}'")
