from .background.artefact import Background, read_background
from .background.build import build_background
from .background.evidence_tables import tables_of
from .background.probe import Probe
from .background.probe_file import probe_of, read_probe
from .background.show import language_factors, shipped_card, show_background, sources_of
from .background.tables import ScoreTable, read_tables
from .background.use import use_background
from .base_learners import BaseLearners
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
from .output import write_forecasts
from .persistence import savable
from .registry import forecasters
from .settings import ask
from .trust_word import Trust, trust_word

__all__ = [
    "FORECAST",
    "Additive",
    "Background",
    "BaseLearners",
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
    "Probe",
    "ScoreTable",
    "Trees",
    "Trust",
    "WeakestLink",
    "ask",
    "build_background",
    "fitted",
    "forecasters",
    "language_factors",
    "load",
    "probe_of",
    "read_background",
    "read_probe",
    "read_tables",
    "savable",
    "shipped_card",
    "show_background",
    "sources_of",
    "tables_of",
    "trust_word",
    "use_background",
    "write_forecasts",
]
