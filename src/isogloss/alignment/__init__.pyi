from .encodings import Encodings, Parallel, write_encodings
from .layer import Layer
from .measure import Comparison, LanguageMeasure, Measure, PairMeasure, SentenceMeasure
from .products import ProductMeasure
from .registry import alignment_measures
from .scoring import score

__all__ = [
    "Comparison",
    "Encodings",
    "LanguageMeasure",
    "Layer",
    "Measure",
    "PairMeasure",
    "Parallel",
    "ProductMeasure",
    "SentenceMeasure",
    "alignment_measures",
    "score",
    "write_encodings",
]
