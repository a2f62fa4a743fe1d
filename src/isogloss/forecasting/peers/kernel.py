"""A Gaussian process over the whole grid: languages that are alike score alike under mixes that are alike.

    score(m, l) = b . terms(m, l) + f(m, l) + noise,   cov f = mixes(m, m') languages(l, l')

See `isogloss.forecasting.peers.kronecker` for how a product covariance is inverted by two small decompositions,
and how whole languages are left out in closed form; `isogloss.forecasting.peers.covariances` for the two factors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from isogloss.forecasting.forecaster import Forecaster
from isogloss.forecasting.grid import Array, Grid, TrainingMixes
from isogloss.forecasting.grid_model import GridModel
from isogloss.forecasting.peers.covariances import (
    PRIOR,
    Apart,
    Kernels,
    Tongues,
    mean_terms,
)
from isogloss.forecasting.peers.kernel_loss import Loss
from isogloss.forecasting.peers.kronecker import Process, Product, Side, leave_columns_out

VARIES = 1e-6
LARGEST = 1200
"""Mixes that the process takes in; of more, an even sample."""
FURTHEST = 6.0
"""Logarithmic units by which a parameter may leave its prior's mean."""


class Terms(NamedTuple):
    """A forecast as a sum: centre + mean.sum() + (weights * rest).sum().

    Attributes
    ----------
    centre : float
    mean : array of shape (terms,)
        As `isogloss.forecasting.peers.covariances.mean_terms` orders them, in the unit of the score.
    weights : array of shape (mixes, languages)
        By which each measured score is carried over; 0 where none was measured.
    rest : array of shape (mixes, languages)
        What the mean terms leave of each measured score.
    """

    centre: float
    mean: Array
    weights: Array
    rest: Array


class KernelModel(GridModel):
    """A Gaussian process whose covariance is a product of one of mixes and one of languages.

    Parameters
    ----------
    kernels : Kernels, optional
        To skip learning them.

    Attributes
    ----------
    kernels_ : Kernels
        By marginal likelihood, with a log-normal prior.
    """

    def __init__(self, kernels: Kernels | None = None):
        self.kernels = kernels

    def fit(self, grid: Grid) -> KernelModel:
        rows = len(grid.mixes.texts)
        even = np.unique(np.linspace(0, rows - 1, min(rows, LARGEST)).astype(int))
        self.grid_ = grid if len(even) == rows else grid.take(even)
        self._tongues = Tongues.of(self.grid_.targets, self.grid_.mixes)
        self.kernels_ = _learn(self.grid_, self._tongues) if self.kernels is None else self.kernels
        covariance = self._covariance(self.grid_.mixes, self._tongues)
        mean = mean_terms(self.grid_.mixes, self.grid_.targets)
        self._process = Process.learn(covariance, mean, self._scores)
        return self

    def predict_mixes(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        deviations = np.sqrt(self._variance(mixes, self._tongues) + self.kernels_.noise)
        return self._mean(mixes, self._tongues)[None], self.kernels_.scale * deviations

    def predict_languages(self, mixes: TrainingMixes, targets: Sequence[str], known: Array) -> tuple[Array, Array]:
        tongues = Tongues.of(targets, self.grid_.mixes)
        # One spread for each language: over what was measured, so that it does not depend on what else is asked.
        variance = self._variance(self.grid_.mixes, tongues).mean(0)
        return self._mean(mixes, tongues)[None], self.kernels_.scale * np.sqrt(variance + self.kernels_.noise)

    def terms(self, mix: TrainingMixes, target: str) -> Terms:
        """What the forecast of a language under one mix adds up.

        A Gaussian process is a weighted sum of the scores it was told, less its mean terms: K* (K + s I)^-1.
        """
        grid, process = self.grid_, self._process
        across, alike = self._towards(mix, Tongues.of([target], grid.mixes))
        rows, columns = process.covariance.rows, process.covariance.columns
        # As when forecasting: what the decompositions hold at zero says nothing.
        towards = (rows.rotate(across) @ rows.vectors.T).T * (columns.rotate(alike) @ columns.vectors.T)
        there = ~np.isnan(grid.scores)
        weights = process.covariance.solve_measured(np.where(there, towards, 0.0), there)
        expected = np.tensordot(process.coefficients, mean_terms(grid.mixes, grid.targets), 1)
        rest = np.where(there, self._scores - expected, 0.0)
        mean = process.coefficients * mean_terms(mix, [target])[:, 0, 0]
        scale = self.kernels_.scale
        return Terms(self.kernels_.centre, scale * mean, weights, scale * rest)

    def for_fold(self) -> KernelModel:
        # A dozen parameters shared by all cells hardly move with an eighth of the languages.
        return KernelModel(self.kernels_)

    def leave_languages_out(self, *, as_sources: bool = True) -> tuple[Array, Array]:
        """Forecast every language from the others, in closed form.

        Parameters
        ----------
        as_sources : bool, default True
            Whether a language that is left out vanishes from the mixes too, and with it the mixes that
            held nothing else. That takes two decompositions for each language that was trained on; else two do for all.

        Returns
        -------
        scores : array of shape (mixes, targets)
            NaN under mixes that went with the language.
        deviations : array of shape (mixes, targets)
            Standard deviation of each forecast, noise included.

        Raises
        ------
        ValueError
            If the grid has gaps.
        """
        grid = self.grid_
        if np.isnan(grid.scores).any():
            raise ValueError("a grid with gaps has no closed form: hold its languages out by refitting")
        trained = set(grid.mixes.sources) if as_sources else set()
        apart = [column for column, target in enumerate(grid.targets) if target in trained]
        rest = np.setdiff1d(np.arange(len(grid.targets)), apart)
        scores, deviations = np.full((2, *grid.scores.shape), np.nan)
        everywhere = np.arange(len(grid.scores))
        groups = [(grid.mixes, everywhere, rest)] + [
            (*_without(grid.mixes, grid.targets[column]), np.array([column])) for column in apart
        ]
        for mixes, rows, columns in groups:
            if len(rows) and len(columns):
                cells = np.ix_(rows, columns)
                scores[cells], deviations[cells] = self._left_out(mixes, rows, columns)
        return scores, deviations

    def _left_out(self, mixes: TrainingMixes, rows: np.ndarray, columns: np.ndarray) -> tuple[Array, Array]:
        covariance = self._covariance(mixes, Tongues.of(self.grid_.targets, mixes))
        mean = mean_terms(mixes, self.grid_.targets)
        standardised, variance = leave_columns_out(covariance, mean, self._scores[rows], columns)
        kernels = self.kernels_
        return kernels.centre + kernels.scale * standardised, kernels.scale * np.sqrt(variance + kernels.noise)

    @property
    def _scores(self) -> Array:
        return (self.grid_.scores - self.kernels_.centre) / self.kernels_.scale

    def _covariance(self, mixes: TrainingMixes, tongues: Tongues) -> Product:
        return Product(
            Side.of(self.kernels_.of_mixes(Apart.between(mixes, mixes))),
            Side.of(self.kernels_.of_languages(tongues, tongues)),
            self.kernels_.noise,
        )

    def _mean(self, mixes: TrainingMixes, tongues: Tongues) -> Array:
        """Scores, of shape (rows, languages)."""
        terms = mean_terms(mixes, tongues.names)
        return self.kernels_.centre + self.kernels_.scale * self._process.predict(terms, *self._towards(mixes, tongues))

    def _variance(self, mixes: TrainingMixes, tongues: Tongues) -> Array:
        """Of the scores, noise not counted, against that of all scores; of shape (rows, languages)."""
        prior = self.kernels_.mix_variance * self.kernels_.language_variances(tongues)
        share = float((~np.isnan(self.grid_.scores)).mean())
        return self._process.variance(*self._towards(mixes, tongues), prior, share)

    def _towards(self, mixes: TrainingMixes, tongues: Tongues) -> tuple[Array, Array]:
        """Covariance of mixes and of languages with those of the grid."""
        return (
            self.kernels_.of_mixes(Apart.between(mixes, self.grid_.mixes)),
            self.kernels_.of_languages(tongues, self._tongues),
        )


class Kernel(Forecaster):
    """A Gaussian process with a product covariance over languages and mixes.

    Notes
    -----
    A complete grid is solved exactly by two eigendecompositions, one with gaps by conjugate gradients. Parameters
    are learnt by marginal likelihood on at most 120 mixes x 60 languages (400 cells of a grid with gaps).
    Of more than 1200 mixes an even sample is taken in.
    """

    grid_model = KernelModel


def _without(mixes: TrainingMixes, language: str) -> tuple[TrainingMixes, np.ndarray]:
    """Mixes without any examples of a language, and which of them are left."""
    kept = np.array([source != language for source in mixes.sources], dtype=bool)
    sizes = mixes.sizes[:, kept]
    rows = np.flatnonzero((sizes.sum(1) > 0) | (mixes.sizes.sum(1) == 0))
    texts = tuple(mixes.texts[row] for row in rows)
    return TrainingMixes(texts, tuple(source for source in mixes.sources if source != language), sizes[rows]), rows


def _learn(grid: Grid, tongues: Tongues) -> Kernels:
    """Parameters of the largest marginal likelihood, with a log-normal prior."""
    spread = tongues.factors.std(0)
    units = Kernels(
        parameters=PRIOR,
        factor_mean=tongues.factors.mean(0),
        factor_spread=np.where(spread > VARIES, spread, np.inf),  # what is the same everywhere tells nothing
        centre=float(np.nanmean(grid.scores)),
        scale=float(np.nanstd(grid.scores)) or 1.0,
    )
    found = minimize(
        Loss(units, grid, tongues), PRIOR, method="L-BFGS-B", jac=True,
        bounds=[(start - FURTHEST, start + FURTHEST) for start in PRIOR], options={"maxiter": 30},
    )  # fmt: skip
    return replace(units, parameters=np.asarray(found.x)).with_floor(grid.targets)
