from .benchmark import Benchmark, run_benchmark
from .registry import describe_protocol, protocols
from .split import Split
from .trust import Trust, assess_trust

__all__ = ["Benchmark", "Split", "Trust", "assess_trust", "describe_protocol", "protocols", "run_benchmark"]
