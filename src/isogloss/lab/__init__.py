"""The lab: measure for real how what a model learns in one language serves another."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
