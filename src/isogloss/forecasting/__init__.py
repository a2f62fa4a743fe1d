"""Forecast what was not measured: forecasters, intervals, and the files that answers go to."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from isogloss.registry import Registry

if TYPE_CHECKING:
    from isogloss.forecasting.default import Default
    from isogloss.forecasting.forecaster import FORECAST, Forecaster
    from isogloss.forecasting.kernel import Kernel
    from isogloss.forecasting.output import write_forecasts
    from isogloss.forecasting.peers.additive import Additive
    from isogloss.forecasting.peers.langrank import LangRank
    from isogloss.forecasting.peers.language_mean import LanguageMean
    from isogloss.forecasting.peers.litmus import Litmus
    from isogloss.forecasting.peers.mean import Mean
    from isogloss.forecasting.peers.mixed import Mixed
    from isogloss.forecasting.peers.nearest import Nearest
    from isogloss.forecasting.peers.trees import Trees
    from isogloss.forecasting.peers.weakest_link import WeakestLink
    from isogloss.forecasting.persistence import load, savable
    from isogloss.forecasting.queries import ask

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

forecasters: Registry[type[Forecaster]] = Registry(
    "forecaster",
    {
        "default": "isogloss.forecasting.default:Default",
        "mean": "isogloss.forecasting.peers.mean:Mean",
        "additive": "isogloss.forecasting.peers.additive:Additive",
        "nearest": "isogloss.forecasting.peers.nearest:Nearest",
        "language-mean": "isogloss.forecasting.peers.language_mean:LanguageMean",
        "litmus": "isogloss.forecasting.peers.litmus:Litmus",
        "langrank": "isogloss.forecasting.peers.langrank:LangRank",
        "trees": "isogloss.forecasting.peers.trees:Trees",
        "mixed": "isogloss.forecasting.peers.mixed:Mixed",
        "kernel": "isogloss.forecasting.kernel:Kernel",
        "weakest-link": "isogloss.forecasting.peers.weakest_link:WeakestLink",
    },
    "isogloss.forecasters",
    base="isogloss.forecasting.forecaster:Forecaster",
)
"""Forecasters by name; other packages announce theirs in the entry-point group `isogloss.forecasters`."""

_LAZY = {
    "FORECAST": "forecaster",
    "Forecaster": "forecaster",
    "Default": "default",
    "Additive": "peers.additive",
    "Mean": "peers.mean",
    "Kernel": "kernel",
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
        return getattr(importlib.import_module(f"isogloss.forecasting.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'isogloss.forecasting' has no attribute '{name}'")
