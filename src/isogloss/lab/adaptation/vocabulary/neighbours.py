"""How similar tokens are: vectors that texts or a helper give them, and weights by these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.sparse import coo_array, csr_array, diags_array
from scipy.sparse.linalg import svds

from isogloss.models.tokenizers import Ids

WINDOW = 5
"""Tokens on either side that make up the context of a token."""
WIDTH = 100
SMOOTHING = 0.75
"""Power of the counts of contexts (Levy, Goldberg and Dagan 2015)."""
MOST_CELLS = 1 << 22
"""Cosines that are held at once: 32 MB."""
Weights = dict[int, dict[int, float]]
"""Each token to the weights of others."""


@dataclass(frozen=True)
class TokenVectors:
    """A vector for each token.

    Attributes
    ----------
    vectors : numpy.ndarray of float, shape (tokens, width)
        Of length 1; nothing but zeros where nothing is known.
    known : numpy.ndarray of bool, shape (tokens,)
    lengths : numpy.ndarray of float, shape (tokens,)
        Before.
    """

    vectors: Any
    known: Any = field(init=False)
    lengths: Any = field(init=False)

    def __post_init__(self) -> None:
        """Bring vectors to length 1."""
        lengths = np.linalg.norm(self.vectors, axis=1, keepdims=True)
        object.__setattr__(self, "vectors", self.vectors / np.maximum(lengths, 1e-12))
        object.__setattr__(self, "lengths", lengths[:, 0])
        object.__setattr__(self, "known", lengths[:, 0] > 1e-12)


def text_vectors(ids: Ids, size: int) -> TokenVectors:
    """Vectors of tokens by the company they keep in texts.

    Parameters
    ----------
    ids : sequence of sequence of int
        The tokens of each text.
    size : int
        Of the vocabulary.

    Notes
    -----
    Truncated singular value decomposition U S V' of the positive pointwise mutual information of tokens within
    `WINDOW`, contexts smoothed by a power; the vectors are U S^(1/2) (Levy, Goldberg and Dagan 2015), close to what
    skip-gram learns, and the same every time.
    """
    counts = _neighbour_counts(ids, size)
    there = np.flatnonzero(counts.sum(axis=1) > 0)
    vectors = np.zeros((size, min(WIDTH, max(1, len(there) - 1))))
    if len(there) > 2:
        information = _positive_information(csr_array(counts[there][:, there]))
        rank = vectors.shape[1]
        left, values, _ = svds(information, k=rank, v0=np.ones(len(there)))
        vectors[there] = left * np.sqrt(values)
    return TokenVectors(vectors)


def _neighbour_counts(ids: Ids, size: int) -> csr_array:
    """How often each token stands near each other one."""
    total = csr_array((size, size))
    for distance in range(1, WINDOW + 1):
        ahead = [np.array(one[:-distance], int) for one in ids if len(one) > distance]
        behind = [np.array(one[distance:], int) for one in ids if len(one) > distance]
        if ahead:
            first, second = np.concatenate(ahead), np.concatenate(behind)
            total = total + csr_array(coo_array((np.ones(len(first)), (first, second)), shape=(size, size)))
    return csr_array(total + total.T)


def _positive_information(counts: csr_array) -> csr_array:
    """max(0, log p(token, context) / (p(token) p(context)^a)) of each pair that occurs."""
    rows, columns = counts.sum(axis=1), counts.sum(axis=0) ** SMOOTHING
    ratio = csr_array(diags_array(1 / rows) @ counts @ diags_array(columns.sum() / columns))
    ratio.data = np.maximum(np.log(ratio.data), 0)
    return ratio


def blocks(tokens: Sequence[int], among: Sequence[int]) -> Iterator[list[int]]:
    """Some tokens at a time, so that their cosines to all others take little memory."""
    size = max(1, MOST_CELLS // max(1, len(among)))
    for first in range(0, len(tokens), size):
        yield list(tokens[first : first + size])


def most_similar(vectors: TokenVectors, tokens: Sequence[int], among: Sequence[int], most: int) -> Weights:
    """For each of some tokens the most similar ones, with weights in proportion to their cosines.

    Notes
    -----
    Ostendorff and Rehm (2023, CLP-Transfer) take the mean over all shared tokens, weighted by cosines; nearly the same
    row for every token, and weights below 0. Here the nearest alone count, and cosines above 0.
    """
    found = {}
    others = vectors.vectors[list(among)]
    for block in blocks(tokens, among):
        cosines = vectors.vectors[block] @ others.T
        nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :most]
        for row, token in enumerate(block):
            own = {among[place]: max(0.0, float(cosines[row, place])) for place in nearest[row]}
            total = sum(own.values())
            if total > 0:
                found[token] = {one: weight / total for one, weight in own.items() if weight > 0}
    return found


def sparsest(vectors: TokenVectors, tokens: Sequence[int], among: Sequence[int], most: int) -> Weights:
    """For each of some tokens the sparsemax of its cosines to all others, however many these leave.

    Notes
    -----
    After FOCUS (Dobler and de Melo 2023). Sparsemax (Martins and Astudillo 2016): max(z - tau, 0), with the tau that
    makes the sum 1.
    """
    found = {}
    others = vectors.vectors[list(among)]
    for block in blocks(tokens, among):
        weights = sparsemax(vectors.vectors[block] @ others.T)
        for token, row in zip(block, weights, strict=True):
            found[token] = {among[place]: float(row[place]) for place in np.flatnonzero(row).tolist()}
    return found


def sparsemax(scores: Any) -> Any:
    """Of each row, the closest point of the probability simplex."""
    falling = -np.sort(-scores, axis=1)
    sums = np.cumsum(falling, axis=1)
    places = np.arange(1, scores.shape[1] + 1)
    support = (1 + places * falling > sums).sum(axis=1, keepdims=True)
    tau = (np.take_along_axis(sums, support - 1, axis=1) - 1) / support
    return np.maximum(scores - tau, 0)
