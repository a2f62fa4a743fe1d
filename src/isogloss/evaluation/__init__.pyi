from .benchmark import Benchmark, run_benchmark
from .split import Split, describe_protocol, protocols
from .trust import Trust, assess_trust

__all__ = ["Benchmark", "Split", "Trust", "assess_trust", "describe_protocol", "protocols", "run_benchmark"]
