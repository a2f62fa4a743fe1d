from .additions import compare_additions
from .drivers import DRIVERS, Drivers
from .explanation import Explanation, explain_forecast
from .language_facts import target_facts
from .model_drivers import MODEL_DRIVERS, ModelDrivers, find_model_drivers
from .regression import find_drivers

__all__ = [
    "DRIVERS",
    "MODEL_DRIVERS",
    "Drivers",
    "Explanation",
    "ModelDrivers",
    "compare_additions",
    "explain_forecast",
    "find_drivers",
    "find_model_drivers",
    "target_facts",
]
