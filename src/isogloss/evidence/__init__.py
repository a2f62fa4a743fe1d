"""Evidence: what was measured. One schema, one store, one normaliser, and an importer per result format."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
