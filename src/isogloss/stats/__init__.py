"""Statistics that several packages need: bootstrap, tests, multiple testing, intervals, conformal quantiles."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
