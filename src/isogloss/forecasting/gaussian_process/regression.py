"""Gaussian process regression with Student's t noise, for runs of which some came out far from the others."""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.linalg.lapack import dtrtri

from isogloss.forecasting.grid import Array

NOISES = np.geomspace(1e-3, 100, 40)
"""Noises that are tried, against the variance of what mixes do."""
MEDIAN_SQUARE = 0.455
"""Median of the square of a standard normal variable."""
TAILS = 4.0
"""Degrees of freedom of the noise: as with Student's t, a run that came out far from the others counts for less."""
ROUNDS = 2
"""Times that what a run counts for is found anew."""


def likely_noise(covariance: Array, response: Array, noise: float) -> float:
    """The noise of one language, by marginal likelihood, drawn to what all languages have."""
    values, vectors = np.linalg.eigh(covariance)
    rotated = vectors.T @ response
    spectra = np.maximum(values, 0) + NOISES[:, None]  # (noises, rows)
    scales = (rotated**2 / spectra).mean(1)
    loss = 0.5 * len(response) * np.log(scales + 1e-12) + 0.5 * np.log(spectra).sum(1)
    loss += 0.5 * (np.log(NOISES / noise) / 2) ** 2
    return float(NOISES[int(loss.argmin())])


class StudentProcess:
    """A Gaussian process with a scale of its own, by marginal likelihood.

    The noise is larger in runs that the others do not foretell, as for a Student's t with TAILS degrees of freedom,
    by expectation and maximisation over the standardised residuals of leaving each run out (Rasmussen and Williams
    2006, section 5.4.2).
    """

    def __init__(self, covariance: Array, response: Array, noise: float):
        self.noise = noise
        doubt = np.ones(len(response))
        for _ in range(ROUNDS):
            self._solve(covariance, response, doubt)
            inverse, _ = dtrtri(self.factor[0], lower=1)
            precision = (np.tril(inverse) ** 2).sum(0)
            surprise = self.weights**2 / precision
            usual = float(np.median(surprise)) / MEDIAN_SQUARE
            if usual <= 0:
                break
            doubt = (TAILS + surprise / usual) / (TAILS + 1)
        self._solve(covariance, response, doubt)
        self.scale = float(response @ self.weights) / len(response)

    def _solve(self, covariance: Array, response: Array, doubt: Array) -> None:
        self.factor = cho_factor(covariance + np.diag(self.noise * doubt), lower=True, check_finite=False)
        self.weights = cho_solve(self.factor, response, check_finite=False)

    def predict(self, across: Array, prior: float) -> tuple[Array, Array]:
        """Mean and standard deviation of new responses; `across` is their covariance with the old."""
        reached = solve_triangular(self.factor[0], across.T, lower=True, check_finite=False)
        variance = self.scale * (np.maximum(prior - (reached**2).sum(0), 0) + self.noise)
        return across @ self.weights, np.sqrt(variance + 1e-12)
