from .against import score_against
from .against_distance import AgainstDistance, against_distance
from .corpus import ParallelCorpus, read_corpus
from .encodings import Encodings, Parallel
from .extraction import EncodingReport, encode
from .label_free import label_free_alignment
from .latent import latent_language
from .layer import Layer
from .measure import Comparison, LanguageMeasure, Measure, PairMeasure, SentenceMeasure
from .neurons import LanguageNeurons, TextReader, find_neurons, load_reader, shared_sentences
from .probe_transfer import ProbeTransfer, probe_transfer
from .probing import Probing, probe
from .products import ProductMeasure
from .registry import alignment_measures
from .scoring import score
from .storing import write_encodings
from .switching import switch_off
from .tokens import TokenCounts, count_tokens

__all__ = [
    "AgainstDistance",
    "Comparison",
    "EncodingReport",
    "Encodings",
    "LanguageMeasure",
    "LanguageNeurons",
    "Layer",
    "Measure",
    "PairMeasure",
    "Parallel",
    "ParallelCorpus",
    "ProbeTransfer",
    "Probing",
    "ProductMeasure",
    "SentenceMeasure",
    "TextReader",
    "TokenCounts",
    "against_distance",
    "alignment_measures",
    "count_tokens",
    "encode",
    "find_neurons",
    "label_free_alignment",
    "latent_language",
    "load_reader",
    "probe",
    "probe_transfer",
    "read_corpus",
    "score",
    "score_against",
    "shared_sentences",
    "switch_off",
    "write_encodings",
]
