"""Plan what to do next: which source to train on, what to label, what to test, which recipe to pay for."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
