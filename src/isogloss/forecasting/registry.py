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
        "base-learners": "isogloss.forecasting.base_learners:BaseLearners",
        "hierarchical": "isogloss.forecasting.hierarchical:Hierarchical",
        "mean": "isogloss.forecasting.baselines.simple:Mean",
        "additive": "isogloss.forecasting.baselines.simple:Additive",
        "nearest": "isogloss.forecasting.baselines.simple:Nearest",
        "language-mean": "isogloss.forecasting.baselines.simple:LanguageMean",
        "litmus": "isogloss.forecasting.baselines.boosted:Litmus",
        "langrank": "isogloss.forecasting.baselines.boosted:LangRank",
        "trees": "isogloss.forecasting.baselines.boosted:Trees",
        "mixed": "isogloss.forecasting.baselines.mixed:Mixed",
        "kernel": "isogloss.forecasting.kernel:Kernel",
        "weakest-link": "isogloss.forecasting.baselines.simple:WeakestLink",
    },
    "isogloss.forecasters",
    base="isogloss.forecasting.forecaster:Forecaster",
)
"""Forecasters by name; other packages announce theirs in the entry-point group `isogloss.forecasters`."""
