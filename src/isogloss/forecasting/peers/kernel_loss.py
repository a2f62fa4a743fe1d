"""What the kernel's parameters are learnt by: marginal likelihood on a part of the grid, and its gradient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from isogloss.forecasting.grid import Array, Grid
from isogloss.forecasting.peers.covariances import PRIOR, Apart, Kernels, Tongues, mean_terms
from isogloss.forecasting.peers.kronecker import MEAN_PRECISION, Likelihood, Product, Side, log_likelihood
from isogloss.forecasting.space import space

PRIOR_WIDTH = 1.5
ROWS, LANGUAGES, CELLS = 120, 60, 400
"""Parameters are learnt on this much: more changes them little and costs much."""
TOO_FAR = 1e10


class Loss:
    """Negative log posterior of the parameters, with its gradient; the prior is log-normal.

    Parameters
    ----------
    units : Kernels
        Whose parameters are replaced.
    grid : Grid
        Of which at most 120 mixes x 60 languages are taken; 400 cells where some are missing.
    tongues : Tongues
        The grid's targets.
    """

    def __init__(self, units: Kernels, grid: Grid, tongues: Tongues):
        chance = np.random.default_rng(0)
        rows, columns = (
            np.sort(chance.permutation(count)[:most])
            for count, most in zip(grid.scores.shape, (ROWS, LANGUAGES), strict=True)
        )
        mixes = grid.mixes.take(rows)
        self._units, self._tongues = units, tongues.take(columns)
        self._apart = Apart.between(mixes, mixes)
        names = self._tongues.names
        self._between = space(names).between("combined", names, names)
        self._scores = (grid.scores[np.ix_(rows, columns)] - units.centre) / units.scale
        self._mean = mean_terms(mixes, names)
        self._has_gaps = bool(np.isnan(self._scores).any())
        if self._has_gaps:
            measured = np.argwhere(~np.isnan(self._scores))
            self._keep(*measured[np.sort(chance.permutation(len(measured))[:CELLS])].T)

    def _keep(self, rows: np.ndarray, columns: np.ndarray) -> None:
        """Only these cells, each with a mix and a language of its own."""
        self._apart, self._tongues = self._apart.take(rows), self._tongues.take(columns)
        self._between = self._between[np.ix_(columns, columns)]
        self._scores, self._mean = self._scores[rows, columns], self._mean[:, rows, columns]

    def __call__(self, parameters: Array) -> tuple[float, Array]:
        kernels = replace(self._units, parameters=parameters)
        mixes = kernels.mix_terms(self._apart)
        languages = kernels.language_terms(self._tongues, self._tongues, self._between)
        try:
            found = (self._of_cells if self._has_gaps else self._of_grid)(mixes, languages, kernels.noise)
        except LinAlgError:
            return TOO_FAR, np.zeros(len(parameters))
        of_mixes = [found.rows * term for term in mixes]
        of_languages = [found.columns * term for term in languages]
        lengths = kernels.lengths
        gradient = [
            *(term.sum() for term in (*of_mixes, *of_languages)),
            (of_mixes[0] * self._apart.totals).sum() / lengths["total"] ** 2,
            (of_mixes[1] * self._apart.doses).sum() / lengths["doses"] ** 2,
            (of_mixes[2] * self._apart.kinship).sum() / lengths["kinship"],
            (of_languages[2] * self._between).sum() / lengths["neighbours"],
            found.noise * kernels.noise,
        ]
        from_prior = (parameters - PRIOR) / PRIOR_WIDTH
        return 0.5 * float((from_prior**2).sum()) - found.value, from_prior / PRIOR_WIDTH - np.array(gradient)

    def _of_grid(self, mixes: Sequence[Array], languages: Sequence[Array], noise: float) -> Likelihood:
        product = Product(Side.of(np.asarray(1.0 + sum(mixes))), Side.of(np.asarray(sum(languages))), noise)
        return log_likelihood(product, self._mean, self._scores)

    def _of_cells(self, mixes: Sequence[Array], languages: Sequence[Array], noise: float) -> Likelihood:
        of_rows, of_columns = 1.0 + sum(mixes), np.asarray(sum(languages))
        of_mean = self._mean.T @ self._mean / MEAN_PRECISION
        covariance = of_rows * of_columns + of_mean
        covariance[np.diag_indices_from(covariance)] += noise
        factor = cho_factor(covariance, lower=True, overwrite_a=True, check_finite=False)
        inverse = cho_solve(factor, np.eye(len(covariance)), check_finite=False)
        weights = inverse @ self._scores
        value = -0.5 * float(self._scores @ weights) - float(np.log(np.diag(factor[0])).sum())
        slope = 0.5 * (np.outer(weights, weights) - inverse)
        return Likelihood(
            value, slope * of_columns, slope * of_rows, float(np.trace(slope)), float((slope * of_mean).sum())
        )
