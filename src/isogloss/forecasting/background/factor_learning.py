"""Learning language factors: a factor model of all profiles, by expectation and maximisation.

`z_rj = a_r + b_r' F_j + e` with `F ~ N(X G, .25 Kin + .25 I)`, `a ~ N(0, 4)`, `b ~ N((.8, 0), .25 I)`; factor analysis
with side information after Adams, Dahl and Murray (2010, arXiv 1003.4944).
"""

from __future__ import annotations

import numpy as np

from isogloss.forecasting.background.factors import (
    EXPLANATORY,
    FACTORS,
    KIN_VARIANCE,
    OWN_VARIANCE,
    LanguageFactors,
    explanatory,
)
from isogloss.forecasting.background.profiles import Profiles
from isogloss.forecasting.background.side_facts import kinship

PASSES = 25
INTERCEPT_VARIANCE, LOADING_VARIANCE = 4.0, 0.25
LOADING_MEAN = np.array([0.8, 0.0])
NOISE_PRIOR, NOISE_PRIOR_CELLS = 0.3, 8
"""Noise variance of a profile before it is seen, and cells at which its own counts as much."""
SIDE_RIDGE = 2.0
COUNT = len(FACTORS)


def learn_factors(profiles: Profiles) -> LanguageFactors:
    """Factors of the languages of some profiles, with their posterior covariance."""
    return _FactorModel(profiles).fit()


class _FactorModel:
    def __init__(self, profiles: Profiles):
        self.measured = ~np.isnan(profiles.values)
        self.values = np.nan_to_num(profiles.values)
        self.languages, self.weights = profiles.languages, profiles.weights
        self.known = explanatory(self.languages)  # (languages, explanatory)
        size = len(self.languages)
        kin = KIN_VARIANCE * kinship(self.languages, self.languages) + OWN_VARIANCE * np.eye(size)
        self.precision = np.linalg.inv(kin)
        latin = self.known[:, EXPLANATORY.index("Latin script")]
        self.mean = np.column_stack([self.known[:, EXPLANATORY.index("web text")], latin - latin.mean()])
        self.covariance = np.tile(0.3 * np.eye(COUNT), (size, 1, 1))
        self.side_weights = np.zeros((len(EXPLANATORY), COUNT))
        self.side_weights[EXPLANATORY.index("web text"), 0] = 1.0
        rows = len(self.values)
        self.intercepts, self.loadings, self.noise = np.zeros(rows), np.zeros((rows, COUNT)), np.full(rows, 0.4)

    def fit(self) -> LanguageFactors:
        for _ in range(PASSES):
            for row in range(len(self.values)):
                self._update_profile(row)
            self._update_languages()
            self._update_side_weights()
            self._rescale()
        return LanguageFactors(self.languages, self.mean, self.covariance, self.side_weights)

    def _update_profile(self, row: int) -> None:
        """Intercept, loadings and noise of one profile, given the factors."""
        cells = self.measured[row]
        values, covariance = self.values[row, cells], self.covariance[cells]
        design = np.column_stack([np.ones(cells.sum()), self.mean[cells]])
        moments = design.T @ design
        moments[1:, 1:] += covariance.sum(0)
        prior = np.diag([1 / INTERCEPT_VARIANCE, *[1 / LOADING_VARIANCE] * COUNT])
        right = design.T @ values / self.noise[row] + prior @ np.array([0.0, *LOADING_MEAN])
        weights = np.linalg.solve(moments / self.noise[row] + prior, right)
        self.intercepts[row], self.loadings[row] = weights[0], weights[1:]
        squares = np.sum((values - design @ weights) ** 2)
        squares += np.einsum("jkl,k,l->", covariance, weights[1:], weights[1:])
        self.noise[row] = (squares + NOISE_PRIOR * NOISE_PRIOR_CELLS) / (cells.sum() + NOISE_PRIOR_CELLS)

    def _update_languages(self) -> None:
        """Posterior of the factors of all languages at once, given the profiles."""
        size = len(self.languages)
        weights = self.measured * (self.weights / self.noise)[:, None]  # (profiles, languages)
        information = np.einsum("rj,rk,rl->jkl", weights, self.loadings, self.loadings)
        right = (weights * (self.values - self.intercepts[:, None])).T @ self.loadings  # (languages, factors)
        right += self.precision @ self.known @ self.side_weights
        precision = np.kron(np.eye(COUNT), self.precision)
        each = np.arange(size)
        for one in range(COUNT):
            for other in range(COUNT):
                precision[one * size + each, other * size + each] += information[:, one, other]
        covariance = np.linalg.inv(precision)
        self.mean = (covariance @ right.T.ravel()).reshape(COUNT, size).T
        blocks = covariance.reshape(COUNT, size, COUNT, size)
        self.covariance = np.einsum("kjlj->jkl", blocks).copy()

    def _update_side_weights(self) -> None:
        weighted = self.known.T @ self.precision
        ridge = SIDE_RIDGE * np.eye(len(EXPLANATORY))
        self.side_weights = np.linalg.solve(weighted @ self.known + ridge, weighted @ self.mean)

    def _rescale(self) -> None:
        """Each factor of unit variance over the languages, which the model leaves open."""
        scale = self.mean.std(0)
        self.mean, self.side_weights = self.mean / scale, self.side_weights / scale
        self.covariance = self.covariance / np.outer(scale, scale)
        self.loadings = self.loadings * scale
