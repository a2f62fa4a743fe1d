"""Retrieval: find the documents that answer a query, within a language or across two."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
