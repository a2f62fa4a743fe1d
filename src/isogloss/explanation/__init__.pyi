from .additions import compare_additions
from .drivers import DRIVERS, Drivers, find_drivers
from .forecast import Explanation, explain_forecast

__all__ = [
    "DRIVERS",
    "Drivers",
    "Explanation",
    "compare_additions",
    "explain_forecast",
    "find_drivers",
]
