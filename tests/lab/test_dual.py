"""Fitting among the texts gives what fitting among the features gives."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array
from sklearn.linear_model import LogisticRegression

from isogloss.lab.recipe.ngram_logreg import fit_in_span


def features(texts: int, width: int) -> csr_array:
    return csr_array(random_array((texts, width), density=0.05, rng=np.random.default_rng(3)))


@pytest.mark.parametrize("classes", [2, 7])
@pytest.mark.parametrize(("texts", "width"), [(60, 900), (200, 40)])
def test_fit_equals_scikit_learn_on_the_features(texts: int, width: int, classes: int) -> None:
    """Scores of every text agree to 1e-6, with more features than texts and with fewer."""
    X, labels = features(texts, width), np.arange(texts) % classes
    coefficients, intercepts = fit_in_span(X, labels, C=10.0, tolerance=1e-10, iterations=5000)
    direct = LogisticRegression(C=10.0, tol=1e-10, max_iter=5000).fit(X, labels)
    scores = X @ coefficients + intercepts
    if classes == 2:
        scores = scores[:, 1] - scores[:, 0]
    assert np.abs(scores - direct.decision_function(X)).max() < 1e-6


def test_fit_takes_the_same_text_twice() -> None:
    """A Gram matrix that is not of full rank is no obstacle."""
    X = features(20, 300)
    twice = csr_array(np.vstack([X.toarray(), X.toarray()]))
    labels = np.tile(np.arange(20) % 3, 2)
    coefficients, intercepts = fit_in_span(twice, labels, C=1.0, tolerance=1e-10, iterations=5000)
    direct = LogisticRegression(C=1.0, tol=1e-10, max_iter=5000).fit(twice, labels)
    assert np.abs(coefficients.T - direct.coef_).max() < 1e-6
    assert np.abs(intercepts - direct.intercept_).max() < 1e-6


def test_texts_without_features_teach_how_frequent_labels_are() -> None:
    """With nothing to tell texts apart, the intercepts follow the frequencies."""
    coefficients, intercepts = fit_in_span(
        csr_array((10, 5)), np.array([0] * 7 + [1] * 2 + [2]), C=1.0, tolerance=1e-8, iterations=1000
    )
    assert not coefficients.any()
    assert intercepts[0] > intercepts[1] > intercepts[2]
