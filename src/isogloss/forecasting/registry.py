"""The forecasters by name: where one of them, or of a plugin, is looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isogloss.registry import Registry

if TYPE_CHECKING:
    from isogloss.forecasting.forecaster import Forecaster

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
