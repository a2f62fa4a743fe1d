"""One question per command, one answer for all: what every door (shell, notebook, page) stands on."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
