"""Learning curves: what a score becomes with more examples of the target, and how many a goal needs."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from isogloss.forecasting.curves.amue import PerformanceFunction
    from isogloss.forecasting.curves.curve import CURVE, Curve, Needed
    from isogloss.forecasting.curves.fit import fit_curve
    from isogloss.forecasting.curves.gp import CurveGP
    from isogloss.forecasting.curves.points import Points

__all__ = ["CURVE", "Curve", "CurveGP", "Needed", "PerformanceFunction", "Points", "fit_curve"]

_LAZY = {
    "CURVE": "curve",
    "Curve": "curve",
    "CurveGP": "gp",
    "Needed": "curve",
    "PerformanceFunction": "amue",
    "Points": "points",
    "fit_curve": "fit",
}


def __getattr__(name: str) -> Any:
    # SciPy is slow to load, and most commands draw no curve.
    if name in _LAZY:
        return getattr(importlib.import_module(f"isogloss.forecasting.curves.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'isogloss.forecasting.curves' has no attribute '{name}'")
