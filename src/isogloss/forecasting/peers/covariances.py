"""How alike mixes are, and languages: the two covariances whose product is that of the cells of a grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from isogloss.forecasting.features import (
    SIMILARITY_REACH,
    dose,
    dose_shares,
    energy_distance,
    language_features,
    own_dose,
    total_dose,
)
from isogloss.forecasting.grid import Array, TrainingMixes
from isogloss.forecasting.space import space

MIX_WEIGHTS = ("total", "doses", "kinship", "run")
LANGUAGE_WEIGHTS = ("common", "factors", "neighbours", "own")
LENGTHS = ("total", "doses", "kinship", "neighbours")
PRIOR = np.log([0.2, 0.2, 0.2, 0.02, 0.1, 0.3, 0.4, 0.1, 1.0, 6.0, 0.3, 0.3, 0.05])
"""Logarithms of the weights of mixes and languages, the lengths and the noise, where evidence does not tell."""
BEYOND = 2.5
"""Standard deviations of a factor at which it is held: nothing is known further out."""
DOSE_UNIT = 5.0
"""Terms of the mean are of the order of one."""
NEITHER = 1.0
"""Distance of a model used as it is from any language that another was trained on."""


@dataclass(frozen=True)
class Kernels:
    """What is learnt about covariances, and the units it was learnt in.

    Attributes
    ----------
    parameters : array of shape (13,)
        Logarithms of `MIX_WEIGHTS`, `LANGUAGE_WEIGHTS`, `LENGTHS` and the variance of the noise.
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

    def with_floor(self, languages: Sequence[str]) -> Kernels:
        """The same, so that `of_languages` has no negative eigenvalue over any of some languages.

        Where features are missing, each distance rests on others, and exp(-distance) alone may have some.
        """
        between = space(languages).between("combined", languages, languages)
        lowest = float(np.linalg.eigvalsh(np.exp(-between / self.lengths["neighbours"])).min())
        return replace(self, own_floor=max(0.0, -lowest * self.weights["neighbours"]))

    @property
    def weights(self) -> dict[str, float]:
        """Variances by name."""
        names = (*MIX_WEIGHTS, *LANGUAGE_WEIGHTS)
        weights = dict(zip(names, np.exp(self.parameters[:8]).tolist(), strict=True))
        return weights | {"own": max(weights["own"], self.own_floor)}

    @property
    def lengths(self) -> dict[str, float]:
        """How far a likeness reaches, by name."""
        return dict(zip(LENGTHS, np.exp(self.parameters[8:12]).tolist(), strict=True))

    @property
    def noise(self) -> float:
        """Variance of the noise, against that of the scores."""
        return float(np.exp(self.parameters[12]))

    def of_mixes(self, apart: Apart) -> Array:
        """Covariance of mixes."""
        return np.asarray(1.0 + sum(self.mix_terms(apart)))

    def mix_terms(self, apart: Apart) -> list[Array]:
        """What adds up to the covariance of mixes, besides 1, in the order of `MIX_WEIGHTS`."""
        weights, lengths = self.weights, self.lengths
        return [
            weights["total"] * np.exp(-0.5 * apart.totals / lengths["total"] ** 2),
            weights["doses"] * np.exp(-0.5 * apart.doses / lengths["doses"] ** 2),
            weights["kinship"] * np.exp(-apart.kinship / lengths["kinship"]),
            weights["run"] * apart.same,
        ]

    def of_languages(self, tongues: Tongues, others: Tongues) -> Array:
        """Covariance of languages."""
        between = space(tongues.names, others.names).between("combined", tongues.names, others.names)
        return np.asarray(sum(self.language_terms(tongues, others, between)))

    def language_terms(self, tongues: Tongues, others: Tongues, between: Array) -> list[Array]:
        """What adds up to the covariance of languages, in the order of `LANGUAGE_WEIGHTS`.

        Parameters
        ----------
        tongues, others : Tongues
        between : array of shape (tongues, others)
            Their combined distances.
        """
        weights = self.weights
        factors, other_factors = self._standardised(tongues.factors), self._standardised(others.factors)
        same = np.array(tongues.names)[:, None] == np.array(others.names)
        return [
            np.full(between.shape, weights["common"]),
            weights["factors"] * (factors @ other_factors.T) / factors.shape[1],
            weights["neighbours"] * np.exp(-between / self.lengths["neighbours"]),
            weights["own"] * same,
        ]

    @property
    def mix_variance(self) -> float:
        """Covariance of any mix with itself."""
        return 1.0 + float(np.exp(self.parameters[:4]).sum())

    def language_variances(self, tongues: Tongues) -> Array:
        """Covariance of each language with itself."""
        weights = self.weights
        squares = (self._standardised(tongues.factors) ** 2).mean(1)
        return weights["common"] + weights["factors"] * squares + weights["neighbours"] + weights["own"]

    def _standardised(self, factors: Array) -> Array:
        return np.clip((factors - self.factor_mean) / self.factor_spread, -BEYOND, BEYOND)


@dataclass(frozen=True)
class Apart:
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
    def between(cls, rows: TrainingMixes, columns: TrainingMixes) -> Apart:
        """How far `rows` are from `columns`; the doses are those of the columns' sources."""
        left, right = dose(rows.over(columns.sources)), dose(columns.sizes)
        squares = (left**2).sum(1)[:, None] + (right**2).sum(1) - 2 * left @ right.T
        totals = total_dose(rows.sizes)[:, None] - total_dose(columns.sizes)
        same = np.array(rows.texts, dtype=object)[:, None] == np.array(columns.texts, dtype=object)
        return cls(totals**2, np.maximum(squares, 0), _kinship(rows, columns), same.astype(float))

    def take(self, rows: np.ndarray) -> Apart:
        """Some mixes of those that are both rows and columns."""
        cells = np.ix_(rows, rows)
        return Apart(self.totals[cells], self.doses[cells], self.kinship[cells], self.same[cells])


@dataclass(frozen=True)
class Tongues:
    """Languages with their factors, an array of shape (languages, factors)."""

    names: tuple[str, ...]
    factors: Array

    @classmethod
    def of(cls, names: Sequence[str], trained: TrainingMixes) -> Tongues:
        """Factors as `isogloss.forecasting.features.language_features` counts them."""
        known = space(names, trained.sources)
        return cls(tuple(names), language_features(known, names, trained.sources, trained.sizes))

    def take(self, places: np.ndarray) -> Tongues:
        """Only some of them."""
        return Tongues(tuple(self.names[place] for place in places), self.factors[places])


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
