"""Forecast what was not measured: forecasters, intervals, and the files that answers go to."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
