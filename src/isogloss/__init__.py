"""isogloss forecasts how well a multilingual model does in the languages nobody has tested.

Measured scores are read into evidence; a forecaster learns from it and answers queries about languages and training
mixes that nobody measured, each with an interval and what it rests on.
"""

import lazy_loader

import isogloss.forks  # noqa: F401  (must hear of every fork)

__version__ = "0.1.0"
"""The version of isogloss."""

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__all__ += ["__version__"]
