"""Models with weights and their tokenisers: load, encode, score, generate. Nothing is downloaded, no code is run."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
