from .errors import IsoglossError
from .evidence import Evidence, Store, TrainingMix, read_evidence, read_queries
from .languages import Language, resolve
from .questions import Answer
from .questions.functions import (
    additions,
    benchmark,
    compare,
    compare_languages,
    curve,
    describe_languages,
    explain,
    fair,
    forecast,
    goal,
    kinds,
    list_languages,
    nearest_languages,
    next_languages,
    plan,
    report,
    show_evidence,
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
    "compare_languages",
    "curve",
    "describe_languages",
    "explain",
    "fair",
    "forecast",
    "goal",
    "kinds",
    "list_languages",
    "nearest_languages",
    "next_languages",
    "plan",
    "read_evidence",
    "read_queries",
    "report",
    "resolve",
    "show_evidence",
    "sources",
    "trust",
]
