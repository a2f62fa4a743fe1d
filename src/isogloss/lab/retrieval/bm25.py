"""BM25: documents that share rare words, or rare pieces of words, with a query; the baseline that needs no model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isogloss.metrics.words import is_unspaced, words

Array = NDArray[Any]
Analyse = Callable[[str], Sequence[str]]

K1, B = 0.9, 0.4
"""Saturation and length, as in Lucene's experiments on MS MARCO and MIRACL (Zhang et al. 2023)."""
ORDER, UNSPACED_ORDER = 4, 2
"""Characters of a piece, in scripts with and without spaces (McNamee and Mayfield 2004)."""


def ngram_terms(text: str) -> Sequence[str]:
    """Overlapping pieces of words with the spaces around them: no stemmer is needed, and cognates share some.

    How long pieces are depends on the script of each part of the text, not on its language, so that names and numbers
    in a Japanese query are cut as in an English document.
    """
    found = []
    for unspaced, run in groupby(words(text), is_unspaced):
        joined = ("" if unspaced else " ").join(run)
        plain, order = (joined, UNSPACED_ORDER) if unspaced else (f" {joined} ", ORDER)
        found += [plain[start : start + order] for start in range(max(1, len(plain) - order + 1))]
    return found


def bm25(queries: Sequence[str], documents: Sequence[str], analyse: Analyse = words) -> Array:
    """Scores of all documents for all queries.

    Parameters
    ----------
    queries, documents : sequence of str
    analyse : callable
        From a text to terms, by default `isogloss.metrics.words.words`.

    Returns
    -------
    numpy.ndarray of float, shape (queries, documents)

    Notes
    -----
    Sum over the terms of a query of ln(1 + (N - n + .5) / (n + .5)) * f / (f + k1 (1 - b + b length / mean length)), f
    times in a document, in n of N documents (Robertson and Zaragoza 2009, without the constant factor k1 + 1, as in
    Lucene).
    """
    counts = [Counter(analyse(text)) for text in documents]
    places = {term: place for place, term in enumerate(sorted({term for of_one in counts for term in of_one}))}
    lengths = np.array([of_one.total() for of_one in counts], float)
    frequency = np.zeros(len(places))
    for of_one in counts:
        frequency[[places[term] for term in of_one]] += 1
    rarity = np.log1p((len(documents) - frequency + 0.5) / (frequency + 0.5))
    norms = K1 * (1 - B + B * lengths / max(lengths.mean(), 1e-9))
    triples = [
        (rarity[places[term]] * times / (times + norms[row]), row, places[term])
        for row, of_one in enumerate(counts) for term, times in of_one.items()
    ]  # fmt: skip
    asked = [
        (float(times), row, places[term])
        for row, text in enumerate(queries) for term, times in Counter(analyse(text)).items()
        if term in places
    ]  # fmt: skip
    weights, wanted = _sparse(triples, len(documents), len(places)), _sparse(asked, len(queries), len(places))
    return np.asarray((wanted @ weights.T).todense())


def _sparse(triples: list[tuple[float, int, int]], rows: int, columns: int) -> Any:
    from scipy.sparse import csr_matrix

    values, row, column = zip(*triples, strict=True) if triples else ((), (), ())
    return csr_matrix((values, (row, column)), shape=(rows, max(columns, 1)))
