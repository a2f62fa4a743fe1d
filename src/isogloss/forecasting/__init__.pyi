from .default import Default
from .forecaster import FORECAST, Forecaster
from .kernel import Kernel
from .output import write_forecasts
from .peers.additive import Additive
from .peers.langrank import LangRank
from .peers.language_mean import LanguageMean
from .peers.litmus import Litmus
from .peers.mean import Mean
from .peers.mixed import Mixed
from .peers.nearest import Nearest
from .peers.trees import Trees
from .peers.weakest_link import WeakestLink
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
