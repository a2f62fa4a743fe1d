"""A linear probe: multinomial logistic regression on vectors of one layer, of the same strength for every label."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

STRENGTH = 0.01
"""Inverse strength of the penalty, on features of standard deviation 1; as in the lab's linear probe."""
TOLERANCE, ITERATIONS = 1e-3, 500
Array = NDArray[Any]


class LinearProbe:
    """Multinomial logistic regression with an L2 penalty, on features scaled to standard deviation 1.

    Parameters
    ----------
    vectors : array of shape (rows, dimension)
    labels : array of int of shape (rows,)
        In 0 to `classes` - 1; some may be absent.
    classes : int
    strength : float, default 0.01
        Inverse strength of the penalty.
    """

    def __init__(self, vectors: Array, labels: Array, classes: int, strength: float = STRENGTH):
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        self.classes = classes
        self._mean, deviation = vectors.mean(0), vectors.std(0)
        self._scale = np.where(deviation > 0, deviation, 1).astype(vectors.dtype)
        self._known = np.unique(labels)
        self._model: Any = None
        if len(self._known) > 1:
            self._model = LogisticRegression(C=strength, tol=TOLERANCE, max_iter=ITERATIONS)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                self._model.fit(self._scaled(vectors), labels)

    def probabilities(self, vectors: Array) -> NDArray[np.float64]:
        """Of each class, (rows, classes)."""
        shares = np.zeros((len(vectors), self.classes))
        shares[:, self._known] = 1.0 if self._model is None else self._model.predict_proba(self._scaled(vectors))
        return shares

    def predict(self, vectors: Array) -> NDArray[np.int64]:
        """The most probable class of each row."""
        if self._model is None:
            return np.full(len(vectors), self._known[0])
        return np.asarray(self._model.predict(self._scaled(vectors)), dtype=np.int64)

    def _scaled(self, vectors: Array) -> Array:
        return np.asarray((vectors - self._mean) / self._scale)
