from .metric import Computation, Gold, Measurement, Metric
from .registry import find_metric, metrics
from .texts import TextComputation

__all__ = ["Computation", "Gold", "Measurement", "Metric", "TextComputation", "find_metric", "metrics"]
