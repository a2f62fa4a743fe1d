from .amounts import AMOUNTS
from .curve import CURVE, Curve, Needed
from .fit import fit_curve, round_sizes
from .gp import CurveGP
from .law import Growth, LawBand, fit_law
from .laws import PerformanceFunction
from .points import Points

__all__ = [
    "AMOUNTS", "CURVE", "Curve", "CurveGP", "Growth", "LawBand", "Needed", "PerformanceFunction", "Points", "fit_curve",
    "fit_law", "round_sizes",
]  # fmt: skip
