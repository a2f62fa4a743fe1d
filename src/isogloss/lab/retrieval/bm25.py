"""BM25: documents that share rare words, or rare pieces of words, with a query; the baseline that needs no model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isogloss.languages import written_without_spaces
from isogloss.metrics.words import words

Array = NDArray[Any]
Analyse = Callable[[str, str], Sequence[str]]

K1, B = 0.9, 0.4
"""Saturation and length, as in Lucene's experiments on MS MARCO and MIRACL (Zhang et al. 2023)."""
ORDER, UNSPACED_ORDER = 4, 2
"""Characters of a piece, in scripts with and without spaces (McNamee and Mayfield 2004)."""


def word_terms(text: str, language: str) -> Sequence[str]:
    """Words as Unicode divides them."""
    return words(text)


def ngram_terms(text: str, language: str) -> Sequence[str]:
    """Overlapping pieces of words with the spaces around them: no stemmer is needed, and cognates share some."""
    order = UNSPACED_ORDER if written_without_spaces(language) else ORDER
    plain = f" {' '.join(words(text))} " if order == ORDER else "".join(words(text))
    return [plain[start : start + order] for start in range(max(1, len(plain) - order + 1))]


def bm25(
    queries: Sequence[str], documents: Sequence[str], languages: tuple[str, str], analyse: Analyse = word_terms
) -> Array:
    """Scores of all documents for all queries.

    Parameters
    ----------
    queries, documents : sequence of str
    languages : tuple of str
        Of queries and of documents.
    analyse : callable
        From a text and its language to terms.

    Returns
    -------
    numpy.ndarray of float, shape (queries, documents)

    Notes
    -----
    Sum over the terms of a query of ln(1 + (N - n + .5) / (n + .5)) * f / (f + k1 (1 - b + b length / mean length)), f
    times in a document, in n of N documents (Robertson and Zaragoza 2009, without the constant factor k1 + 1, as in
    Lucene).
    """
    from scipy.sparse import csr_matrix

    counts = [Counter(analyse(text, languages[1])) for text in documents]
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
        for row, text in enumerate(queries) for term, times in Counter(analyse(text, languages[0])).items()
        if term in places
    ]  # fmt: skip
    weights, wanted = (_sparse(csr_matrix, of, (count, len(places))) for of, count in
                       ((triples, len(documents)), (asked, len(queries))))  # fmt: skip
    return np.asarray((wanted @ weights.T).todense())


def _sparse(make: Any, triples: list[tuple[float, int, int]], shape: tuple[int, int]) -> Any:
    values, rows, columns = zip(*triples, strict=True) if triples else ((), (), ())
    return make((values, (rows, columns)), shape=(shape[0], max(shape[1], 1)))
