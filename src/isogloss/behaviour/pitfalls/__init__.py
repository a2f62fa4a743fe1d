"""Pitfalls: sentences that make models lose a question in one language and keep it in English."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
