from .errors import IsoglossError
from .evidence import Evidence, Store, TrainingMix, read_evidence, read_queries
from .languages import Language, resolve
from .questions import Answer
from .questions.functions import (
    additions,
    benchmark,
    compare,
    curve,
    explain,
    fair,
    forecast,
    goal,
    kinds,
    next_languages,
    plan,
    sources,
    trust,
)

__version__: str

__all__ = [
    "Answer",
    "Evidence",
    "IsoglossError",
    "Language",
    "Store",
    "TrainingMix",
    "__version__",
    "additions",
    "benchmark",
    "compare",
    "curve",
    "explain",
    "fair",
    "forecast",
    "goal",
    "kinds",
    "next_languages",
    "plan",
    "read_evidence",
    "read_queries",
    "resolve",
    "sources",
    "trust",
]
