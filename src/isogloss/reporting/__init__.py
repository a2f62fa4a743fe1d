"""Documents of sentences, tables and pictures, as one page of HTML or as a PDF; neither loads anything from outside."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
