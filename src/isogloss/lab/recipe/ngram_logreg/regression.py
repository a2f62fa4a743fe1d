"""Logistic regression on far more features than texts, or on rows that each count several times."""

from __future__ import annotations

from typing import Any

import numpy as np


def fit_in_span(
    features: Any, labels: np.ndarray[Any, Any], *, C: float, tolerance: float, iterations: int
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Multinomial logistic regression with an L2 penalty, at the cost of as many features as there are texts.

    Parameters
    ----------
    features : scipy.sparse matrix, shape (texts, features)
    labels : numpy.ndarray of int, shape (texts,)
        Of two or more classes.
    C : float
        Inverse strength of the penalty, as scikit-learn's `LogisticRegression` has it.
    tolerance : float
        Largest gradient at which to stop.
    iterations : int
        Most iterations.

    Returns
    -------
    coefficients : numpy.ndarray of float64, shape (features, classes)
    intercepts : numpy.ndarray of float64, shape (classes,)
        Classes in the order of `numpy.unique(labels)`.

    Notes
    -----
    The penalised optimum lies in the span of the texts, and both loss and penalty stay the same under
    rotation. With the Gram matrix X X' = U S U' (S diagonal), the scores Z = U S^(1/2) are the texts in
    a basis of that span; coefficients V fitted on Z are coefficients X' U S^(-1/2) V on X. Steps of L-BFGS
    commute with the rotation too, so the result is that of fitting on X up to rounding.
    """
    from sklearn.linear_model import LogisticRegression

    gram = (features @ features.T).toarray()
    variances, directions = np.linalg.eigh(gram)
    kept = variances > max(variances[-1], 0.0) * 1e-10
    if not kept.any():  # no text has any feature: only how frequent the classes are can be learnt
        kept[-1], variances[-1] = True, 1.0
    lengths, directions = np.sqrt(variances[kept]), directions[:, kept]
    model = LogisticRegression(C=C, tol=tolerance, max_iter=iterations).fit(directions * lengths, labels)
    coefficients, intercepts = of_each_class(model)
    return features.T @ ((directions / lengths) @ coefficients.T), intercepts


def fit_counted(
    features: Any,
    labels: np.ndarray[Any, Any],
    counts: np.ndarray[Any, Any],
    *,
    C: float,
    tolerance: float,
    iterations: int,
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:  # fmt: skip
    """Multinomial logistic regression in which each row counts several times.

    Words have few n-grams, and there are many words: this is quicker than `fit_in_span`, whose parameters and
    results it has.
    """
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=C, tol=tolerance, max_iter=iterations).fit(features, labels, sample_weight=counts)
    coefficients, intercepts = of_each_class(model)
    return coefficients.T, intercepts


def of_each_class(model: Any) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Coefficients (classes, features) and intercepts (classes,) of scikit-learn's regression, for two classes too."""
    coefficients, intercepts = model.coef_, model.intercept_
    if len(coefficients) == 1:  # of two classes scikit-learn scores only the second
        return np.vstack([0 * coefficients, coefficients]), np.array([0.0, intercepts[0]])
    return coefficients, intercepts
