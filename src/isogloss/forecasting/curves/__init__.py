"""Learning curves: what a score becomes with more examples of the target, and how many a goal needs."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
