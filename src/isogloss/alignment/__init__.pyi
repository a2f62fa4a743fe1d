from .corpus import ParallelCorpus, read_corpus
from .encodings import Encodings, Parallel
from .extraction import EncodingReport, encode
from .label_free import label_free_alignment
from .layer import Layer
from .measure import Comparison, LanguageMeasure, Measure, PairMeasure, SentenceMeasure
from .probing import Probing, probe
from .products import ProductMeasure
from .registry import alignment_measures
from .scoring import score
from .storing import write_encodings
from .tokens import TokenCounts, count_tokens

__all__ = [
    "Comparison",
    "EncodingReport",
    "Encodings",
    "LanguageMeasure",
    "Layer",
    "Measure",
    "PairMeasure",
    "Parallel",
    "ParallelCorpus",
    "Probing",
    "ProductMeasure",
    "SentenceMeasure",
    "TokenCounts",
    "alignment_measures",
    "count_tokens",
    "encode",
    "label_free_alignment",
    "probe",
    "read_corpus",
    "score",
    "write_encodings",
]
