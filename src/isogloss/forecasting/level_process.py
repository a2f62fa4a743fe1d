"""The level of a language against that of the others: a Gaussian process over languages.

    level(j) = f(j) + noise,   cov f(i, j) = linear z(i) . z(j) / q + neighbours exp(-d(i, j) / reach)

with q standardised factors z and distances d.
"""

from __future__ import annotations

from typing import Self

import numpy as np
import scipy
from numpy.linalg import LinAlgError

from isogloss.forecasting.gaussian_process import Prior, log_likelihood_slope, maximise
from isogloss.forecasting.grid import Array

PRIOR = Prior(width=1.0, linear=0.3, neighbours=0.5, reach=0.3, noise=0.2)
STEPS = 30
TOLERANCE = 1e-5
"""Gain at which the search ends, which would else be long where the smallest eigenvalue turns negative."""
BEYOND = 2.5
"""Standard deviations at which a factor is held for the mean (not for the spread): nothing is known further out."""


class LevelProcess:
    """Levels of unmeasured languages from those of measured ones.

    Attributes
    ----------
    parameters_ : array of shape (4,)
        Logarithms, as `PRIOR` names them.
    scale_ : float
        Standard deviation of the levels, which are in units of it.
    precision_ : array of shape (languages, languages)
        Inverse covariance of the measured levels.
    weights_ : array of shape (languages,)
        The same, times the levels.
    """

    def fit(self, levels: Array, factors: Array, between: Array, start: Array | None = None) -> Self:
        """Learn from measured languages.

        Parameters
        ----------
        levels : array of shape (languages,)
        factors : array of shape (languages, factors)
            Standardised.
        between : array of shape (languages, languages)
            Distances.
        start : array of shape (4,), optional
            Parameters that the search starts from, such as those of more languages.
        """
        self._factors = held(factors)
        self.scale_ = float(levels.std()) + 1e-9
        standardised = levels / self.scale_
        covariance = LevelCovariance(self._factors, between)
        self.parameters_ = maximise(
            lambda parameters: [covariance.log_likelihood(parameters, standardised)],
            PRIOR, steps=STEPS, start=start, tolerance=TOLERANCE,
        )  # fmt: skip
        self.precision_ = np.linalg.inv(covariance.with_noise(self.parameters_)[0])
        self.weights_ = self.precision_ @ standardised
        return self

    @property
    def reach(self) -> float:
        """Distance over which the covariance of neighbours falls by a factor e."""
        return float(PRIOR.read(self.parameters_).reach)

    @property
    def slopes(self) -> Array:
        """What a level gains with each standardised factor, of shape (factors,)."""
        linear = PRIOR.read(self.parameters_).linear / self._factors.shape[1]
        return np.asarray(self.scale_ * linear * (self._factors.T @ self.weights_))

    def neighbour_weights(self, towards: Array) -> Array:
        """Share of each measured level in others through their distance `towards`, both (others, languages)."""
        values = PRIOR.read(self.parameters_)
        return np.asarray(values.neighbours * np.exp(-towards / values.reach) @ self.precision_)

    def predict(self, factors: Array, towards: Array) -> tuple[Array, Array]:
        """Levels and their standard deviations, from standardised factors and distances to measured languages."""
        values = PRIOR.read(self.parameters_)
        linear, near = values.linear / factors.shape[1], values.neighbours * np.exp(-towards / values.reach)
        levels = (linear * held(factors) @ self._factors.T + near) @ self.weights_
        covariance = linear * factors @ self._factors.T + near
        prior = linear * (factors**2).sum(1) + values.neighbours + values.noise
        explained = ((covariance @ self.precision_) * covariance).sum(1)
        return self.scale_ * levels, self.scale_ * np.sqrt(np.maximum(prior - explained, values.noise))


class LevelCovariance:
    """Covariance of the levels of measured languages, as a function of its parameters."""

    def __init__(self, factors: Array, between: Array):
        self._linear = factors @ factors.T / factors.shape[1]
        self._between = (between + between.T) / 2

    def with_noise(self, parameters: Array) -> tuple[Array, dict[str, Array], Array | None]:
        """The covariance with noise, and with what makes it one where distances are no metric.

        Distances of which parts are unknown break the triangle inequality, and exp(-distance) is no covariance then:
        what its smallest eigenvalue lacks to zero is added to the noise.

        Returns
        -------
        covariance : array of shape (languages, languages)
        terms : dict of str to array of shape (languages, languages)
        lowest : array of shape (languages,) or None
            Eigenvector of the negative eigenvalue, if there is one.

        Raises
        ------
        LinAlgError
            If the covariance is not finite.
        """
        values = PRIOR.read(parameters)
        terms = {
            "linear": values.linear * self._linear,
            "neighbours": values.neighbours * np.exp(-self._between / values.reach),
        }
        covariance = terms["linear"] + terms["neighbours"]
        if not (np.isfinite(covariance).all() and np.isfinite(values.noise)):
            raise LinAlgError("a step of the search too far, as where all levels are alike")
        own, lowest = values.noise, None
        if scipy.linalg.lapack.dpotrf(covariance, lower=1, clean=0)[1] != 0:
            (value,), vectors = scipy.linalg.eigh(covariance, subset_by_index=[0, 0])
            if value < 0:
                own, lowest = own - value, vectors[:, 0]
        covariance[np.diag_indices_from(covariance)] += own
        return covariance, terms, lowest

    def log_likelihood(self, parameters: Array, levels: Array) -> tuple[float, Array]:
        """Of standardised levels, but for a constant, with its slope in the parameters."""
        covariance, terms, lowest = self.with_noise(parameters)
        value, slope = log_likelihood_slope(covariance, levels)
        trace = float(np.trace(slope))
        if lowest is not None:  # as the smallest eigenvalue moves, so does what is added
            slope = slope - trace * np.outer(lowest, lowest)
        values, near = PRIOR.read(parameters), slope * terms["neighbours"]
        return value, PRIOR.flat(
            linear=float((slope * terms["linear"]).sum()),
            neighbours=float(near.sum()),
            reach=float((near * self._between).sum()) / values.reach,
            noise=trace * values.noise,
        )


def held(factors: Array) -> Array:
    """Standardised factors inside what is known."""
    return np.clip(factors, -BEYOND, BEYOND)
