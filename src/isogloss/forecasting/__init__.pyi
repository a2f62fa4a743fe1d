from .answer import write_forecasts
from .baselines.boosted import LangRank, Litmus, Trees
from .baselines.mixed import Mixed
from .baselines.simple import Additive, LanguageMean, Mean, Nearest, WeakestLink
from .default import Default
from .fitting import fitted
from .forecaster import FORECAST, Forecaster, load
from .kernel import Kernel
from .persistence import savable
from .registry import forecasters
from .settings import ask

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
    "fitted",
    "forecasters",
    "load",
    "savable",
    "write_forecasts",
]
