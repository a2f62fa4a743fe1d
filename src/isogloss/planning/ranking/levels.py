"""The level of a target: its mean score over all sources, from those of the targets that are like it."""

from __future__ import annotations

import numpy as np

from isogloss.forecasting.features import space
from isogloss.forecasting.kriging import near
from isogloss.planning.ranking.gp import SourceGP
from isogloss.planning.ranking.table import Array

CHOICES = tuple((linear, noise) for linear in (0.1, 1.0) for noise in (0.1, 0.3, 1.0))
"""Variances of the slope of web text and of the noise, against that of the neighbours; left-out errors choose."""


class Levels:
    """Kriging of target levels: linear in web text, near languages alike.

    Notes
    -----
    What a target is off when it is left out is `(Q y)[t] / Q[t, t]`, Q the inverse covariance of all levels
    (Rasmussen and Williams 2006, 5.4.2).
    """

    def fit(self, process: SourceGP, columns: Array) -> Levels:
        """Learn from the targets of a process; `columns` are those whose errors are asked for."""
        self._targets = process.table_.targets
        levels = process.deviations_.means
        self._mean, self._unit = float(levels.mean()), float(levels.std()) + 1e-12
        known = (levels - self._mean) / self._unit
        tried = [(self._left_out(known, choice), choice) for choice in CHOICES]
        errors, self._choice = min(tried, key=lambda one: float((one[0] ** 2).mean()))
        self._weights = self._precision(self._choice) @ known
        self._errors = errors[columns] * self._unit
        return self

    def predict(self, process: SourceGP, target: str) -> tuple[float, Array]:
        """Level of a target that was not measured, and what each of the measured ones was off when left out."""
        told = self._covariance(self._choice, (target,)) @ self._weights
        return self._mean + self._unit * float(told[0]), self._errors

    def _left_out(self, known: Array, choice: tuple[float, float]) -> Array:
        precision = self._precision(choice)
        return np.asarray((precision @ known) / np.diag(precision))

    def _precision(self, choice: tuple[float, float]) -> Array:
        covariance = self._covariance(choice, self._targets)
        return np.asarray(np.linalg.inv(covariance + choice[1] * np.eye(len(covariance))))

    def _covariance(self, choice: tuple[float, float], rows: tuple[str, ...]) -> Array:
        known = space(rows, self._targets)
        text = [known.web_text[known.at(names)] for names in (rows, self._targets)]
        centre, spread = text[1].mean(), text[1].std() + 1e-9
        first, second = ((values - centre) / spread for values in text)
        return near(rows, self._targets) + choice[0] * np.outer(first, second)
