from .answer import write_forecasts
from .background.artefact import Background, read_background
from .background.build import build_background, show_background
from .baselines.boosted import LangRank, Litmus, Trees
from .baselines.mixed import Mixed
from .baselines.simple import Additive, LanguageMean, Mean, Nearest, WeakestLink
from .default import Default
from .extent import Extent
from .fitting import fitted
from .flags import Flag
from .forecaster import FORECAST, Forecaster, load
from .hierarchical import Hierarchical
from .kernel import Kernel
from .persistence import savable
from .registry import forecasters
from .settings import ask
from .trust_word import Trust, trust_word

__all__ = [
    "FORECAST",
    "Additive",
    "Background",
    "Default",
    "Extent",
    "Flag",
    "Forecaster",
    "Hierarchical",
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
    "build_background",
    "fitted",
    "forecasters",
    "load",
    "read_background",
    "savable",
    "show_background",
    "trust_word",
    "write_forecasts",
]
