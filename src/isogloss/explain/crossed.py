"""Crossed random effects: some sources give more than others, and some targets are easier, whatever the factors.

    y = X b + a[source] + c[target] + e,    a ~ N(0, s2 p),  c ~ N(0, s2 q),  e ~ N(0, s2)

by restricted maximum likelihood (Patterson and Thompson 1971). With V = I + Z D Z' only matrices with a row for
each source and target are decomposed (Henderson 1975), never one with a row for each pair.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from isogloss.explain.least_squares import two_way
from isogloss.forecast.grid import Array

STARTS = ((0.5, 0.5), (2.0, 2.0))
LARGEST_RATIO = 1e3
"""Of the standard deviation of an effect to that of the residuals."""


class Groups:
    """Which source and which target each pair has, as sums over them.

    Parameters
    ----------
    rows, columns : arrays of int of shape (pairs,)
    ratios : (float, float)
        Standard deviations of the effects of rows and columns over that of the residuals.
    """

    def __init__(self, rows: NDArray[np.intp], columns: NDArray[np.intp], ratios: tuple[float, float]):
        self.rows, self.columns = rows, columns
        self.counts = int(rows.max()) + 1, int(columns.max()) + 1
        self._root = np.repeat(ratios, self.counts)  # (rows + columns,)
        together = np.zeros((sum(self.counts),) * 2)
        first, second = slice(self.counts[0]), slice(self.counts[0], None)
        both = np.zeros(self.counts)
        np.add.at(both, (rows, columns), 1.0)
        together[first, first], together[second, second] = np.diag(both.sum(1)), np.diag(both.sum(0))
        together[first, second], together[second, first] = both, both.T
        pairs = np.arange(len(rows))
        places = np.concatenate([rows, self.counts[0] + columns])
        self._incidence = csr_matrix((np.ones(2 * len(rows)), (places, np.tile(pairs, 2))), (len(together), len(rows)))
        inner = np.eye(len(together)) + self._root[:, None] * together * self._root
        self._factor = cho_factor(inner, lower=True, check_finite=False)

    @property
    def log_determinant(self) -> float:
        """Of V."""
        return 2 * float(np.log(np.diag(self._factor[0])).sum())

    def sums(self, values: Array) -> Array:
        """Sums over each row and each column of the table, of shape (rows + columns, ...) from (pairs, ...)."""
        return np.asarray(self._incidence @ values)

    def shared(self, sums: Array) -> Array:
        """What the effects take away from a quadratic form, given `sums`: D^1/2 (I + D^1/2 Z'Z D^1/2)^-1 D^1/2 sums."""
        scaled = (self._root * sums.T).T
        return np.asarray((self._root * cho_solve(self._factor, scaled, check_finite=False).T).T)

    def weigh(self, values: Array) -> Array:
        """V^-1 times `values` (pairs, ...)."""
        taken = self.shared(self.sums(values))
        return values - taken[self.rows] - taken[self.counts[0] + self.columns]


@dataclass(frozen=True)
class CrossedFit:
    """A fitted model with crossed random effects.

    Attributes
    ----------
    coefficients : array of shape (factors + 1,)
        The constant first.
    errors : array of shape (factors + 1,)
        Standard errors if the model is right.
    robust : array of shape (factors + 1,)
        Standard errors clustered by source and by target, which also hold where a factor matters more for some
        languages than for others.
    variances : (float, float, float)
        Of sources, of targets and of the residuals, in squared units of the response.
    groups : Groups
        At the ratios found.
    """

    coefficients: Array
    errors: Array
    robust: Array
    variances: tuple[float, float, float]
    groups: Groups


def fit_crossed(
    design: Array, response: Array, rows: NDArray[np.intp], columns: NDArray[np.intp], *, effects: bool = True
) -> CrossedFit:
    """Fit by restricted maximum likelihood.

    Parameters
    ----------
    design : array of shape (pairs, factors)
        Without a constant, which is added.
    response : array of shape (pairs,)
    rows, columns : arrays of int of shape (pairs,)
        Source and target of each pair, numbered from 0.
    effects : bool, default True
        False: without random effects, which is least squares.
    """
    full = np.column_stack([np.ones(len(design)), design])
    unit = float(response.std())
    scaled = response / unit

    def loss(ratios: Array) -> float:
        groups = Groups(rows, columns, (float(ratios[0]), float(ratios[1])))
        return _deviance(groups, full, scaled)

    ratios = (0.0, 0.0)
    if effects:
        bounds = [(0.0, LARGEST_RATIO)] * 2
        found = [minimize(loss, start, method="L-BFGS-B", bounds=bounds) for start in STARTS]
        best = min(found, key=lambda one: float(one.fun)).x
        ratios = (float(best[0]), float(best[1]))
    groups = Groups(rows, columns, ratios)
    weighed = groups.weigh(full)
    inverse = np.linalg.inv(full.T @ weighed)
    coefficients = inverse @ (weighed.T @ response)
    rest = response - full @ coefficients
    residual = float(rest @ groups.weigh(rest)) / (len(response) - full.shape[1])
    meat = two_way(weighed * rest[:, None], rows, columns)
    robust = np.sqrt(np.diag(inverse @ meat @ inverse))
    variances = (ratios[0] ** 2 * residual, ratios[1] ** 2 * residual, residual)
    return CrossedFit(coefficients, np.sqrt(np.diag(inverse) * residual), robust, variances, groups)


def _deviance(groups: Groups, full: Array, response: Array) -> float:
    """Minus twice the restricted log likelihood, the residual variance profiled out, up to a constant."""
    weighed = groups.weigh(np.column_stack([full, response]))
    information = full.T @ weighed[:, :-1]
    projected = full.T @ weighed[:, -1]
    rest = float(response @ weighed[:, -1]) - float(projected @ np.linalg.solve(information, projected))
    determinant = float(np.linalg.slogdet(information)[1])
    degrees = len(response) - full.shape[1]
    return float(groups.log_determinant + determinant + degrees * np.log(max(rest, 1e-300)))
