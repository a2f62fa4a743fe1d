"""One binary regression for each of several labels that a text may have."""

from __future__ import annotations

from typing import Any

import numpy as np

Matrix = np.ndarray[Any, Any]


def each_label(model: Any, X: Matrix, labels: Matrix) -> tuple[Matrix, Matrix]:
    """Coefficients and intercepts of each label against all others.

    Parameters
    ----------
    model : sklearn.linear_model.LogisticRegression
        Fitted anew to each label.
    X : numpy.ndarray of float, shape (texts, width)
    labels : numpy.ndarray of int, shape (texts, labels)
        1 for those that a text has.

    Returns
    -------
    coefficients : numpy.ndarray of float64, shape (labels, width)
    intercepts : numpy.ndarray of float64, shape (labels,)
        A score above 0 gives the label.

    Notes
    -----
    Of a label that all texts or none have, nothing can be learnt but how frequent it is: its score is
    log((n + 1/2) / (m + 1/2)) for each text, n texts having it and m not.
    """
    held = labels.sum(0, dtype=np.int64)
    coefficients = np.zeros((labels.shape[1], X.shape[1]))
    intercepts = np.log((held + 0.5) / (len(labels) - held + 0.5))
    for place in np.flatnonzero((held > 0) & (held < len(labels))):
        model.fit(X, labels[:, place])
        coefficients[place], intercepts[place] = model.coef_[0], model.intercept_[0]
    return coefficients, intercepts
