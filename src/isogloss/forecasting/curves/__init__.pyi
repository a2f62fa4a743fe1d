from .curve import CURVE, Curve, Needed
from .fit import fit_curve, round_sizes
from .gp import CurveGP
from .laws import PerformanceFunction
from .points import Points

__all__ = ["CURVE", "Curve", "CurveGP", "Needed", "PerformanceFunction", "Points", "fit_curve", "round_sizes"]
