from .errors import IsoglossError
from .evidence import Evidence, Store, TrainingMix, read_evidence, read_queries
from .languages import Language, resolve

__version__: str

__all__ = [
    "Evidence",
    "IsoglossError",
    "Language",
    "Store",
    "TrainingMix",
    "__version__",
    "read_evidence",
    "read_queries",
    "resolve",
]
