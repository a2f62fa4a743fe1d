"""Every picture, once: for notebooks, files and whatever shows them to others."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from isogloss.charts.benchmark import conditions_plot, errors_plot, kinds_plot
    from isogloss.charts.benchmark_page import write_report
    from isogloss.charts.curve import curve_plot
    from isogloss.charts.explain_drivers import drivers_plot
    from isogloss.charts.explain_forecast import contributions_plot
    from isogloss.charts.files import save
    from isogloss.charts.intervals import forecast_plot
    from isogloss.charts.language_map import map_of_languages
    from isogloss.charts.next_tests import next_plot
    from isogloss.charts.picture import forecast_picture
    from isogloss.charts.sources import sources_plot
    from isogloss.charts.transfer import transfer_heatmap
    from isogloss.charts.trust import trust_picture
    from isogloss.charts.world import forecast_map

__all__ = [
    "conditions_plot",
    "contributions_plot",
    "curve_plot",
    "drivers_plot",
    "errors_plot",
    "forecast_map",
    "forecast_picture",
    "forecast_plot",
    "kinds_plot",
    "map_of_languages",
    "next_plot",
    "save",
    "sources_plot",
    "transfer_heatmap",
    "trust_picture",
    "write_report",
]

_LAZY = {
    "conditions_plot": "benchmark",
    "contributions_plot": "explain_forecast",
    "curve_plot": "curve",
    "drivers_plot": "explain_drivers",
    "errors_plot": "benchmark",
    "kinds_plot": "benchmark",
    "next_plot": "next_tests",
    "sources_plot": "sources",
    "transfer_heatmap": "transfer",
    "trust_picture": "trust",
    "write_report": "benchmark_page",
    "forecast_map": "world",
    "forecast_picture": "picture",
    "forecast_plot": "intervals",
    "map_of_languages": "language_map",
    "save": "files",
}


def __getattr__(name: str) -> Any:
    # Nobody should wait for a drawing library who draws nothing.
    if name in _LAZY:
        return getattr(importlib.import_module(f"isogloss.charts.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'isogloss.charts' has no attribute '{name}'")
