"""Counting n-grams: the same ones as scikit-learn's CountVectorizer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import CountVectorizer

from isogloss.lab.recipe.ngram_logreg.ngrams import NgramCounts, count_ngrams

TEXTS = st.lists(st.text(st.one_of(st.sampled_from("ab \n\tßİ"), st.characters()), max_size=30), min_size=1, max_size=6)


def matrix(found: NgramCounts) -> csr_array:
    return csr_array((found.counts, found.columns, found.starts), shape=(len(found.starts) - 1, len(found.ngrams)))


@pytest.mark.parametrize("analyzer", ["char", "char_wb"])
@given(texts=TEXTS)
def test_ngrams_are_those_of_scikit_learn(analyzer: str, texts: list[str]) -> None:
    """The same number of distinct n-grams, and as many shared between any two texts."""
    found = matrix(count_ngrams(texts, 2, 5, analyzer))
    vectorizer = CountVectorizer(analyzer=analyzer, ngram_range=(2, 5))
    try:
        expected = vectorizer.fit_transform(texts)
    except ValueError:  # scikit-learn refuses texts that have no n-gram at all
        assert found.shape[1] == 0
        return
    assert found.shape == expected.shape
    assert np.array_equal((found @ found.T).toarray(), (expected @ expected.T).toarray())


def test_ngrams_of_each_length_are_counted_per_text() -> None:
    """`abab` has ab twice, ba once, aba and bab once; letter case does not matter."""
    found = count_ngrams(["abAB", ""], 2, 3, "char")
    assert sorted(found.counts) == [1, 1, 1, 2]
    assert found.starts.tolist() == [0, 4, 4]
