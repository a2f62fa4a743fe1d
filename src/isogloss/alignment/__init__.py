"""What a model's vectors and tokens of the same sentences say about languages, before anybody labels anything."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
