"""The table model: all scores of one task at once, as slopes on language features, kin, and differences of rows.

Values `x_rj` on the unbounded scale of row r (a model, or a model under a training mix) and language j are
`a_r + t_j + d_rj`:

- `t = b phi' omega + nu e`, with features `phi`, `omega ~ N(mu, 1.5 S)`, `cov e = .5 Kin + .5 I`, where `I` is 1 also
  between near-identical languages
- `d_r = s (phi, 1)' delta_r + s sqrt(rho) e_r`, with `delta_r ~ N(0, S_R)`

Sizes `(b, nu)` lie on a grid about their prior mean. Weights of the grid are prior times likelihood to the power .1:
the richer languages of a table hardly tell how steep it falls below them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from isogloss.forecasting.background.factors import LanguageFactors
from isogloss.forecasting.background.features import read_features
from isogloss.forecasting.background.probe import Probe
from isogloss.forecasting.background.side_facts import kinship, sameness
from isogloss.forecasting.background.slopes import SlopePriors
from isogloss.forecasting.grid import Array, two_way

SIZES = np.array([(slope, rest) for slope in np.linspace(-1.3, 1.3, 9) for rest in np.linspace(-1.0, 1.0, 5)])
"""Grid of offsets of `(log b, log nu)` from their prior mean."""
TEMPER = 0.1
"""Power of the likelihood of the sizes."""
DIRECTION_INFLATION = 1.5
KIN_SHARE = 0.5
"""Share of what features leave unexplained that runs along kinship, for tables and for rows."""
LEVEL_VARIANCE = 0.25
PRIOR_CELLS, MOST_CELLS = 20.0, 200.0
"""Cells as which the prior size of differences between rows counts, and the most that own ones count."""
FREEDOM = 0.6
"""Share of the cells that is left as degrees of freedom."""
JITTER, ROW_JITTER = 1e-8, 1e-3


@dataclass(frozen=True)
class TableForecast:
    """Posterior of every row and language, on the unbounded scale.

    Attributes
    ----------
    level : array of shape (rows,)
        Mean of each row over an average measured language.
    slope : array of shape (languages, features)
        What each feature's slope adds, against an average measured language.
    neighbours : array of shape (languages,)
        What the measured languages add beyond the slopes expected of any table.
    difference : array of shape (rows, languages)
        What is a row's own.
    deviation : array of shape (rows, languages)
        Standard deviation of the sum.
    repeat : float
        Standard deviation of a row's score about its slopes: what a measured cell may differ by when measured anew.
    """

    level: Array
    slope: Array
    neighbours: Array
    difference: Array
    deviation: Array
    repeat: float

    @property
    def mean(self) -> Array:
        """Sum of the four, of shape (rows, languages)."""
        return self.level[:, None] + self.slope.sum(1) + self.neighbours + self.difference

    def take(self, rows: NDArray[np.intp]) -> TableForecast:
        """Only some of the rows."""
        return replace(self, level=self.level[rows], difference=self.difference[rows], deviation=self.deviation[rows])


class JointForecast(NamedTuple):
    """Posterior of one row in some languages together, on the unbounded scale.

    Attributes
    ----------
    mean : array of shape (languages,)
    covariance : array of shape (languages, languages)
        Its diagonal is the square of `TableForecast.deviation`.
    """

    mean: Array
    covariance: Array


@dataclass(frozen=True)
class JointPosterior:
    """Posterior of every row in some languages together.

    Attributes
    ----------
    measured : array of bool of shape (rows, measured languages)
    mean : array of shape (rows, languages)
    shared : array of shape (languages, languages)
        Covariance of what all rows share.
    rows : array of shape (measured and other languages, the same)
        Prior covariance of a row's difference from that, of unit size; the measured languages come first.
    row_variance : float
        Its size.
    columns : array of int
        Where the languages are among those.
    """

    measured: NDArray[np.bool_]
    mean: Array
    shared: Array
    rows: Array
    row_variance: float
    columns: NDArray[np.intp]

    def of(self, row: int) -> JointForecast:
        """That of one row."""
        measured = np.flatnonzero(self.measured[row])
        inner = self.rows[np.ix_(measured, measured)] + ROW_JITTER * np.eye(len(measured))
        across = self.rows[np.ix_(measured, self.columns)]
        left = self.rows[np.ix_(self.columns, self.columns)] - across.T @ np.linalg.solve(inner, across)
        return JointForecast(self.mean[row], self.shared + self.row_variance * left)


class Covariance(NamedTuple):
    """Of some languages with the measured ones, and maybe with one another.

    Attributes
    ----------
    cross : array of shape (languages, measured or languages)
    variance : array of shape (languages,)
    """

    cross: Array
    variance: Array


@dataclass(frozen=True)
class _Prior:
    """Covariances of some languages (the measured ones first) with the measured ones, and their variances.

    Attributes
    ----------
    by_feature : array of shape (languages, features)
        Features times the mean direction: what a slope of unit size adds.
    slope, rest, rows : Covariance
        Of the slope, of what it leaves, and of the differences between rows, each of unit size.
    """

    by_feature: Array
    slope: Covariance
    rest: Covariance
    rows: Covariance

    @property
    def mean(self) -> Array:
        """Slope of unit size on the mean direction, of shape (languages,)."""
        return self.by_feature.sum(1)


class _Component(NamedTuple):
    """The posterior at one point of the grid of sizes.

    Attributes
    ----------
    score : float
        Logarithm of its weight, up to a constant.
    size : float
        Of the slope.
    mean : array of shape (languages,)
    cross : array of shape (languages, columns)
        Prior covariance.
    variance : array of shape (languages,)
        Of the prior.
    reach : array of shape (measured, languages)
        Its products are what the measured languages take off the covariance.
    """

    score: float
    size: float
    mean: Array
    cross: Array
    variance: Array
    reach: Array


class TableModel:
    """Forecasts of a table's rows in any language.

    Parameters
    ----------
    factors : LanguageFactors
    priors : SlopePriors
    probe : Probe, optional
        Instead of the one that ships.
    """

    def __init__(self, factors: LanguageFactors, priors: SlopePriors, probe: Probe | None = None):
        self.factors, self.priors, self.probe = factors, priors, probe

    def fit(self, values: Array, languages: Sequence[str]) -> Self:
        """Take in a table.

        Parameters
        ----------
        values : array of shape (rows, languages)
            On the unbounded scale; NaN where not measured. Every row and every language has a value.
        languages : sequence of str
        """
        self.values, self.languages = values, tuple(languages)
        mean, self.row_levels_, columns = two_way(values)
        self.levels_ = mean + columns  # (languages,)
        self.residuals_ = values - self.row_levels_[:, None] - self.levels_
        own = self._prior(self.languages)
        self.row_variance_ = self._row_variance(own)
        return self

    def predict(self, languages: Sequence[str]) -> TableForecast:
        """Posterior of every row in some languages, measured ones or others."""
        every, columns = self._with(languages)
        prior = self._prior(every)
        slope, neighbours, variance = self._shared(prior)
        difference, own_variance = self._differences(prior)
        return TableForecast(
            self.row_levels_ + self.levels_.mean(),
            slope[columns],
            neighbours[columns],
            difference[:, columns],
            np.sqrt(variance + own_variance)[:, columns],
            float(np.sqrt(self.row_variance_ * self.priors.row_residual)),
        )

    def joint(self, languages: Sequence[str]) -> JointPosterior:
        """Posterior of some languages together."""
        every, columns = self._with(languages)
        prior = self._prior(every, len(every))
        components = list(self._components(prior))
        weights = _weights(components)
        means = np.array([one.mean for one in components])
        mean = weights @ means
        covariance = np.einsum("k,kj,kl->jl", weights, means - mean, means - mean, optimize=True)
        for weight, one in zip(weights, components, strict=True):
            covariance += weight * (one.cross - one.reach.T @ one.reach)
        difference, _ = self._differences(prior)
        means_of_rows = self.row_levels_[:, None] + self.levels_.mean() + mean + difference
        row_variance = (1 - 1 / len(self.values)) * self.row_variance_
        return JointPosterior(
            ~np.isnan(self.values), means_of_rows[:, columns], covariance[np.ix_(columns, columns)],
            prior.rows.cross, row_variance, np.array(columns, dtype=np.intp),
        )  # fmt: skip

    def _with(self, languages: Sequence[str]) -> tuple[tuple[str, ...], list[int]]:
        """The measured languages and, after them, those of some others that are new; and where the others are."""
        every = tuple(dict.fromkeys((*self.languages, *languages)))
        place = {language: position for position, language in enumerate(every)}
        return every, [place[language] for language in languages]

    def expected_spread(self) -> float:
        """Standard deviation that values of the languages at hand have before any is seen, sizes at their mean."""
        prior, (size, rest) = self._prior(self.languages), np.exp(self.priors.size)
        covariance = size**2 * prior.slope.cross + rest**2 * prior.rest.cross
        return float(np.sqrt(np.trace(covariance - covariance.mean(0)) / len(covariance) + (size * prior.mean).var()))

    def _prior(self, languages: tuple[str, ...], columns: int | None = None) -> _Prior:
        """The prior of some languages, with its covariances to the first `columns`, by default the measured ones."""
        priors, count = self.priors, columns or len(self.languages)
        features = read_features(self.factors, languages, self.probe)
        values, itself = features.values, sameness(languages, languages[:count])
        kin = KIN_SHARE * kinship(languages, languages[:count]) + (1 - KIN_SHARE) * itself
        spread = DIRECTION_INFLATION * priors.direction_covariance
        second_moment = np.outer(priors.direction, priors.direction) + spread
        uncertain = np.einsum("jkl,kl->j", features.covariance, second_moment)
        with_one = np.column_stack([np.ones(len(languages)), values])
        slope, rows = values @ spread, with_one @ priors.row_covariance
        left = priors.row_residual
        return _Prior(
            values * priors.direction,
            Covariance(slope @ values[:count].T + uncertain[:, None] * itself, _products(slope, values) + uncertain),
            Covariance(kin, np.ones(len(languages))),
            Covariance(rows @ with_one[:count].T + left * kin, _products(rows, with_one) + left),
        )

    def _row_variance(self, own: _Prior) -> float:
        """Size of the differences between rows: the table's own, drawn to the prior one."""
        prior = float(np.exp(2 * self.priors.size).sum())
        rows, columns = self.values.shape
        if rows == 1:
            return prior
        features = read_features(self.factors, self.languages, self.probe).values
        centred = np.column_stack([np.zeros(columns), features - features.mean(0)])
        expected = _products(centred @ self.priors.row_covariance, centred) + self.priors.row_residual
        cells = (~np.isnan(self.values)).sum()
        used = (rows - 1) / rows
        freedom = min(used * cells * FREEDOM, MOST_CELLS)
        squares = np.nansum(self.residuals_**2 / expected) / max(used * (1 - 1 / columns), 0.2)
        return float((PRIOR_CELLS * prior + freedom * squares / cells) / (PRIOR_CELLS + freedom))

    def _shared(self, prior: _Prior) -> tuple[Array, Array, Array]:
        """What all rows share, mixed over the grid of sizes: slopes, neighbours, and the variance of their sum."""
        components = list(self._components(prior))
        weights = _weights(components)
        means = np.array([one.mean for one in components])
        variances = np.array([np.maximum(one.variance - (one.reach**2).sum(0), JITTER) for one in components])
        mean = weights @ means
        variance = weights @ (variances + (means - mean) ** 2)
        size = weights @ np.array([one.size for one in components])
        by_feature = size * (prior.by_feature - prior.by_feature[: len(self.languages)].mean(0))
        return by_feature, mean - by_feature.sum(1), variance

    def _components(self, prior: _Prior) -> Iterator[_Component]:
        """What all rows share, at each point of the grid of sizes."""
        count, rows = len(self.languages), len(self.values)
        cells = (~np.isnan(self.values)).sum(0)
        noise = self.row_variance_ * self.priors.row_residual * (1 / cells - 1 / rows) + JITTER
        centre = self.levels_.mean()
        slope = prior.mean - prior.mean[:count].mean()
        inverse = np.linalg.inv(self.priors.size_covariance)
        for offset in SIZES:
            size, rest = np.exp(self.priors.size + offset)
            scales = (size**2, rest**2, self.row_variance_ / rows)
            parts = tuple(zip(scales, (prior.slope, prior.rest, prior.rows), strict=True))
            cross = sum(scale * part.cross for scale, part in parts) + LEVEL_VARIANCE  # (languages, columns)
            own = sum(scale * part.variance for scale, part in parts) + LEVEL_VARIANCE
            measured = cross[:, :count]
            factor = factorize(measured[:count] + np.diag(noise))
            misfit = self.levels_ - centre - size * slope[:count]
            solved = np.linalg.solve(factor, np.column_stack([misfit, measured.T]))
            misfit, reach = solved[:, 0], solved[:, 1:]  # (measured,), (measured, languages)
            likelihood = -0.5 * misfit @ misfit - np.log(np.diag(factor)).sum()
            score = TEMPER * likelihood - 0.5 * offset @ inverse @ offset
            yield _Component(float(score), float(size), size * slope + misfit @ reach, cross, own, reach)

    def _differences(self, prior: _Prior) -> tuple[Array, Array]:
        """Posterior mean and variance of each row's difference from what all share, of shape (rows, languages)."""
        rows = len(self.values)
        cross, own = prior.rows
        mean, variance = np.zeros((rows, len(own))), np.zeros((rows, len(own)))
        if rows == 1:
            return mean, variance
        patterns, pattern_of = np.unique(~np.isnan(self.values), axis=0, return_inverse=True)
        for number, measured in enumerate(patterns):
            alike = np.flatnonzero(pattern_of.ravel() == number)
            columns = np.flatnonzero(measured)
            inner = cross[np.ix_(columns, columns)] + ROW_JITTER * np.eye(len(columns))
            weights = np.linalg.solve(inner, cross[:, columns].T)  # (measured, languages)
            mean[alike] = self.residuals_[np.ix_(alike, columns)] @ weights
            left = np.maximum(own - np.einsum("mj,jm->j", weights, cross[:, columns]), 0.0)
            variance[alike] = left * (1 - 1 / rows) * self.row_variance_
        return mean, variance


def _weights(components: Sequence[_Component]) -> Array:
    """Weights of the points of the grid, summing to one."""
    scores = np.array([one.score for one in components])
    weights = np.exp(scores - scores.max())
    return np.asarray(weights / weights.sum())


def _products(left: Array, right: Array) -> Array:
    """Inner products of the rows of two arrays."""
    return np.einsum("ij,ij->i", left, right)


def factorize(covariance: Array) -> Array:
    """Cholesky factor of a covariance, with a larger diagonal where kinship made an eigenvalue negative.

    Distances of which some are not known are not always those of points in a space.
    """
    try:
        return np.asarray(np.linalg.cholesky(covariance), dtype=np.float64)
    except np.linalg.LinAlgError:
        lacking = JITTER - float(np.linalg.eigvalsh(covariance)[0])
        return np.asarray(np.linalg.cholesky(covariance + lacking * np.eye(len(covariance))), dtype=np.float64)
