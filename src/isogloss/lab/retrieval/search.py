"""Exact search: the k nearest of many vectors, in blocks that fit into memory."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

BLOCK = 40_000_000
"""Similarities that are held at once."""


class Hits(NamedTuple):
    """The best documents of each query.

    Attributes
    ----------
    places : numpy.ndarray of int, shape (queries, k)
        Places of documents, the most similar first; of equally similar ones the first.
    scores : numpy.ndarray of float, shape (queries, k)
    """

    places: Array
    scores: Array


def top_k(queries: Array, documents: Array, k: int) -> Hits:
    """The k documents with the largest inner product, for every query.

    Parameters
    ----------
    queries : array of shape (queries, dimension)
    documents : array of shape (documents, dimension)
    k : int

    Returns
    -------
    Hits

    Notes
    -----
    No index and no approximation: all products are computed, block by block, and the best kept.
    """
    k = min(k, len(documents))
    step = max(1, BLOCK // len(documents))
    columns = np.ascontiguousarray(documents.T)
    blocks = [best(queries[start : start + step] @ columns, k) for start in range(0, len(queries), step)]
    return Hits(*(np.concatenate(parts) for parts in zip(*blocks, strict=True)))


def best(similarities: Array, k: int) -> Hits:
    """The k largest of each row, of equal ones the first."""
    count = similarities.shape[1]
    k = min(k, count)
    if k == 1:
        places = similarities.argmax(1)[:, None]
        return Hits(places, np.take_along_axis(similarities, places, 1))
    least = np.partition(similarities, count - k, axis=1)[:, count - k, None]
    rows, candidates = np.nonzero(similarities >= least)  # k of a row, or more where some are equal to the least
    scores = similarities[rows, candidates]
    order = np.lexsort((candidates, -scores, rows))
    first = np.searchsorted(rows[order], np.arange(len(similarities)))
    chosen = order[first[:, None] + np.arange(k)]
    return Hits(candidates[chosen], scores[chosen])


def max_similarities(queries: Array, query_starts: Array, documents: Array, document_starts: Array) -> Array:
    """Sum over the tokens of a query of the largest inner product with a token of a document: ColBERT's MaxSim.

    Parameters
    ----------
    queries : array of shape (query tokens, dimension)
        Vectors of length 1.
    query_starts : array of int, shape (queries,)
        Where the tokens of each query begin.
    documents : array of shape (document tokens, dimension)
    document_starts : array of int, shape (documents,)

    Returns
    -------
    numpy.ndarray of float, shape (queries, documents)

    Notes
    -----
    Khattab and Zaharia 2020, equation 3: S(q, d) = sum_i max_j q_i . d_j, over all documents.
    """
    ends = [*query_starts[1:], len(queries)]
    columns = np.ascontiguousarray(documents.T)
    rows = [
        np.maximum.reduceat(queries[start:end] @ columns, document_starts, axis=1).sum(0)
        for start, end in zip(query_starts, ends, strict=True)
    ]
    return np.stack(rows)
