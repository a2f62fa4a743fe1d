"""Retrievers: what ranks documents for queries, by shared words or by the states of a model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from isogloss.errors import BadValue
from isogloss.lab.retrieval.bm25 import Analyse, bm25, ngram_terms
from isogloss.lab.retrieval.collection import Collection
from isogloss.lab.retrieval.search import Hits, best, max_similarities, top_k
from isogloss.metrics.words import words
from isogloss.models.encoder import CheckpointEncoder, Encoder, token_states
from isogloss.models.inputs import tokenize
from isogloss.models.runtime import by_length, with_oom_backoff

Array = NDArray[Any]


class Retriever(ABC):
    """Ranks documents for queries.

    Attributes
    ----------
    needs_model : bool
    """

    needs_model: ClassVar[bool] = False

    @abstractmethod
    def find(self, collection: Collection, k: int) -> Hits:
        """The best k documents of each query."""


@dataclass(frozen=True)
class Lexical(Retriever):
    """BM25 over terms.

    Attributes
    ----------
    analyse : callable
    """

    analyse: Analyse

    def find(self, collection: Collection, k: int) -> Hits:
        return best(bm25(collection.queries, collection.documents, self.analyse), k)


@dataclass(frozen=True)
class BiEncoder(Retriever):
    """Cosines of one vector per text.

    Attributes
    ----------
    encoder : Encoder
    prefixes : tuple of str
        What stands before queries and before documents.
    pooling : str
    """

    needs_model: ClassVar[bool] = True

    encoder: Encoder
    prefixes: tuple[str, str] = ("", "")
    pooling: str = "mean"

    def find(self, collection: Collection, k: int) -> Hits:
        queries, documents = (
            _unit(self.encoder.encode(texts, pooling=self.pooling)) for texts in _prefixed(collection, self.prefixes)
        )
        return top_k(queries, documents, k)


@dataclass(frozen=True)
class LateInteraction(Retriever):
    """MaxSim over the states of all tokens in the last layer, as ColBERT scores them, here without its projection.

    Attributes
    ----------
    encoder : Encoder
    prefixes : tuple of str
    """

    needs_model: ClassVar[bool] = True

    encoder: Encoder
    prefixes: tuple[str, str] = ("", "")

    def __post_init__(self) -> None:
        if not isinstance(self.encoder, CheckpointEncoder):
            raise BadValue("shows no states of tokens", where="model", hint="give the folder of a checkpoint")

    def find(self, collection: Collection, k: int) -> Hits:
        queries, documents = map(self._states, _prefixed(collection, self.prefixes))
        return best(max_similarities(*queries, *documents), k)

    def _states(self, texts: Sequence[str]) -> tuple[Array, Array]:
        """Vectors of length 1 of all tokens, and where those of each text begin."""
        assert isinstance(self.encoder, CheckpointEncoder)
        model, tokens = self.encoder.model, tokenize(list(texts), self.encoder.tokenizer)
        starts = tokens.starts
        states = np.zeros((int(starts[-1]), model.config.hidden_size), np.float32)

        def work(batch: Array) -> None:
            layers, _ = token_states(model, tokens, batch)
            for row, own in zip(batch, layers[-1].float().cpu().numpy(), strict=True):
                begin, end = starts[row : row + 2]
                states[begin:end] = own[: end - begin]

        for batch in by_length(tokens.lengths):
            with_oom_backoff(work, batch)
        return _unit(states), starts[:-1]


LEXICAL: dict[str, Retriever] = {"bm25": Lexical(words), "bm25-ngrams": Lexical(ngram_terms)}
NEURAL = ("bi-encoder", "late-interaction")


def neural(name: str, encoder: Encoder, prefixes: tuple[str, str], pooling: str) -> Retriever:
    """One of `NEURAL`; late interaction keeps a vector per token, so that nothing is pooled."""
    return BiEncoder(encoder, prefixes, pooling) if name == "bi-encoder" else LateInteraction(encoder, prefixes)


def _prefixed(collection: Collection, prefixes: tuple[str, str]) -> Iterator[list[str]]:
    """Queries and documents with what stands before them."""
    for prefix, texts in zip(prefixes, (collection.queries, collection.documents), strict=True):
        yield [prefix + text for text in texts]


def _unit(vectors: Array) -> Array:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12))
