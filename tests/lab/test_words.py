"""Tagging words by their n-grams: each word by itself, as often as it is there."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression

from isogloss.lab import Corpus, Training, tasks
from isogloss.lab.recipe.ngram_logreg import NgramLogreg, fit_counted
from isogloss.lab.recipe.ngram_logreg.ngrams import counted, distinct_words, words_of

ENGLISH = [("the", "dogs", "bark"), ("the", "the", "cats")]
DUTCH = [("de", "dogs")]


def test_each_distinct_word_of_a_language_is_one_text() -> None:
    """Words are found again where they stood; the same word in another language is another text."""
    train, test, places = distinct_words(
        Corpus([ENGLISH, DUTCH], [DUTCH, []], ["eng", "nld"], tasks.get("token-tagging")())
    )
    assert train == [["the", "dogs", "bark", "cats"], ["de", "dogs"]]
    assert test == [["de", "dogs"], []]
    assert places["train_words"].tolist() == [0, 1, 2, 0, 0, 3, 4, 5]
    assert places["test_words"].tolist() == [0, 1]
    assert words_of(np.array([2, 0]), places["train_heights"]).tolist() == [6, 7, 0, 1, 2]


def test_counting_words_teaches_what_repeating_them_does() -> None:
    """One row per word and label, weighted, is fitted as scikit-learn fits one row per occurrence."""
    chance = np.random.default_rng(4)
    features = csr_array(chance.random((6, 9)) * (chance.random((6, 9)) < 0.5))
    words, labels = chance.integers(0, 6, 80), chance.integers(0, 3, 80)
    rows, answers, counts = counted(words, labels)
    assert counts.sum() == 80
    coefficients, intercepts = fit_counted(features[rows], answers, counts, C=3.0, tolerance=1e-10, iterations=5000)
    direct = LogisticRegression(C=3.0, tol=1e-10, max_iter=5000).fit(features[words], labels)
    assert np.abs(coefficients.T - direct.coef_).max() < 1e-6
    assert np.abs(intercepts - direct.intercept_).max() < 1e-6


def test_tags_carry_over_to_words_that_share_letters() -> None:
    """Endings learnt from some words tag others, once for each time they stand there."""
    nouns, verbs = ["nation", "station", "motion"], ["walking", "singing", "doing"]
    train = [(noun, verb, noun) for noun, verb in zip(nouns, verbs, strict=True)]
    recipe = NgramLogreg()
    prepared = recipe.prepare(
        Corpus([train], [[("going", "lotion"), ("going",)]], ["eng"], tasks.get("token-tagging")()), map
    )
    fitted = recipe.fit(prepared, Training(np.arange(3), np.array([0, 1, 0] * 3), seed=0, labels_count=2))
    assert recipe.predict(prepared, fitted)[""].tolist() == [1, 0, 1]
