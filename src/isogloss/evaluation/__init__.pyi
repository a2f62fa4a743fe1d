from .benchmark import Benchmark, run_benchmark
from .split import Split, describe_protocol, protocols
from .target_kinds import TargetKind
from .target_trust import TargetTrust, assess_targets
from .trust import Trust, assess_trust

__all__ = [
    "Benchmark",
    "Split",
    "TargetKind",
    "TargetTrust",
    "Trust",
    "assess_targets",
    "assess_trust",
    "describe_protocol",
    "protocols",
    "run_benchmark",
]
