from .additions import compare_additions
from .drivers import DRIVERS, Drivers
from .explanation import Explanation, explain_forecast
from .regression import find_drivers

__all__ = ["DRIVERS", "Drivers", "Explanation", "compare_additions", "explain_forecast", "find_drivers"]
