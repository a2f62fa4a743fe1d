"""Evidence: what was measured. One schema, one store, one normaliser, and an importer per result format."""

import lazy_loader

# At once, since the registry has the name of its package, which an import of that package would put in its place.
from isogloss.evidence.importers import importers as importers

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
