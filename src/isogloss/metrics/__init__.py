"""Metrics: what they are called, their range and direction, and how isogloss computes those that it measures."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
