"""Retrievers of encoders that the lab has trained: how well a recipe finds documents among all of a collection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from isogloss.errors import BadValue
from isogloss.lab.recipe import Fitted
from isogloss.lab.recipe.bi_encoder import BiEncoder
from isogloss.lab.retrieval.collection import Collection
from isogloss.lab.retrieval.retrievers import NEURAL, Retriever
from isogloss.lab.retrieval.search import Hits, best, max_similarities, top_k
from isogloss.lab.saving import load

Array = NDArray[Any]
TRAINED = "trained"
"""Name of the retriever."""


@dataclass(frozen=True)
class TrainedRetriever(Retriever):
    """An encoder that a recipe has trained, with the recipe's prefixes, lengths and linear map.

    Attributes
    ----------
    recipe : BiEncoder
        Or `late-interaction`, which is one.
    fitted : Fitted
    """

    needs_model: ClassVar[bool] = True

    recipe: BiEncoder
    fitted: Fitted

    def find(self, collection: Collection, k: int) -> Hits:
        queries = self.recipe.encode(self.fitted, collection.queries, "query")
        documents = self.recipe.encode(self.fitted, collection.documents, "document")
        if not self.recipe.by_token:
            return top_k(np.concatenate(queries), np.concatenate(documents), k)
        return best(max_similarities(*_stacked(queries), *_stacked(documents)), k)


def read_trained_retriever(folder: str | Path) -> TrainedRetriever:
    """The retriever of a trained recipe in a folder, see `isogloss.lab.save`.

    Parameters
    ----------
    folder : str or Path

    Raises
    ------
    BadFile
        If there is none, or it is damaged.
    BadValue
        If the recipe makes no vectors of queries and documents.
    """
    recipe, fitted = load(folder)
    if recipe.name not in NEURAL or not isinstance(recipe, BiEncoder):
        hint = f"take one that {' or '.join(NEURAL)} trained"
        raise BadValue(f"{recipe.name} makes no vectors of queries and documents", where=str(folder), hint=hint)
    return TrainedRetriever(recipe, fitted)


def _stacked(vectors: Sequence[Array]) -> tuple[Array, Array]:
    """Vectors of all tokens, and where those of each text begin."""
    return np.concatenate(vectors), np.cumsum([0, *map(len, vectors)])[:-1]
