"""One curve shared by all languages, and what each language adds to it: a hierarchical Gaussian process."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Self

import numpy as np
import scipy
from numpy.typing import NDArray

from isogloss.forecasting.curves.points import FEATURES, Points
from isogloss.forecasting.features import HALF_FELT
from isogloss.forecasting.gaussian_process import (
    Prior,
    laplace_deviations,
    log_likelihood_slope,
    matern,
    maximise,
    squared_distances,
)
from isogloss.forecasting.grid import Array

RISING = [FEATURES.index("labelled"), FEATURES.index("total")]
"""Amounts that a score is expected to go on rising with beyond what was measured."""
COMPONENTS = ("shared", "own")
"""What all languages have in common, and what each has for itself."""
_LENGTHS = dict.fromkeys(FEATURES, 2.0)
PRIOR = Prior(
    width=np.array([*[1.5] * len(FEATURES), *[2.0, *[1.0] * len(FEATURES)] * len(COMPONENTS), 2.0, 2.5]),
    bends=dict.fromkeys(FEATURES, HALF_FELT),
    shared=0.5, shared_lengths=_LENGTHS, own=0.5, own_lengths=_LENGTHS, trend=0.5, noise=0.01,
)  # fmt: skip
"""Parameters: a bend per amount, weight and a length per amount of each component, weight of the trend, noise."""
POINTS_FOR_PARAMETERS = 500
"""Parameters are learnt on this many points: more changes them little and costs much."""
SEARCH_STEPS = 60
NOISE_PRIOR = 10.0
"""Points at which a language's own noise weighs as much as everybody's."""
NOISE_LIMITS = (0.1, 10.0)
DOUBTED = [FEATURES.index("labelled"), FEATURES.index("translated")]
"""Amounts whose bends are taken to be no better known than the scores tell."""
JITTER = 1e-10


class CurveGP:
    """Scores as a smooth function of the amounts of data, by Gaussian process regression.

    Parameters
    ----------
    parameters : array, optional
        Logarithms of the parameters, to skip learning them.

    Attributes
    ----------
    parameters_ : array of shape (16,)
        Logarithms: bends, weight and lengths of both components, weight of the trend, noise variance.
    doubt_ : array of shape (2,)
        How unsure the bends of labelled and of translated examples are: standard deviations of their
        logarithms, by Laplace's approximation. 0 where the parameters were given.
    noise_ : array of shape (languages,)
        Noise variance of each language, in units of the variance of all scores.

    Notes
    -----
    With amounts bent to u = log(1 + n / bend), the covariance of a score of language l and one of l' is
    w_trend (u_labelled u'_labelled + u_total u'_total) + w_shared M(u, u') + [l = l'] w_own M'(u, u'),
    plus noise. The trend is a log law that all languages share; M and M' are Matérn kernels of order 3/2
    with a length per amount (Rasmussen and Williams 2006, section 4.2): curves may leave the trend, but
    not wildly. Bends, weights, lengths and noise maximise the marginal likelihood with log-normal priors.
    """

    def __init__(self, parameters: Array | None = None):
        self.parameters = parameters

    def fit(self, points: Points) -> Self:
        """Learn from points; the cost grows with the cube of their number."""
        self.points_ = points
        self._centre = float(points.scores.mean())
        self._scale = float(points.scores.std()) or 1.0
        self._response = (points.scores - self._centre) / self._scale
        count = len(points)
        self._some = np.sort(np.random.default_rng(0).permutation(count)[:POINTS_FOR_PARAMETERS])
        if self.parameters is None:
            self._learn_parameters()
        else:
            self.parameters_, self.doubt_ = np.asarray(self.parameters, dtype=float), np.zeros(len(DOUBTED))
        same = points.language[:, None] == points.language
        covariance = curve_covariance(self.parameters_, points.features, points.features, same)
        noise = PRIOR.read(self.parameters_).noise
        self.noise_ = np.full(len(points.languages), noise)
        self._condition(covariance)
        self.noise_ = self._own_noise(noise)
        self._condition(covariance)
        return self

    def with_forecast(self, language: str, features: Array, score: float, variance: float) -> CurveGP:
        """The process conditioned on one more score, forecast and not measured, of a language without points.

        Parameters
        ----------
        language : str
        features : array of shape (1, 4)
        score : float
        variance : float
            Of the forecast, in the square of the scores' unit.
        """
        other = copy.copy(self)
        other.points_ = self.points_.with_forecast(language, features, score, variance)
        other.noise_ = np.append(self.noise_, np.median(self.noise_))
        other._response = np.append(self._response, (score - self._centre) / self._scale)
        same = other.points_.language[:, None] == other.points_.language
        other._condition(curve_covariance(self.parameters_, other.points_.features, other.points_.features, same))
        return other

    def predict(self, features: Array, language: str) -> tuple[Array, Array]:
        """Scores of a language that is known or not.

        Parameters
        ----------
        features : array of shape (rows, 4)
            See `FEATURES`.
        language : str

        Returns
        -------
        mean : array of shape (rows,)
        spread : array of shape (rows,)
            Standard deviation of a score newly measured there.
        """
        position = self.points_.position(language)
        same = np.broadcast_to(self.points_.language == position, (len(features), len(self.points_)))
        across = curve_covariance(self.parameters_, features, self.points_.features, same)
        noise = self.noise_[position] if position >= 0 else float(np.median(self.noise_))
        explained = np.einsum("ij,ij->i", across @ self._precision, across)
        variance = np.maximum(_prior(self.parameters_, features) - explained, 0) + noise
        variance += self._variance_by_bends(features, same[:, self._some])
        return self._centre + self._scale * (across @ self._weights), self._scale * np.sqrt(variance)

    def held_out(self, groups: Sequence[NDArray[np.intp]]) -> tuple[Array, Array]:
        """What the others say about each group of points, in closed form; the parameters stay as they are.

        Parameters
        ----------
        groups : sequence of arrays of int
            Positions of the points that are hidden together.

        Returns
        -------
        mean, spread : arrays of shape (points,)
            NaN for points in no group.

        Notes
        -----
        With precision Q and weights a = Q y, the mean of group G is y_G - S a_G and its covariance
        S = (Q_GG)^-1 (Rasmussen and Williams 2006, equations 5.12, for groups instead of points).
        """
        mean, spread = np.full((2, len(self.points_)), np.nan)
        for group in groups:
            covariance = np.linalg.inv(self._precision[np.ix_(group, group)])
            residual = covariance @ self._weights[group]
            mean[group] = self.points_.scores[group] - self._scale * residual
            spread[group] = self._scale * np.sqrt(np.maximum(np.diag(covariance), 1e-12))
        return mean, spread

    def bent(self, features: Array) -> Array:
        """Amounts in units of the lengths of the own component, in which near points are alike."""
        return np.log1p(features / _bends(self.parameters_)) / _components(self.parameters_)[1][1]

    def _learn_parameters(self) -> None:
        points = self.points_.take(self._some)
        same = points.language[:, None] == points.language
        given = (points.features, same, self._response[self._some], 1 / points.runs, self._extra(points))

        def log_likelihoods(parameters: Array) -> list[tuple[float, Array]]:
            return [curve_likelihood(parameters, *given)]

        self.parameters_ = maximise(log_likelihoods, PRIOR, steps=SEARCH_STEPS)
        self.doubt_ = laplace_deviations(log_likelihoods, PRIOR, self.parameters_)[DOUBTED]

    def _variance_by_bends(self, features: Array, same: NDArray[np.bool_]) -> Array:
        """How far the mean moves with the bends, squared, in units of the variance of all scores.

        With scores at 0 and at 100 examples the bend says all about 10, and they nothing about the bend.
        """
        points, total = self.points_.take(self._some), np.zeros(len(features))
        noise = np.diag(self.noise_[points.language] / points.runs + self._extra(points) + JITTER)
        alike = points.language[:, None] == points.language
        for bend, doubt in zip(DOUBTED, self.doubt_, strict=True):
            means = []
            for moved in (-doubt, doubt):
                parameters = self.parameters_ + moved * (np.arange(len(PRIOR)) == bend)
                covariance = curve_covariance(parameters, points.features, points.features, alike) + noise
                weights = scipy.linalg.cho_solve(
                    scipy.linalg.cho_factor(covariance, lower=True), self._response[self._some]
                )
                means.append(curve_covariance(parameters, features, points.features, same) @ weights)
            total += ((means[1] - means[0]) / 2) ** 2
        return total

    def _extra(self, points: Points) -> Array:
        return points.variance / self._scale**2

    def _condition(self, covariance: Array) -> None:
        points = self.points_
        noise = self.noise_[points.language] / points.runs + self._extra(points)
        factor = scipy.linalg.cho_factor(covariance + np.diag(noise + JITTER), lower=True)
        self._precision = scipy.linalg.cho_solve(factor, np.eye(len(noise)))
        self._weights = self._precision @ self._response

    def _own_noise(self, noise: float) -> Array:
        """Each language's noise: everybody's, times how much larger its held-out errors are than expected."""
        expected = 1 / np.diag(self._precision)
        ratios = (self._weights * expected) ** 2 / expected
        measured = (self.points_.variance == 0).astype(float)
        count = np.bincount(self.points_.language, measured, len(self.noise_))
        total = np.bincount(self.points_.language, measured * ratios, len(self.noise_))
        return noise * np.clip((total + NOISE_PRIOR) / (count + NOISE_PRIOR), *NOISE_LIMITS)


def _bends(parameters: Array) -> Array:
    return np.array(list(PRIOR.read(parameters).bends.values()))


def _components(parameters: Array) -> list[tuple[float, Array]]:
    """Weight and lengths of each component."""
    values = PRIOR.read(parameters)
    return [(values.shared, np.array(list(values.shared_lengths.values()))),
            (values.own, np.array(list(values.own_lengths.values())))]  # fmt: skip


def _prior(parameters: Array, features: Array) -> Array:
    """Variance of a score where nothing was measured, of shape (rows,)."""
    bent = np.log1p(features / _bends(parameters))[:, RISING]
    return sum(weight for weight, _ in _components(parameters)) + PRIOR.read(parameters).trend * (bent**2).sum(1)


def curve_covariance(parameters: Array, rows: Array, columns: Array, same: NDArray[np.bool_]) -> Array:
    """Covariance without noise; `same` says which pairs are of one language. Shape (rows, columns)."""
    bends, ((shared, lengths), (own, own_lengths)) = _bends(parameters), _components(parameters)
    bent, bent_columns = np.log1p(rows / bends), np.log1p(columns / bends)
    total = PRIOR.read(parameters).trend * bent[:, RISING] @ bent_columns[:, RISING].T
    total += shared * matern(squared_distances(bent / lengths, bent_columns / lengths))[0]
    total += np.where(same, own * matern(squared_distances(bent / own_lengths, bent_columns / own_lengths))[0], 0.0)
    return total


def curve_likelihood(
    parameters: Array, features: Array, same: NDArray[np.bool_], response: Array, shares: Array, extra: Array
) -> tuple[float, Array]:
    """Log marginal likelihood of scores, and its slope in the parameters.

    Parameters
    ----------
    parameters : array of shape (16,)
        Logarithms, as `PRIOR` names them.
    features : array of shape (points, 4)
    same : array of bool of shape (points, points)
        Which pairs are of one language.
    response : array of shape (points,)
        Standardised scores.
    shares, extra : arrays of shape (points,)
        Part of the noise that averaging over seeds left, and what is added to it.
    """
    values, components, bends = PRIOR.read(parameters), _components(parameters), _bends(parameters)
    bent = np.log1p(features / bends)
    tilt = -features / (bends + features)  # how `bent` moves with the logarithm of its bend
    kernels = [matern(squared_distances(bent / lengths, bent / lengths)) for _, lengths in components]
    masks = (np.ones(1), same.astype(float))
    rising = bent[:, RISING] @ bent[:, RISING].T
    covariance = np.diag(values.noise * shares + extra + JITTER) + values.trend * rising
    for (weight, _), (kernel, _), mask in zip(components, kernels, masks, strict=True):
        covariance += weight * kernel * mask
    value, pull = log_likelihood_slope(covariance, response, solve=True)
    by_bend, by_component = np.zeros(len(FEATURES)), []
    for (weight, lengths), (kernel, steep), mask in zip(components, kernels, masks, strict=True):
        # The sum over pairs of W (u - u') (t - t') is 2 (sum w u t - u W t), w the row sums of W.
        moved = weight * pull * steep * mask
        sums, by_length = moved.sum(1), np.zeros(len(FEATURES))
        for feature, length in enumerate(lengths):
            u, t = bent[:, feature], tilt[:, feature]
            product = moved @ u
            by_length[feature] = 2 * (sums @ u**2 - u @ product) / length**2
            by_bend[feature] -= 2 * (sums @ (u * t) - t @ product) / length**2
        by_component.append((weight * (pull * kernel * mask).sum(), dict(zip(FEATURES, by_length, strict=True))))
    by_bend[RISING] += 2 * values.trend * (tilt[:, RISING] * (pull @ bent[:, RISING])).sum(0)
    (shared, shared_lengths), (own, own_lengths) = by_component
    return value, PRIOR.flat(
        bends=dict(zip(FEATURES, by_bend, strict=True)),
        shared=shared, shared_lengths=shared_lengths, own=own, own_lengths=own_lengths,
        trend=values.trend * (pull * rising).sum(), noise=values.noise * (np.diag(pull) * shares).sum(),
    )  # fmt: skip
