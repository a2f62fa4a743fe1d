from .bm25 import bm25
from .collection import Collection, read_collections
from .evaluation import RetrievalResult, make_retrievers, measure_retrieval
from .retrievers import BiEncoder, LateInteraction, Retriever
from .search import Hits, max_similarities, top_k

__all__ = [
    "BiEncoder",
    "Collection",
    "Hits",
    "LateInteraction",
    "RetrievalResult",
    "Retriever",
    "bm25",
    "make_retrievers",
    "max_similarities",
    "measure_retrieval",
    "read_collections",
    "top_k",
]
