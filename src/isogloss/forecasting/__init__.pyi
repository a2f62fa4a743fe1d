from .answer import write_forecasts
from .baselines.boosted import LangRank, Litmus, Trees
from .baselines.mixed import Mixed
from .baselines.simple import Additive, LanguageMean, Mean, Nearest, WeakestLink
from .default import Default
from .extent import Extent
from .fitting import fitted
from .flags import Flag
from .forecaster import FORECAST, Forecaster, load
from .kernel import Kernel
from .persistence import savable
from .registry import forecasters
from .settings import ask
from .trust_word import Trust, trust_word

__all__ = [
    "FORECAST",
    "Additive",
    "Default",
    "Extent",
    "Flag",
    "Forecaster",
    "Kernel",
    "LangRank",
    "LanguageMean",
    "Litmus",
    "Mean",
    "Mixed",
    "Nearest",
    "Trees",
    "Trust",
    "WeakestLink",
    "ask",
    "fitted",
    "forecasters",
    "load",
    "savable",
    "trust_word",
    "write_forecasts",
]
