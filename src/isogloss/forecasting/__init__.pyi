from .answer import write_forecasts
from .baselines.langrank import LangRank
from .baselines.litmus import Litmus
from .baselines.mixed import Mixed
from .baselines.simple import Additive, LanguageMean, Mean, Nearest
from .baselines.trees import Trees
from .baselines.weakest_link import WeakestLink
from .default import Default
from .forecaster import FORECAST, Forecaster
from .kernel import Kernel
from .persistence import load, savable
from .queries import ask
from .registry import forecasters

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
    "forecasters",
    "load",
    "savable",
    "write_forecasts",
]
