"""Respondents: one way to ask for scores of candidates or for a reply, whatever a model runs on."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
