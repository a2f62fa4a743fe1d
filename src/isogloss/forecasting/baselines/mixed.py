"""Partial pooling: a mixed model with crossed random effects of language and mix, and covariates for both.

    score = mean + b . dose(mix, language) + c . factors(language) + language + mix + noise

b is fixed; c, language, mix and noise are normal with variances of their own, learnt by restricted maximum
likelihood. Answers are best linear unbiased predictions (Henderson 1975, Robinson 1991): a language or mix
that was measured often keeps its own mean, one measured seldom is drawn to what its covariates say, and one
never measured has nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from isogloss.forecasting.capability import Capability
from isogloss.forecasting.features import language_features, own_dose, space, total_dose
from isogloss.forecasting.forecaster import Forecaster
from isogloss.forecasting.gaussian_process import Prior, maximise
from isogloss.forecasting.grid import Array, Grid, TrainingMixes
from isogloss.forecasting.grid_model import GridModel

PRIOR = Prior(width=3.0, slopes=1.0, languages=4.0, mixes=4.0)
"""Variances of slopes, languages and mixes, against the noise."""
WITHIN = (-12.0, 12.0)
"""Where their logarithms may go."""
STEPS = 40
BEYOND = 2.5
"""Standard deviations at which a factor is held: nothing is known further out."""
VARIES = 1e-6
UNIDENTIFIED = 1e-6
"""Penalty of the doses' slopes, against the noise: only what the evidence cannot tell goes to zero."""
SMALLEST_NOISE = 1e-10


@dataclass(frozen=True)
class Products:
    """Cross products of the design, which is all that the likelihood needs of the cells.

    The first columns of the design are the mean and the doses, then come the factors, then one per language; the
    effects of mixes are kept apart, because their part of the equations is diagonal.

    Attributes
    ----------
    fixed, slopes, languages : int
        Number of columns of each kind.
    design : array of shape (columns, columns)
    crossed : array of shape (mixes, columns)
    counts : array of shape (mixes,)
        Cells measured in each.
    response : array of shape (columns,)
    sums : array of shape (mixes,)
    squares : float
    cells : int
    """

    fixed: int
    slopes: int
    languages: int
    design: Array
    crossed: Array
    counts: Array
    response: Array
    sums: Array
    squares: float
    cells: int


class MixedModel(GridModel):
    """Levels of languages and mixes, pooled as far as the evidence says.

    Parameters
    ----------
    variances : array of shape (3,), optional
        Logarithms, to skip learning them.

    Attributes
    ----------
    variances_ : array of shape (3,)
        Log variances of slopes, languages and mixes, against that of the noise.
    noise_ : float
        Standard deviation of the noise.
    mean_ : float
        Of all scores.
    effects_ : array
        What the mean of the model adds to it, slopes of doses, slopes of factors, and effect of each language.
    mix_effects_ : dict of str to float
    """

    def __init__(self, variances: Array | None = None):
        self.variances = variances

    def fit(self, grid: Grid) -> Self:
        self.grid_, self.mean_ = grid, float(np.nanmean(grid.scores))
        factors = self._raw_factors(grid.targets)
        self._factor_mean, spread = factors.mean(0), factors.std(0)
        self._factor_spread = np.where(spread > VARIES, spread, np.inf)  # what is the same everywhere tells nothing
        doses, measured = self._raw_doses(grid.mixes, grid.targets), ~np.isnan(grid.scores)
        self._dose_mean, spread = doses[measured].mean(0), doses[measured].std(0)
        self._dose_spread = np.where(spread > VARIES, spread, np.inf)
        products = self._products(doses)
        self.variances_ = self._learn(products) if self.variances is None else self.variances
        solved = _solve(products, self.variances_)
        self.effects_, self.noise_ = solved.effects, float(np.sqrt(solved.noise))
        self._covariance = cho_solve(solved.factor, np.eye(len(solved.effects)))
        self.mix_effects_ = dict(zip(grid.mixes.texts, solved.mixes.tolist(), strict=True))
        return self

    def predict_mixes(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        targets = self.grid_.targets
        scores = self._fixed(mixes, targets) + self.effects_[-len(targets) :]
        new = np.array([text not in self.mix_effects_ for text in mixes.texts])
        doubt = np.diagonal(self._covariance)[-len(targets) :] + new[:, None] * np.exp(self.variances_[2]) + 1
        return scores[None], self.noise_ * np.sqrt(doubt) + 1e-9

    def predict_languages(self, mixes: TrainingMixes, targets: Sequence[str], measured: Array) -> tuple[Array, Array]:
        scores = self._fixed(mixes, targets)
        slopes = slice(self._fixed_width, self._fixed_width + self._factor_mean.size)
        factors = self._factors(targets)
        doubt = np.einsum("ij,jk,ik->i", factors, self._covariance[slopes, slopes], factors)
        return scores[None], self.noise_ * np.sqrt(doubt + np.exp(self.variances_[1]) + 1) + 1e-9

    def for_fold(self) -> MixedModel:
        # Three variances shared by all languages and mixes hardly move with an eighth of them.
        return MixedModel(self.variances_)

    @staticmethod
    def _learn(products: Products) -> Array:
        def log_likelihoods(variances: Array) -> list[tuple[float, float]]:
            return [(_log_likelihood(products, variances), 0.0)]

        return maximise(log_likelihoods, PRIOR, steps=STEPS, bounds=WITHIN, by_differences=True)

    @property
    def _fixed_width(self) -> int:
        return 1 + self._dose_mean.size

    def _raw_factors(self, targets: Sequence[str]) -> Array:
        trained = self.grid_.mixes
        return language_features(space(trained.sources, targets), targets, trained.sources, trained.sizes)

    def _factors(self, targets: Sequence[str]) -> Array:
        return np.clip((self._raw_factors(targets) - self._factor_mean) / self._factor_spread, -BEYOND, BEYOND)

    @staticmethod
    def _raw_doses(mixes: TrainingMixes, targets: Sequence[str]) -> Array:
        own = own_dose(mixes.sizes, mixes.sources, targets)
        return np.stack([np.broadcast_to(total_dose(mixes.sizes)[:, None], own.shape), own], axis=2)

    def _doses(self, raw: Array) -> Array:
        return (raw - self._dose_mean) / self._dose_spread

    def _fixed(self, mixes: TrainingMixes, targets: Sequence[str]) -> Array:
        """All but the languages' own effects, of shape (rows, targets)."""
        doses = self._doses(self._raw_doses(mixes, targets))
        slopes = self.effects_[self._fixed_width : self._fixed_width + self._factor_mean.size]
        own = np.array([self.mix_effects_.get(text, 0.0) for text in mixes.texts])
        by_dose = self.mean_ + self.effects_[0] + doses @ self.effects_[1 : self._fixed_width]
        return own[:, None] + by_dose + self._factors(targets) @ slopes

    def _products(self, doses: Array) -> Products:
        measured = ~np.isnan(self.grid_.scores)
        mask, scores = measured.astype(float), np.where(measured, self.grid_.scores - self.mean_, 0.0)
        covariates = np.concatenate(
            [
                np.ones((*mask.shape, 1)),
                self._doses(doses),
                np.broadcast_to(self._factors(self.grid_.targets), (*mask.shape, self._factor_mean.size)),
            ],
            axis=2,
        )
        masked = covariates * mask[:, :, None]
        cells = masked[measured]
        by_language = masked.sum(0)  # (targets, covariates)
        design = np.block([[cells.T @ cells, by_language.T], [by_language, np.diag(mask.sum(0))]])
        return Products(
            fixed=self._fixed_width,
            slopes=self._factor_mean.size,
            languages=len(self.grid_.targets),
            design=design,
            crossed=np.hstack([masked.sum(1), mask]),
            counts=mask.sum(1),
            response=np.concatenate([cells.T @ scores[measured], scores.sum(0)]),
            sums=scores.sum(1),
            squares=float((scores**2).sum()),
            cells=int(measured.sum()),
        )


class Mixed(Forecaster):
    """Crossed random effects of language and mix, with seven factors of the language and two doses.

    See the notes of `isogloss.forecasting.baselines.mixed` for the model.

    Notes
    -----
    Levels only: what a mix is worth is the same for all languages, but for their own examples in it.
    """

    grid_model = MixedModel
    capabilities = frozenset({Capability.LANGUAGES, Capability.MIXES})


def _log_likelihood(products: Products, variances: Array) -> float:
    """Restricted likelihood, the noise profiled out, but for a constant."""
    solved = _solve(products, variances)
    widths = products.slopes, products.languages, len(products.counts)
    deviance = _degrees(products) * np.log(solved.noise) + solved.determinant + float(np.dot(widths, variances))
    return -0.5 * float(deviance)


@dataclass(frozen=True)
class _Solved:
    """Henderson's mixed model equations, solved.

    Attributes
    ----------
    effects : array of shape (columns,)
    mixes : array of shape (mixes,)
    factor : tuple
        Cholesky factor of the equations of `effects`, the mixes eliminated.
    determinant : float
        Logarithm, of the whole equations.
    noise : float
        Variance.
    """

    effects: Array
    mixes: Array
    factor: tuple[Array, bool]
    determinant: float
    noise: float


def _solve(products: Products, variances: Array) -> _Solved:
    slopes, languages, mixes = np.exp(-variances)
    penalties = np.repeat(
        [0.0, UNIDENTIFIED, slopes, languages], [1, products.fixed - 1, products.slopes, products.languages]
    )
    diagonal = products.counts + mixes
    scaled = products.crossed / diagonal[:, None]
    factor = cho_factor(products.design + np.diag(penalties) - products.crossed.T @ scaled, lower=True)
    effects = cho_solve(factor, products.response - scaled.T @ products.sums)
    of_mixes = (products.sums - products.crossed @ effects) / diagonal
    left = products.squares - effects @ products.response - of_mixes @ products.sums
    noise = max(float(left) / _degrees(products), SMALLEST_NOISE)
    determinant = np.log(diagonal).sum() + 2 * np.log(np.diag(factor[0])).sum()
    return _Solved(effects, of_mixes, factor, float(determinant), noise)


def _degrees(products: Products) -> int:
    return max(products.cells - products.fixed, 1)
