"""The two covariances, of mixes and of languages, whose product is that of the cells of a grid, and their parameters.

The parameters maximise the marginal likelihood of a part of the grid, with a log-normal prior.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from isogloss.forecasting.features import (
    SIMILARITY_REACH,
    dose,
    dose_shares,
    energy_distance,
    language_features,
    own_dose,
    space,
    total_dose,
)
from isogloss.forecasting.gaussian_process import Prior, log_likelihood_slope, maximise, squared_distances
from isogloss.forecasting.grid import Array, Grid, TrainingMixes
from isogloss.forecasting.kronecker import MEAN_PRECISION, Likelihood, Product, Side, log_likelihood

PRIOR = Prior(
    width=1.5,
    mixes={"total": 0.2, "doses": 0.2, "kinship": 0.2, "run": 0.02},
    languages={"common": 0.1, "factors": 0.3, "neighbours": 0.4, "own": 0.1},
    lengths={"total": 1.0, "doses": 6.0, "kinship": 0.3, "neighbours": 0.3},
    noise=0.05,
)
"""Variances of each term of the two covariances, the lengths over which four of them fall, and the noise."""
FURTHEST = 6.0
"""Logarithmic units by which a parameter may leave its prior's centre."""
STEPS = 30
ROWS, LANGUAGES, CELLS = 120, 60, 400
"""Parameters are learnt on this much: more changes them little and costs much."""
VARIES = 1e-6
"""Standard deviation up to which a factor counts as the same in all languages."""
BEYOND = 2.5
"""Standard deviations of a factor at which it is held: nothing is known further out."""
DOSE_UNIT = 5.0
"""Terms of the mean are of the order of one."""
NEITHER = 1.0
"""Distance of a model used as it is from any language that another was trained on."""


@dataclass(frozen=True)
class MixDistances:
    """Squared distances between mixes, arrays of shape (rows, columns).

    Attributes
    ----------
    totals, doses : arrays
        Squared Euclidean, of the logarithm of all examples and of every source's dose.
    kinship : array
        Energy distance of what the sources are.
    same : array
        1 for one and the same mix, which shares the luck of its run.
    """

    totals: Array
    doses: Array
    kinship: Array
    same: Array

    @classmethod
    def between(cls, rows: TrainingMixes, columns: TrainingMixes) -> MixDistances:
        """How far `rows` are from `columns`; the doses are those of the columns' sources."""
        squares = squared_distances(dose(rows.over(columns.sources)), dose(columns.sizes))
        totals = total_dose(rows.sizes)[:, None] - total_dose(columns.sizes)
        same = np.array(rows.texts, dtype=object)[:, None] == np.array(columns.texts, dtype=object)
        return cls(totals**2, squares, _kinship(rows, columns), same.astype(float))

    def take(self, rows: np.ndarray) -> MixDistances:
        """Some mixes of those that are both rows and columns."""
        cells = np.ix_(rows, rows)
        return MixDistances(self.totals[cells], self.doses[cells], self.kinship[cells], self.same[cells])


@dataclass(frozen=True)
class LanguageCovariates:
    """Languages with their factors, an array of shape (languages, factors)."""

    names: tuple[str, ...]
    factors: Array

    @classmethod
    def of(cls, names: Sequence[str], trained: TrainingMixes) -> LanguageCovariates:
        """Factors as `isogloss.forecasting.features.language_features` counts them."""
        known = space(names, trained.sources)
        return cls(tuple(names), language_features(known, names, trained.sources, trained.sizes))

    def take(self, places: np.ndarray) -> LanguageCovariates:
        """Only some of them."""
        return LanguageCovariates(tuple(self.names[place] for place in places), self.factors[places])

    def distances(self, others: LanguageCovariates) -> Array:
        """Combined distances, of shape (languages, others)."""
        return space(self.names, others.names).between("combined", self.names, others.names)


@dataclass(frozen=True)
class GridCovariance:
    """Covariances of mixes and of languages, with the units that scores and factors are standardised by.

    Attributes
    ----------
    parameters : array of shape (13,)
        Logarithms, as `PRIOR` names them.
    factor_mean, factor_spread : arrays of shape (factors,)
        Of the target languages' factors.
    centre, scale : float
        Mean and standard deviation of the scores.
    own_floor : float
        Smallest variance of a language's own that makes the covariance one, see `with_floor`.
    """

    parameters: Array
    factor_mean: Array
    factor_spread: Array
    centre: float
    scale: float
    own_floor: float = 0.0

    @classmethod
    def learn(cls, grid: Grid, languages: LanguageCovariates) -> GridCovariance:
        """Parameters of the largest posterior density; `languages` are the grid's targets."""
        spread = languages.factors.std(0)
        prior = cls(
            parameters=PRIOR.centre,
            factor_mean=languages.factors.mean(0),
            factor_spread=np.where(spread > VARIES, spread, np.inf),  # what is the same everywhere tells nothing
            centre=float(np.nanmean(grid.scores)),
            scale=float(np.nanstd(grid.scores)) or 1.0,
        )
        bounds = PRIOR.centre - FURTHEST, PRIOR.centre + FURTHEST
        parameters = maximise(GridLikelihood(prior, grid, languages), PRIOR, steps=STEPS, bounds=bounds)
        return replace(prior, parameters=parameters).with_floor(grid.targets)

    def with_floor(self, languages: Sequence[str]) -> GridCovariance:
        """The same, so that `of_languages` has no negative eigenvalue over any of some languages.

        Where features are missing, each distance rests on others, and exp(-distance) alone may have some.
        """
        between = space(languages).between("combined", languages, languages)
        lowest = float(np.linalg.eigvalsh(np.exp(-between / self.lengths["neighbours"])).min())
        return replace(self, own_floor=max(0.0, -lowest * self.language_weights["neighbours"]))

    @property
    def mix_weights(self) -> dict[str, float]:
        """Variances of the terms of mixes."""
        return dict(PRIOR.read(self.parameters).mixes)

    @property
    def language_weights(self) -> dict[str, float]:
        """Variances of the terms of languages."""
        weights = dict(PRIOR.read(self.parameters).languages)
        return weights | {"own": max(weights["own"], self.own_floor)}

    @property
    def lengths(self) -> dict[str, float]:
        """How far a likeness reaches."""
        return dict(PRIOR.read(self.parameters).lengths)

    @property
    def noise(self) -> float:
        """Variance of the noise, against that of the scores."""
        return float(PRIOR.read(self.parameters).noise)

    def of_mixes(self, distances: MixDistances) -> Array:
        """Covariance of mixes: 1 and the sum of `mix_terms`."""
        return np.asarray(1.0 + sum(self.mix_terms(distances).values()))

    def mix_terms(self, distances: MixDistances) -> dict[str, Array]:
        """Terms of the covariance of mixes, by name."""
        weights, lengths = self.mix_weights, self.lengths
        return {
            "total": weights["total"] * np.exp(-0.5 * distances.totals / lengths["total"] ** 2),
            "doses": weights["doses"] * np.exp(-0.5 * distances.doses / lengths["doses"] ** 2),
            "kinship": weights["kinship"] * np.exp(-distances.kinship / lengths["kinship"]),
            "run": weights["run"] * distances.same,
        }

    def of_languages(self, languages: LanguageCovariates, others: LanguageCovariates) -> Array:
        """Covariance of languages: the sum of `language_terms`."""
        return np.asarray(sum(self.language_terms(languages, others, languages.distances(others)).values()))

    def language_terms(
        self, languages: LanguageCovariates, others: LanguageCovariates, distances: Array
    ) -> dict[str, Array]:
        """Terms of the covariance of languages, by name; `distances` are the combined ones, (languages, others)."""
        weights = self.language_weights
        factors, other_factors = self._standardised(languages.factors), self._standardised(others.factors)
        return {
            "common": np.full(distances.shape, weights["common"]),
            "factors": weights["factors"] * (factors @ other_factors.T) / factors.shape[1],
            "neighbours": weights["neighbours"] * np.exp(-distances / self.lengths["neighbours"]),
            "own": weights["own"] * (np.array(languages.names)[:, None] == np.array(others.names)),
        }

    @property
    def mix_variance(self) -> float:
        """Covariance of any mix with itself."""
        return 1.0 + float(np.array(list(self.mix_weights.values())).sum())

    def language_variances(self, languages: LanguageCovariates) -> Array:
        """Covariance of each language with itself."""
        weights = self.language_weights
        squares = (self._standardised(languages.factors) ** 2).mean(1)
        return weights["common"] + weights["factors"] * squares + weights["neighbours"] + weights["own"]

    def _standardised(self, factors: Array) -> Array:
        return np.clip((factors - self.factor_mean) / self.factor_spread, -BEYOND, BEYOND)


class GridLikelihood:
    """Log marginal likelihood of a part of a grid, with its slope in the parameters.

    Parameters
    ----------
    covariance : GridCovariance
        Whose parameters are replaced.
    grid : Grid
        Of which at most 120 mixes x 60 languages are taken; 400 cells where some are missing.
    languages : LanguageCovariates
        The grid's targets.
    distances : array of shape (targets, targets), optional
        Of the languages; by default their combined distances.
    """

    def __init__(
        self, covariance: GridCovariance, grid: Grid, languages: LanguageCovariates, distances: Array | None = None
    ):
        chance = np.random.default_rng(0)
        rows, columns = (
            np.sort(chance.permutation(count)[:most])
            for count, most in zip(grid.scores.shape, (ROWS, LANGUAGES), strict=True)
        )
        mixes = grid.mixes.take(rows)
        self._covariance, self._languages = covariance, languages.take(columns)
        self._mixes = MixDistances.between(mixes, mixes)
        between = self._languages.distances(self._languages)
        self._between = between if distances is None else distances[np.ix_(columns, columns)]
        self._scores = (grid.scores[np.ix_(rows, columns)] - covariance.centre) / covariance.scale
        self._mean = mean_terms(mixes, self._languages.names)
        self._has_gaps = bool(np.isnan(self._scores).any())
        if self._has_gaps:
            measured = np.argwhere(~np.isnan(self._scores))
            self._keep(*measured[np.sort(chance.permutation(len(measured))[:CELLS])].T)

    def _keep(self, rows: np.ndarray, columns: np.ndarray) -> None:
        """Only these cells, each with a mix and a language of its own."""
        self._mixes, self._languages = self._mixes.take(rows), self._languages.take(columns)
        self._between = self._between[np.ix_(columns, columns)]
        self._scores, self._mean = self._scores[rows, columns], self._mean[:, rows, columns]

    def __call__(self, parameters: Array) -> Iterator[tuple[float, Array]]:
        covariance = replace(self._covariance, parameters=parameters)
        mixes = covariance.mix_terms(self._mixes)
        languages = covariance.language_terms(self._languages, self._languages, self._between)
        of_rows, of_columns = np.asarray(1.0 + sum(mixes.values())), np.asarray(sum(languages.values()))
        likelihood = (self._of_cells if self._has_gaps else self._of_grid)(of_rows, of_columns, covariance.noise)
        steep = {name: likelihood.rows * term for name, term in mixes.items()}
        steep_languages = {name: likelihood.columns * term for name, term in languages.items()}
        lengths = covariance.lengths
        by_length = {
            "total": (steep["total"] * self._mixes.totals).sum() / lengths["total"] ** 2,
            "doses": (steep["doses"] * self._mixes.doses).sum() / lengths["doses"] ** 2,
            "kinship": (steep["kinship"] * self._mixes.kinship).sum() / lengths["kinship"],
            "neighbours": (steep_languages["neighbours"] * self._between).sum() / lengths["neighbours"],
        }
        yield (
            likelihood.value,
            PRIOR.flat(
                mixes={name: term.sum() for name, term in steep.items()},
                languages={name: term.sum() for name, term in steep_languages.items()},
                lengths=by_length,
                noise=likelihood.noise * covariance.noise,
            ),
        )

    def _of_grid(self, of_rows: Array, of_columns: Array, noise: float) -> Likelihood:
        return log_likelihood(Product(Side.of(of_rows), Side.of(of_columns), noise), self._mean, self._scores)

    def _of_cells(self, of_rows: Array, of_columns: Array, noise: float) -> Likelihood:
        of_mean = self._mean.T @ self._mean / MEAN_PRECISION
        covariance = of_rows * of_columns + of_mean
        covariance[np.diag_indices_from(covariance)] += noise
        value, slope = log_likelihood_slope(covariance, self._scores)
        return Likelihood(
            value, slope * of_columns, slope * of_rows, float(np.trace(slope)), float((slope * of_mean).sum())
        )


def mean_terms(mixes: TrainingMixes, targets: Sequence[str]) -> Array:
    """Terms of the mean: 1, the dose of the target's own examples and of its kin's, of shape (3, rows, targets)."""
    between = space(mixes.sources, targets).between("combined", mixes.sources, targets)
    own = own_dose(mixes.sizes, mixes.sources, targets)
    kin = dose(mixes.sizes @ np.exp(-between / SIMILARITY_REACH))
    return np.stack([np.ones_like(own), own / DOSE_UNIT, kin / DOSE_UNIT])


def _kinship(rows: TrainingMixes, columns: TrainingMixes) -> Array:
    every = sorted({*rows.sources, *columns.sources})
    distance = np.full((len(every) + 1, len(every) + 1), NEITHER)
    distance[-1, -1] = 0.0
    distance[:-1, :-1] = space(every).between("combined", every, every)
    shares = [dose_shares(mixes.over(every)) for mixes in (rows, columns)]
    left, right = (np.column_stack([share, share.sum(1) == 0]) for share in shares)
    return energy_distance(left, right, distance)
