from .metric import Computation, Gold, Measurement, Metric
from .registry import find_metric, metrics
from .sums import SumComputation
from .texts import TextComputation

__all__ = [
    "Computation",
    "Gold",
    "Measurement",
    "Metric",
    "SumComputation",
    "TextComputation",
    "find_metric",
    "metrics",
]
