from .encodings import Encodings, Parallel, write_encodings

__all__ = ["Encodings", "Parallel", "write_encodings"]
